//! The rows of the contract, one by one.

use provider_tree::placement::{Merge, Policy, State};
use provider_tree::{Inventory, ProviderRecord, ResourceClass};

use crate::states::uuid;

fn record(at: u128, name: &str, parent: u128) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid(at), name);
    record.parent_uuid = (parent != 0).then(|| uuid(parent));
    record
}

fn with_vcpus(mut record: ProviderRecord, total: u32) -> ProviderRecord {
    record
        .inventory
        .insert(ResourceClass::VCPU, Inventory::new(total));
    record
}

fn state<const N: usize>(records: [ProviderRecord; N]) -> State {
    records.into_iter().collect()
}

/// The conflicts as text, with short UUIDs.
fn conflicts(merge: &Merge) -> Vec<String> {
    let texts = merge.conflicts.iter().map(ToString::to_string);
    texts
        .map(|text| text.replace("00000000-0000-0000-0000-00000000000", "#"))
        .collect()
}

#[test]
fn a_provider_that_is_removed_there_and_unchanged_here_is_removed_here() {
    let base = state([record(1, "host", 0), record(2, "numa", 1)]);
    let theirs = state([record(1, "host", 0)]);
    let merge = Merge::new(&base, &base, &theirs, Policy::Stop);
    assert_eq!((merge.tree.len(), conflicts(&merge).len()), (1, 0));
}

#[test]
fn a_provider_that_is_removed_there_and_changed_here_is_not_made_again() {
    let base = state([record(1, "host", 0)]);
    let ours = state([with_vcpus(record(1, "host", 0), 8)]);
    let merge = Merge::new(&base, &ours, &State::default(), Policy::Stop);
    assert_eq!(
        conflicts(&merge),
        [
            "host (#1): removed on one side, changed on the other: base there, ours there, theirs \
          none; left as it is on each side"
        ]
    );
    assert_eq!(
        (&merge.tree, &merge.service, &merge.base),
        (&ours, &State::default(), &base)
    );
    // But for those who ask for it.
    let merge = Merge::new(&base, &ours, &State::default(), Policy::Ours);
    assert_eq!(merge.service, ours);
    let merge = Merge::new(&base, &ours, &State::default(), Policy::Theirs);
    assert!(merge.tree.is_empty());
}

#[test]
fn a_child_that_is_added_here_keeps_a_parent_that_is_removed_there() {
    let base = state([record(1, "host", 0), record(2, "numa", 1)]);
    let ours = state([
        record(1, "host", 0),
        record(2, "numa", 1),
        record(3, "gpu", 2),
    ]);
    let theirs = state([record(1, "host", 0)]);
    let merge = Merge::new(&base, &ours, &theirs, Policy::Stop);
    assert_eq!(
        conflicts(&merge),
        [
            "numa (#2): parent #2 of #3 removed: base below #1, ours below #1, theirs none; left \
             as it is on each side",
            "gpu (#3): parent #2 of #3 removed: base none, ours below #2, theirs none; left as it \
             is on each side",
        ]
    );
    assert_eq!((&merge.tree, &merge.service), (&ours, &theirs));
}

#[test]
fn a_name_under_another_uuid_stops_both_and_deletes_nobody() {
    // The host's database was rebuilt: it comes back under its old name.
    let ours = state([record(1, "host", 0)]);
    let theirs = state([record(2, "host", 0)]);
    for policy in [Policy::Stop, Policy::Ours] {
        let merge = Merge::new(&State::default(), &ours, &theirs, policy);
        assert_eq!(
            conflicts(&merge),
            [
                "host (#1): name taken by #2: base none, ours `host`, theirs none; left as it is \
                 on each side",
                "host (#2): name taken by #1: base none, ours none, theirs `host`; left as it is \
                 on each side",
            ]
        );
        assert_eq!((&merge.tree, &merge.service), (&ours, &theirs));
    }
    let merge = Merge::new(&State::default(), &ours, &theirs, Policy::Theirs);
    assert_eq!((&merge.tree, &merge.service), (&theirs, &theirs));
}

