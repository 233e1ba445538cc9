//! A parent with a hundred thousand children.

use provider_tree::ProviderRecord;
use uuid::Uuid;

use crate::cases::{ProviderTree, new_tree};

const MANY: usize = 100_000;
const PARENT: Uuid = Uuid::from_u128(1);
const OTHER_PARENT: Uuid = Uuid::from_u128(2);

/// The UUID of a child, in an order that favours neither a hash map nor a sort.
fn child(number: usize) -> Uuid {
    Uuid::from_u128((number as u128 + 2).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

/// A forest of two roots and `MANY` children, `count` of them below `PARENT`.
fn with_children(count: usize) -> ProviderTree {
    let children = (0..MANY).map(|number| {
        let mut record = ProviderRecord::new(child(number), format!("child {number}"));
        let parent = if number < count { PARENT } else { OTHER_PARENT };
        record.parent_uuid = Some(parent);
        record
    });
    let tree = new_tree();
    let parents = [(PARENT, "parent"), (OTHER_PARENT, "other parent")];
    let parents = parents.map(|(uuid, name)| ProviderRecord::new(uuid, name));
    tree.populate(children.chain(parents)).unwrap();
    tree
}

#[test]
fn a_hundred_thousand_children_of_one_parent_work() {
    let tree = with_children(MANY);
    let snapshot = tree.snapshot();
    snapshot.check_invariants().unwrap();
    let children = snapshot.children(PARENT).unwrap().map(|child| child.uuid());
    assert!(children.eq((0..MANY).map(child)));
    assert_eq!(snapshot.descendants("parent").unwrap().count(), MANY);
    assert_eq!(snapshot.to_string().lines().count(), MANY + 2);

    assert_eq!(tree.remove(child(MANY / 2)).unwrap().value, 1);
    tree.move_to_root(child(7)).unwrap();
    tree.new_child("last", PARENT).unwrap();
    let after = tree.snapshot();
    let children = after.children(PARENT).unwrap();
    assert_eq!(children.clone().count(), MANY - 1);
    assert_eq!(children.last().unwrap().name(), "last");
    after.check_invariants().unwrap();

    assert_eq!(tree.remove("parent").unwrap().value, MANY);
    assert_eq!(tree.len(), 2);
    tree.snapshot().check_invariants().unwrap();
}
