//! A writer that the system stops in the middle of a commit.

use super::tree::ProviderTree;
use crate::provider::new::NewProvider;

#[test]
fn a_writer_stopped_between_its_swap_and_its_clean_up_holds_nothing_back() {
    let tree = ProviderTree::new();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    let mut stopped = tree.begin();
    stopped.set_generation("host", 1).unwrap();
    let version = tree.swap(&stopped).unwrap();
    // It has not handed over what it replaced, nor woken anybody.
    let mut subscription = tree.subscribe();
    for generation in 2..10_000 {
        tree.set_generation("host", generation).unwrap();
        assert!(subscription.try_changed().is_some());
        assert!(tree.stats().versions < 20, "{:?}", tree.stats());
    }
    tree.publish(stopped, version, 1);
    tree.set_generation("host", 0).unwrap();
    drop(subscription);
    tree.collect();
    assert_eq!(tree.stats().versions, 1);
}
