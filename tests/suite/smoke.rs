use provider_tree::*;
#[test]
fn smoke() {
    let tree = ProviderTree::new();
    let host = tree.new_root("host", None, 1).unwrap().value;
    tree.new_child("a", "host", None, None).unwrap();
    tree.new_child("b", host, None, None).unwrap();
    tree.new_child("c", "a", None, 3).unwrap();
    tree.move_to("c", "b").unwrap();
    tree.update_traits("c", ["HW_X", "CUSTOM_A"], None).unwrap();
    println!("{tree}");
    tree.snapshot().check_invariants().unwrap();
    tree.move_to_root("b").unwrap();
    assert!(tree.move_to("b", "c").is_err());
    println!("{tree}");
    let s = tree.snapshot();
    s.check_invariants().unwrap();
    assert_eq!(s.children("host").unwrap().count(), 1);
    let t = std::time::Instant::now();
    let recs: Vec<_> = (0..100_000u128)
        .map(|i| {
            let mut r = ProviderRecord::new(
                uuid::Uuid::from_u128((i + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835),
                format!("p{i}"),
            );
            if i % 10 != 0 {
                r.parent_uuid = Some(uuid::Uuid::from_u128(
                    (i / 10 * 10 + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835,
                ))
            };
            r
        })
        .collect();
    println!("recs {:?}", t.elapsed());
    let t = std::time::Instant::now();
    tree.populate(&recs).unwrap();
    println!("populate {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let s = tree.snapshot();
    println!(
        "walk {} {:?}",
        s.iter().filter(|p| p.generation().is_none()).count(),
        t.elapsed()
    );
    let t = std::time::Instant::now();
    println!("roots {} {:?}", s.roots().count(), t.elapsed());
    let t = std::time::Instant::now();
    for i in 0..100_000 {
        tree.set_generation(recs[i].uuid, 5).unwrap();
    }
    println!("100k updates {:?}", t.elapsed());
    let t = std::time::Instant::now();
    tree.update(|tx| {
        for i in 0..100_000 {
            tx.set_generation(recs[i].uuid, 6)?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
    println!("100k in one {:?}", t.elapsed());
    let t = std::time::Instant::now();
    tree.populate(&recs).unwrap();
    println!("repopulate {:?}", t.elapsed());
    tree.snapshot().check_invariants().unwrap();
    let t = std::time::Instant::now();
    for i in 0..100_000 {
        tree.new_child(&format!("n{i}"), "p0", None, None).unwrap();
    }
    println!("100k new_child {:?}", t.elapsed());
    tree.snapshot().check_invariants().unwrap();
}
