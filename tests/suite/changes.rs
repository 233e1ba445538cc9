//! What `apply` and `rebase` refuse, and how changes print.

use crate::cases::refusal::Refusal;
use provider_tree::{
    Change, Error, Forest, Inventory, NewProvider, Place, ResourceClass, Snapshot, Transaction,
};
use uuid::Uuid;

use crate::cases::{ProviderTree, fork, name_taken, new_tree};

const A: Uuid = Uuid::from_u128(0xa);
const B: Uuid = Uuid::from_u128(0xb);
const C: Uuid = Uuid::from_u128(0xc);

/// Two roots, `a` and `b`, and `c` below `a`.
fn three() -> ProviderTree {
    let tree = new_tree();
    tree.update(|transaction| {
        transaction.new_root(NewProvider::new("a").uuid(A).generation(1))?;
        transaction.new_root(NewProvider::new("b").uuid(B).generation(1))?;
        transaction.new_child(NewProvider::new("c").uuid(C).generation(1), A)
    })
    .unwrap();
    tree
}

fn edited<T>(base: &Snapshot, edit: impl Fn(&mut Transaction) -> Result<T, Error>) -> Snapshot {
    let tree = fork(base.clone());
    tree.update(edit).unwrap();
    tree.snapshot()
}

/// Applies one side's changes on top of the other's, from a common base. Checks that an
/// error changes nothing.
fn merged<T, U>(
    ours: impl Fn(&mut Transaction) -> Result<T, Error>,
    theirs: impl Fn(&mut Transaction) -> Result<U, Error>,
) -> Result<Snapshot, Error> {
    let base = three().snapshot();
    let changes = edited(&base, ours).diff(&base);
    let tree = fork(edited(&base, theirs));
    let before = tree.snapshot();
    let given = tree.update(|transaction| transaction.apply(&changes));
    tree.snapshot().check_invariants().unwrap();
    match given {
        Ok(_) => Ok(tree.snapshot()),
        Err(error) => {
            assert!(tree.snapshot().ptr_eq(&before));
            Err(error)
        }
    }
}

fn changed_meanwhile(uuids: &[Uuid]) -> Refusal {
    Refusal::ChangedMeanwhile {
        uuids: uuids.to_vec(),
    }
}

#[test]
fn changes_of_different_providers_merge() {
    let merged = merged(
        |ours| ours.move_to("b", "a"),
        |theirs| theirs.rename("a", "z"),
    );
    let merged = merged.unwrap();
    let names: Vec<_> = merged.iter().map(|provider| provider.name()).collect();
    assert_eq!(names, ["z", "c", "b"]);
}

#[test]
fn changes_to_the_same_provider_conflict() {
    let given = merged(
        |ours| ours.set_generation("a", 2).and(ours.set_generation("b", 2)),
        |theirs| theirs.set_generation("b", 3),
    );
    assert_eq!(given, changed_meanwhile(&[B]));
    let given = merged(|ours| ours.remove("a"), |theirs| theirs.rename("c", "z"));
    assert_eq!(given, changed_meanwhile(&[C]));
    let given = merged(
        |ours| ours.set_generation("c", 2),
        |theirs| theirs.remove("a"),
    );
    assert_eq!(given, changed_meanwhile(&[C]));
}

#[test]
fn the_same_addition_on_both_sides_conflicts() {
    let new = Uuid::from_u128(0xd);
    let add = |side: &mut Transaction| side.new_child(NewProvider::new("d").uuid(new), "c");
    assert_eq!(merged(add, add), changed_meanwhile(&[new]));
}

#[test]
fn removing_a_parent_conflicts_with_a_child_added_meanwhile() {
    let new = Uuid::from_u128(0xd);
    let given = merged(
        |ours| ours.remove("a"),
        |theirs| theirs.new_child(NewProvider::new("d").uuid(new), "c"),
    );
    assert_eq!(given, changed_meanwhile(&[new]));
}

