//! Names that spell UUIDs, UUIDs that are names, and the nil and max UUIDs.

use crate::cases::refusal::Refusal;
use provider_tree::NewProvider;
use uuid::Uuid;

use super::edit::edit;
use super::{ALIAS, HOST, IRONIC, NEW, NOBODY, NUMA, SPELLED, forest, record, spellings, unknown};

#[test]
fn a_name_that_spells_another_providers_uuid_is_refused() {
    for name in spellings(HOST) {
        let expected = Refusal::NameIsUuid {
            name: name.clone(),
            uuid: HOST,
        };
        for edit in [
            edit!(new_root(NewProvider::new(&name).uuid(NEW))),
            edit!(new_child(NewProvider::new(&name).uuid(NEW), HOST)),
            edit!(populate([record(NEW, &name)])),
            edit!(rename(NUMA, &name)),
        ] {
            edit.fails_with(&expected);
        }
    }
}

#[test]
fn a_name_that_spells_another_given_uuid_is_refused() {
    for name in spellings(NEW) {
        let expected = Refusal::NameIsUuid {
            name: name.clone(),
            uuid: NEW,
        };
        let records = [record(NEW, "new"), record(HOST, &name)];
        edit!(populate(&records)).fails_with(&expected);
        edit!(populate(records.iter().rev())).fails_with(&expected);
    }
}

#[test]
fn a_name_may_spell_the_providers_own_uuid() {
    for name in spellings(NEW) {
        for edit in [
            edit!(new_root(NewProvider::new(&name).uuid(NEW))),
            edit!(new_child(NewProvider::new(&name).uuid(NEW), HOST)),
            edit!(populate([record(NEW, &name)])),
        ] {
            let tree = edit.works();
            for spelling in spellings(NEW) {
                assert_eq!(tree.find(&spelling).unwrap().uuid(), NEW);
            }
        }
    }
    for name in spellings(NUMA) {
        let tree = edit!(rename("numa0", &name)).works();
        assert_eq!(tree.find(&name).unwrap().uuid(), NUMA);
    }
}

#[test]
fn a_name_may_spell_an_unused_uuid_and_is_found_by_its_spelling() {
    for name in spellings(NEW) {
        let tree = edit!(rename(NUMA, &name)).works();
        for spelling in spellings(NEW) {
            let found = tree.find(&spelling).map(|found| found.uuid());
            assert_eq!(found, (spelling == name).then_some(NUMA), "{spelling}");
        }
        assert!(!tree.exists(NEW));
    }
}

#[test]
fn a_uuid_that_another_name_spells_is_refused() {
    let (uuid, named) = (SPELLED, ALIAS);
    let expected = Refusal::UuidIsName { uuid, named };
    for edit in [
        edit!(new_root(NewProvider::new("new").uuid(SPELLED))),
        edit!(new_child(NewProvider::new("new").uuid(SPELLED), HOST)),
        edit!(populate([record(SPELLED, "new")])),
    ] {
        edit.fails_with(&expected);
    }
    // It is free once the other provider is renamed or removed.
    let tree = forest();
    tree.rename(ALIAS, "alias").unwrap();
    tree.new_root(NewProvider::new("new").uuid(SPELLED))
        .unwrap();
    let tree = forest();
    tree.remove(ALIAS).unwrap();
    tree.new_root(NewProvider::new("new").uuid(SPELLED))
        .unwrap();
    let records = [record(SPELLED, "new"), record(ALIAS, "alias")];
    edit!(populate(&records)).works();
}

#[test]
fn a_name_that_spells_an_unused_uuid_may_change_its_spelling() {
    for name in spellings(SPELLED) {
        for edit in [
            edit!(rename(ALIAS, &name)),
            edit!(populate([record(ALIAS, &name)])),
        ] {
            let tree = edit.works();
            assert_eq!(tree.find(&name).unwrap().uuid(), ALIAS);
            assert!(!tree.exists(SPELLED));
        }
    }
}

#[test]
fn a_second_spelling_of_a_uuid_is_the_same_name() {
    for name in spellings(SPELLED) {
        let expected = Refusal::NameTaken {
            name: name.clone(),
            uuid: ALIAS,
            held: SPELLED.simple().to_string(),
        };
        for edit in [
            edit!(new_root(NewProvider::new(&name).uuid(NEW))),
            edit!(new_child(NewProvider::new(&name).uuid(NEW), HOST)),
            edit!(populate([record(NEW, &name)])),
            edit!(rename(NUMA, &name)),
            // Even for the provider with that UUID.
            edit!(new_root(NewProvider::new(&name).uuid(SPELLED))),
            edit!(populate([record(SPELLED, &name)])),
        ] {
            edit.fails_with(&expected);
        }
    }
}

#[test]
fn two_given_names_that_spell_one_uuid_are_the_same_name() {
    let first = NOBODY.to_string();
    for second in spellings(NOBODY) {
        let records = [record(HOST, &first), record(NEW, &second)];
        let expected = Refusal::NameTaken {
            name: second.clone(),
            uuid: HOST,
            held: first.clone(),
        };
        edit!(populate(&records)).fails_with(&expected);
    }
}

#[test]
fn a_uuid_that_is_taken_is_refused() {
    for (uuid, name) in [(HOST, "host".to_owned()), (IRONIC, IRONIC.to_string())] {
        let expected = Refusal::UuidTaken { uuid, name };
        edit!(new_root(NewProvider::new("new").uuid(uuid))).fails_with(&expected);
        edit!(new_child(NewProvider::new("new").uuid(uuid), HOST)).fails_with(&expected);
        // Reported before the missing parent.
        edit!(new_child(NewProvider::new("new").uuid(uuid), "nope")).fails_with(&expected);
    }
}

#[test]
fn the_nil_and_max_uuids_work() {
    for uuid in [Uuid::nil(), Uuid::max()] {
        for edit in [
            edit!(new_root(NewProvider::new("new").uuid(uuid))),
            edit!(new_child(NewProvider::new("new").uuid(uuid), HOST)),
            edit!(populate([record(uuid, "new")])),
        ] {
            let tree = edit.works();
            assert_eq!(tree.find(uuid).unwrap().name(), "new");
            tree.new_child("below", uuid).unwrap();
            let tree_of = tree.snapshot().provider_uuids_in("new").unwrap().count();
            assert_eq!(tree_of, 2);
            tree.remove(uuid).unwrap();
        }
        edit!(remove(uuid)).fails_with(&unknown(uuid));
        edit!(move_to(NUMA, uuid)).fails_with(&unknown(uuid));
        let aggregates = [uuid];
        let tree = edit!(update_aggregates(NUMA, aggregates, None)).works();
        assert!(tree.find(NUMA).unwrap().in_aggregate(uuid));
    }
}
