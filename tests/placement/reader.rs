//! A reader of a tree that a mirror writes to: whatever the mirror does, each version it
//! sees is whole, and nothing goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use provider_tree::placement::Stop;
use provider_tree::{ProviderTree, Snapshot};
use uuid::Uuid;

/// Checks one version after the other until `stop` is set, and then the last one. Returns
/// how many it has seen.
pub fn check_until(stop: &Stop, tree: &ProviderTree) -> usize {
    let mut reader = tree.reader();
    let mut newest = 0;
    let mut generations = BTreeMap::new();
    let mut versions = 0;
    loop {
        let is_last = stop.is_stopped();
        let snapshot = reader.load();
        assert!(snapshot.version() >= newest, "{newest} was newer");
        if snapshot.version() > newest {
            newest = snapshot.version();
            versions += 1;
            check(snapshot, &mut generations);
        }
        if is_last {
            return versions;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Checks a version, and that no generation is below that of an earlier one.
fn check(snapshot: &Snapshot, generations: &mut BTreeMap<Uuid, Option<u64>>) {
    let version = snapshot.version();
    snapshot.check_invariants().unwrap();
    let mut above = BTreeSet::new();
    for provider in snapshot {
        let (uuid, generation) = (provider.uuid(), provider.generation());
        let parent = provider.parent_uuid();
        assert!(
            parent.is_none_or(|parent| above.contains(&parent)),
            "{uuid} precedes its parent in version {version}"
        );
        above.insert(uuid);
        let earlier = generations.insert(uuid, generation);
        assert!(
            earlier.is_none_or(|earlier| earlier <= generation),
            "{uuid}: generation {generation:?} after {earlier:?} in version {version}"
        );
    }
    assert_eq!(above.len(), snapshot.len(), "in version {version}");
}