#[test]
fn moves_that_together_make_a_cycle_are_refused() {
    let given = merged(
        |ours| ours.move_to("a", "b"),
        |theirs| theirs.move_to("b", "c"),
    );
    assert_eq!(
        given,
        Refusal::Cycle {
            uuids: vec![B, C, A]
        }
    );
}

#[test]
fn a_parent_removed_meanwhile_is_missing() {
    let new = Uuid::from_u128(0xd);
    let given = merged(
        |ours| {
            ours.new_child(NewProvider::new("d").uuid(new), "b")?;
            ours.new_child("e", "d")
        },
        |theirs| theirs.remove("b"),
    );
    assert_eq!(given, Refusal::MissingParents { uuids: vec![B] });
}

#[test]
fn a_name_taken_meanwhile_is_refused() {
    let given = merged(
        |ours| ours.rename("a", "z"),
        |theirs| theirs.rename("b", "z"),
    );
    assert_eq!(given, name_taken("z", B));
}

#[test]
fn a_move_below_a_chain_that_grew_meanwhile_is_too_deep() {
    let given = merged(
        |ours| ours.move_to("a", "b"),
        |theirs| {
            let mut parent = C;
            for level in 2..Forest::MAX_LEVELS {
                parent = theirs.new_child(&format!("level {level}"), parent)?;
            }
            Ok(())
        },
    );
    assert!(matches!(
        given,
        Err(Error::TooDeep {
            limit: Forest::MAX_LEVELS,
            ..
        })
    ));
}

#[test]
fn two_changes_of_one_provider_are_refused() {
    let base = three().snapshot();
    let changes = edited(&base, |side| side.set_generation("b", 2)).diff(&base);
    let twice = [changes.clone(), changes].concat();
    let given = fork(base).update(|transaction| transaction.apply(&twice));
    assert_eq!(given, Refusal::DuplicateProvider { uuid: B });
}

#[test]
fn the_order_of_changes_does_not_matter() {
    let base = three().snapshot();
    let newer = edited(&base, |side| {
        side.remove("b")?;
        side.new_root("b")?;
        side.new_child("d", "b")?;
        side.move_to("c", "d")?;
        side.remove("a")
    });
    let mut changes = newer.diff(&base);
    changes.reverse();
    let tree = fork(base);
    tree.update(|transaction| transaction.apply(&changes))
        .unwrap();
    assert_eq!(tree.snapshot(), newer);
}

#[test]
fn moves_that_make_a_cycle_only_one_by_one_apply_together() {
    let base = three().snapshot();
    let base = edited(&base, |side| side.move_to("b", "c")); // a > c > b
    let newer = edited(&base, |side| {
        side.move_to_root("c")?;
        side.move_to("a", "b") // c > b > a
    });
    for order in [0, 1] {
        let mut changes = newer.diff(&base);
        assert_eq!(changes.len(), 2);
        changes.rotate_left(order);
        let given = edited(&base, |side| side.apply(&changes));
        assert_eq!(given, newer);
    }
}

#[test]
fn moves_that_are_too_deep_only_one_by_one_apply_together() {
    let base = edited(&Snapshot::default(), |side| {
        for (top, levels) in [("shallow", 100), ("deep", Forest::MAX_LEVELS)] {
            let mut parent = side.new_root(top)?;
            for level in 1..levels {
                parent = side.new_child(&format!("{top}{level}"), parent)?;
            }
        }
        Ok(())
    });
    let newer = edited(&base, |side| {
        side.move_to_root("deep1")?;
        side.move_to("deep", "shallow99")
    });
    let changes = newer.diff(&base);
    assert_eq!(edited(&base, |side| side.apply(&changes)), newer);
}

fn names(states: &Snapshot) -> Vec<&str> {
    states.iter().map(|provider| provider.name()).collect()
}

/// Roots with these names, and UUIDs made of the names' bytes.
fn roots(names: &[&str]) -> Snapshot {
    edited(&Snapshot::default(), |side| {
        names.iter().try_for_each(|name| {
            let mut bytes = [0; 16];
            bytes[..name.len()].copy_from_slice(name.as_bytes());
            side.new_root(NewProvider::new(name).uuid(Uuid::from_bytes(bytes)))
                .map(drop)
        })
    })
}

