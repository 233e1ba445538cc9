//! Look-ups by key.

use crate::cases::refusal::Refusal;
use provider_tree::NewProvider;

use super::{C, C1, C2, G, NOBODY, R, S, one_root, refused, two_trees, unknown};
use crate::cases::new_tree;

#[test]
fn a_child_whose_uuid_is_an_existing_name_is_refused() {
    // Nova: new_child() whose UUID is the name of a child -> ValueError.
    let tree = one_root();
    tree.new_child(NewProvider::new(&NOBODY.to_string()).uuid(C1), "r")
        .unwrap();
    let error = refused(&tree, |tree| {
        tree.new_child(NewProvider::new("other").uuid(NOBODY), "r")
    });
    let (uuid, named) = (NOBODY, C1);
    assert_eq!(error, Refusal::UuidIsName { uuid, named });
}

#[test]
fn no_text_matches_two_providers_in_either_order() {
    // Nova: "B" is the name of a grandchild and the UUID of a later child of
    // the root -> data("B") finds the child. "Q" is the name of a child of the
    // first root and the UUID of a child of the second -> finds the first.
    // Differs: the second of the pair is refused, in either order.
    let text = NOBODY.to_string();
    let (uuid, named) = (NOBODY, G);

    let tree = one_root();
    tree.new_child(NewProvider::new("a").uuid(C), "r").unwrap();
    tree.new_child(NewProvider::new(&text).uuid(G), "a")
        .unwrap();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    for parent in ["r", "s"] {
        let error = refused(&tree, |tree| {
            tree.new_child(NewProvider::new("later").uuid(uuid), parent)
        });
        assert_eq!(error, Refusal::UuidIsName { uuid, named });
    }

    let tree = one_root();
    tree.new_child(NewProvider::new("earlier").uuid(uuid), "r")
        .unwrap();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    for parent in ["r", "s"] {
        let error = refused(&tree, |tree| {
            tree.new_child(NewProvider::new(&text).uuid(G), parent)
        });
        let name = text.clone();
        assert_eq!(error, Refusal::NameIsUuid { name, uuid });
    }
}

#[test]
fn a_name_and_every_spelling_of_a_uuid_find_the_provider() {
    // Nova: a look-up compares the text with names and with UUIDs as
    // spelled by the caller.
    let tree = two_trees();
    let found = tree.find("g").unwrap();
    let text = G.to_string();
    let borrowed = &G;
    assert_eq!(tree.find(G).as_ref(), Some(&found));
    assert_eq!(tree.find(borrowed).as_ref(), Some(&found));
    assert_eq!(tree.find(&found).as_ref(), Some(&found));
    for spelling in [
        text.clone(),
        text.to_uppercase(),
        G.simple().to_string(),
        G.braced().to_string(),
        G.urn().to_string(),
    ] {
        assert_eq!(tree.find(&spelling).as_ref(), Some(&found), "{spelling}");
    }
}

#[test]
fn the_empty_text_finds_nothing() {
    // Nova: exists("") -> False; get_provider_uuids("") -> ValueError.
    let tree = one_root();
    assert!(!tree.exists(""));
    let error = tree.snapshot().provider_uuids_in("").map(drop);
    assert_eq!(error, unknown(""));
}

#[test]
fn a_key_is_a_uuid_or_text() {
    // Nova: data(None) -> ValueError.
    // Differs: a key can't be absent; the closest are the nil UUID and the text
    // "None".
    let tree = one_root();
    assert_eq!(tree.find(uuid::Uuid::nil()), None);
    assert_eq!(tree.find("None"), None);
}

#[test]
fn an_unknown_key_is_named_by_the_error() {
    // Nova: data("zip") -> ValueError("No such provider zip").
    let error = one_root().snapshot().require("zip").unwrap_err();
    assert_eq!(error, unknown("zip"));
    assert!(error.to_string().contains("`zip`"), "{error}");
}

#[test]
fn find_returns_all_fields_of_a_provider() {
    // Nova: data() -> uuid, name, generation, parent_uuid and the rest.
    let tree = new_tree();
    tree.new_root(NewProvider::new("r").uuid(R).generation(3))
        .unwrap();
    tree.new_child(NewProvider::new("c").uuid(C2).generation(0), "r")
        .unwrap();
    let root = tree.find("r").unwrap();
    let child = tree.find("c").unwrap();
    assert_eq!((root.uuid(), root.name()), (R, "r"));
    assert_eq!((root.generation(), root.parent_uuid()), (Some(3), None));
    assert_eq!(
        (child.generation(), child.parent_uuid()),
        (Some(0), Some(R))
    );
}
