//! The messages of a conflict.

#[test]
fn a_conflict_names_both_versions_and_what_to_do() {
    let tree = super::forest();
    let mut transaction = tree.begin();
    transaction.remove("host").unwrap();
    tree.set_generation("host", 40).unwrap();
    tree.set_generation("host", 41).unwrap();
    let conflict = tree.commit(transaction).unwrap_err();
    assert!(!conflict.is_foreign());
    let text = conflict.to_string();
    assert!(
        text.contains("version 1,") && text.contains("version 3: rebase"),
        "{text}"
    );
}

#[test]
fn a_conflict_with_another_tree_says_so_and_names_no_version() {
    let (tree, other) = (super::forest(), super::forest());
    let mut transaction = other.begin();
    transaction.remove("host").unwrap();
    let text = tree.commit(transaction).unwrap_err().to_string();
    assert!(text.contains("another tree"), "{text}");
    assert!(!text.contains("version"), "{text}");
}