#[test]
fn a_provider_added_back_between_its_siblings_is_one_change() {
    let all: Vec<String> = (0..10_000).map(|number| format!("root{number}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let full = roots(&all);
    let without = |at: usize| edited(&full, |side| side.remove(all[at]));
    let (ours, theirs) = (without(4_000), without(7_000));

    let back = full.diff(&ours);
    let next = full.find(all[4_001]).unwrap().uuid();
    assert!(matches!(
        &back[..],
        [Change::Added { place: Place::Before(uuid), .. }] if *uuid == next
    ));
    assert_eq!(edited(&ours, |side| side.apply(&back)), full);

    let across = ours.diff(&theirs);
    assert!(matches!(
        &across[..],
        [Change::Removed { .. }, Change::Added { .. }]
    ));
    assert_eq!(edited(&theirs, |side| side.apply(&across)), ours);
}

#[test]
fn siblings_can_be_inserted_between_adjacent_ordinals() {
    let newer = roots(&["a", "x", "y", "z", "b", "c"]);
    let older = roots(&["a", "b", "c"]);
    let changes = newer.diff(&older);
    assert_eq!(changes.len(), 3);
    assert_eq!(edited(&older, |side| side.apply(&changes)), newer);
    // They can be applied one by one, too.
    let mut made = older;
    for change in &changes {
        made = edited(&made, |side| side.apply([change]));
    }
    assert_eq!(made, newer);
}

#[test]
fn a_diff_moves_as_few_siblings_as_possible() {
    let older = roots(&["a", "b", "c", "d", "e", "f"]);
    let moved = |name: &'static str| {
        move |side: &mut Transaction| {
            side.move_to(name, "a")?;
            side.move_to_root(name)
        }
    };
    let newer = edited(&older, moved("b"));
    assert_eq!(names(&newer), ["a", "c", "d", "e", "f", "b"]);
    let back = older.diff(&newer);
    assert_eq!(newer.diff(&older).len(), 1);
    assert_eq!(back.len(), 1);
    assert!(back[0].to_string().contains(" now before "), "{}", back[0]);
    assert_eq!(edited(&newer, |side| side.apply(&back)), older);
}

#[test]
fn an_added_provider_is_last_if_its_next_sibling_was_removed() {
    let newer = roots(&["a", "x", "b", "c"]);
    let changes = newer.diff(&roots(&["a", "b", "c"]));
    let theirs = roots(&["a", "c"]);
    let given = edited(&theirs, |side| side.apply(&changes));
    assert_eq!(names(&given), ["a", "c", "x"]);
}

#[test]
fn an_added_provider_is_last_if_its_next_sibling_moves_later() {
    let base = roots(&["a", "y", "z"]);
    let mut changes = roots(&["a", "y", "w", "z"]).diff(&base);
    changes.extend(roots(&["a", "x", "y", "z"]).diff(&base));
    let moved = edited(&base, |side| {
        side.move_to("y", "a")?;
        side.move_to_root("y")
    });
    changes.extend(moved.diff(&base));
    // `w` takes the place of `y`.
    let given = edited(&base, |side| side.apply(&changes));
    assert_eq!(names(&given), ["a", "w", "z", "x", "y"]);
}

#[test]
fn an_added_provider_is_last_if_its_next_sibling_moves_first() {
    let base = roots(&["a", "y", "z"]);
    let moved = edited(&base, |side| {
        side.move_to("y", "a")?;
        side.move_to_root("y")
    });
    let mut changes = moved.diff(&base);
    changes.extend(roots(&["a", "x", "y", "z"]).diff(&base));
    let given = edited(&base, |side| side.apply(&changes));
    assert_eq!(names(&given), ["a", "z", "y", "x"]);
}

#[test]
fn a_move_to_the_current_place_commits_nothing() {
    let base = roots(&["a", "b", "c"]);
    let newer = edited(&base, |side| {
        side.move_to("b", "a")?;
        side.move_to_root("b")
    });
    let changes = newer.diff(&base);
    assert_eq!(changes.len(), 1);
    let tree = fork(newer);
    let before = tree.snapshot();
    tree.update(|transaction| transaction.apply(&changes))
        .unwrap();
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn a_change_of_parent_without_a_place_still_moves() {
    let base = three().snapshot();
    let newer = edited(&base, |side| side.move_to("b", "c"));
    let mut changes = newer.diff(&base);
    for change in &mut changes {
        if let Change::Updated { place, .. } = change {
            *place = None;
        }
    }
    let given = edited(&base, |side| side.apply(&changes));
    given.check_invariants().unwrap();
    assert_eq!(given, newer);
}

#[test]
fn renumbered_siblings_that_are_in_order_do_not_move() {
    // No sibling has the same ordinal in both.
    let older = edited(&roots(&["x", "y", "z", "a", "b", "c", "d"]), |side| {
        ["x", "y", "z"]
            .iter()
            .try_for_each(|name| side.remove(*name).map(drop))
    });
    let newer = roots(&["d", "a", "c", "b"]);
    let lines: Vec<_> = newer.diff(&older).iter().map(Change::to_string).collect();
    let uuid = |name| newer.find(name).unwrap().uuid();
    let moved = |name, next| format!("~ {name} ({}): now before {}", uuid(name), uuid(next));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], moved("d", "a"));
    assert!(
        lines[1] == moved("c", "b") || lines[1].contains("b ("),
        "{lines:?}"
    );
}