#[test]
fn two_moves_that_make_a_cycle_stop_both_or_follow_one_side() {
    let base = state([record(1, "a", 0), record(2, "b", 0)]);
    let ours = state([record(1, "a", 2), record(2, "b", 0)]);
    let theirs = state([record(1, "a", 0), record(2, "b", 1)]);
    let merge = Merge::new(&base, &ours, &theirs, Policy::Stop);
    assert_eq!(
        conflicts(&merge),
        [
            "a (#1): its own ancestor: base a root, ours below #2, theirs a root; left as it is on \
             each side",
            "b (#2): its own ancestor: base a root, ours a root, theirs below #1; left as it is on \
             each side",
        ]
    );
    assert_eq!((&merge.tree, &merge.service), (&ours, &theirs));
    let merge = Merge::new(&base, &ours, &theirs, Policy::Ours);
    assert_eq!((&merge.tree, &merge.service), (&ours, &ours));
    let merge = Merge::new(&base, &ours, &theirs, Policy::Theirs);
    assert_eq!((&merge.tree, &merge.service), (&theirs, &theirs));
}

#[test]
fn a_conflict_shows_all_three_values() {
    let base = state([with_vcpus(record(1, "host", 0), 8)]);
    let mut ours = with_vcpus(record(1, "host", 0), 16);
    let cpus = ours.inventory.get_mut(&ResourceClass::VCPU).unwrap();
    cpus.reserved = Some(2);
    cpus.allocation_ratio = Some(4.0);
    let ours = state([ours]);
    let theirs = state([record(1, "there\n", 0)]);
    let merge = Merge::new(&base, &ours, &theirs, Policy::Theirs);
    assert_eq!(
        conflicts(&merge),
        [
            "host (#1): VCPU: base 8, ours 16 reserved=2 allocation_ratio=4.0, theirs none; theirs \
          taken"
        ]
    );
}

#[test]
fn names_that_one_forest_can_not_have_together_are_a_conflict() {
    // Placement takes a name that is another provider's UUID; a forest does not.
    let base = state([record(1, "host", 0)]);
    let spelled = uuid(1).to_string();
    let theirs = state([record(1, "host", 0), record(2, &spelled, 0)]);
    for policy in [Policy::Stop, Policy::Ours, Policy::Theirs] {
        let merge = Merge::new(&base, &base, &theirs, policy);
        assert_eq!((&merge.tree, &merge.service), (&base, &theirs));
        assert_eq!(merge.conflicts.len(), 1);
    }
}

#[test]
fn a_name_that_only_a_forest_refuses_stops_nobody_in_the_service() {
    let spelled = uuid(2).to_string();
    let base = state([record(1, "host", 0), record(2, "other", 0)]);
    let ours = state([record(1, "here", 0), with_vcpus(record(2, "other", 0), 8)]);
    let theirs = state([record(1, &spelled, 0), record(2, "other", 0)]);
    let merge = Merge::new(&base, &ours, &theirs, Policy::Stop);
    let stopped: Vec<_> = merge.conflicts.iter().map(|one| one.uuid).collect();
    assert_eq!(stopped, [uuid(1)]);
    assert_eq!(merge.service.get(uuid(2)), ours.get(uuid(2)));
}

#[test]
fn a_provider_that_both_sides_changed_alike_is_agreed_on_though_others_clash_with_it() {
    // Both move `b` below `a`; one moves `a` below `c`, the other `c` below `b`.
    let base = state([record(1, "a", 0), record(2, "b", 0), record(3, "c", 0)]);
    let ours = state([record(1, "a", 3), record(2, "b", 1), record(3, "c", 0)]);
    let theirs = state([record(1, "a", 0), record(2, "b", 1), record(3, "c", 2)]);
    let merge = Merge::new(&base, &ours, &theirs, Policy::Stop);
    let stopped: Vec<_> = merge.conflicts.iter().map(|one| one.uuid).collect();
    assert_eq!(stopped, [uuid(1), uuid(3)]);
    assert_eq!(merge.base.get(uuid(2)), theirs.get(uuid(2)));
}