#[test]
fn applying_no_changes_commits_nothing() {
    let tree = three();
    let snapshot = tree.snapshot();
    assert_eq!(snapshot.diff(&snapshot), []);
    tree.update(|transaction| transaction.apply([] as [Change; 0]))
        .unwrap();
    assert!(tree.snapshot().ptr_eq(&snapshot));
}

#[test]
fn a_conflict_rebases_or_names_the_providers_both_changed() {
    let tree = three();
    let lose = |first: &str, ours: &str| {
        let mut transaction = tree.begin();
        transaction.set_generation(ours, 7).unwrap();
        let next = tree.find(first).unwrap().generation().unwrap() + 1;
        tree.set_generation(first, next).unwrap();
        tree.commit(transaction).unwrap_err()
    };
    let rebased = lose("a", "b").rebase().unwrap();
    tree.commit(rebased).unwrap();
    assert_eq!(tree.find("b").unwrap().generation(), Some(7));
    assert_eq!(tree.find("a").unwrap().generation(), Some(2));

    let conflict = lose("a", "a");
    let refused = conflict.rebase().map(drop);
    assert_eq!(refused, Refusal::ChangedMeanwhile { uuids: vec![A] });
    assert_eq!(conflict.restart().base().version(), tree.version());
}

#[test]
fn changes_print_as_lines() {
    let base = three().snapshot();
    let newer = edited(&base, |side| {
        side.update_inventory("a", [(ResourceClass::VCPU, Inventory::new(8))], 2)?;
        side.add_traits("a", ["HW_CPU_X86_AVX2"])?;
        side.move_to_root("c")?;
        side.rename("c", "line\nbreak")?;
        side.remove("b")
    });
    let lines: Vec<_> = newer.diff(&base).iter().map(Change::to_string).collect();
    assert_eq!(
        lines,
        [
            format!("- b ({B})"),
            format!("~ a ({A}): generation=2 VCPU=8 +HW_CPU_X86_AVX2"),
            format!("~ line\\nbreak ({C}): was c now a root"),
        ]
    );
    let back: Vec<_> = base.diff(&newer).iter().map(Change::to_string).collect();
    assert_eq!(
        back,
        [
            format!("~ a ({A}): generation=1 -VCPU -HW_CPU_X86_AVX2"),
            format!("~ c ({C}): was line\\nbreak parent={A}"),
            format!("+ b ({B})"),
        ]
    );
}
