//! Which public types can cross threads, `.await` and unwinding. The compiler checks it: a
//! test that compiles has passed.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};

use provider_tree::iter::{Ancestors, Children, Descendants, Providers};
use provider_tree::{
    Change, Committed, Conflict, Differences, Error, Forest, Inventory, Provider, ProviderKey,
    ProviderRecord, Reader, Resource, ResourceClass, Snapshot, Stats, Subscription, TimedOut,
    Trait, Transaction, Transition,
};

use crate::Cell;
use crate::cases::ProviderTree;

fn assert_owned<T: Send + Sync + Unpin + Debug + 'static>() {}
fn assert_send<T: Send + Unpin + Debug + 'static>() {}
fn assert_clone<T: Clone>() {}
fn assert_copy<T: Copy>() {}
fn assert_display<T: Display>() {}
fn assert_error<T: StdError + Send + Sync + 'static>() {}
fn assert_name<T: Eq + Ord + Hash + AsRef<str> + for<'a> TryFrom<&'a str>>() {}
fn assert_walk<'a, T>()
where
    T: Iterator<Item = &'a Provider> + Clone + Send + Sync + Unpin + Debug,
{
}

#[test]
fn a_tree_can_be_shared_between_threads() {
    assert_owned::<ProviderTree>();
    assert_owned::<Cell>();
    assert_owned::<Stats>();
    assert_copy::<Stats>();
    assert_display::<ProviderTree>();
}

#[test]
fn a_snapshot_can_be_kept_sent_and_shared() {
    assert_owned::<Snapshot>();
    assert_owned::<Forest>();
    assert_clone::<Snapshot>();
    assert_display::<Snapshot>();
    assert_display::<Forest>();
}

#[test]
fn a_reader_can_be_moved_into_its_thread() {
    assert_owned::<Reader<Cell>>();
}

#[test]
fn a_subscription_can_be_moved_into_its_task() {
    assert_send::<Subscription<Cell>>();
    assert_owned::<Transition>();
    assert_clone::<Transition>();
    assert_owned::<Change>();
    assert_clone::<Change>();
    assert_display::<Change>();
    assert_owned::<Differences>();
    assert_error::<TimedOut>();
}

#[test]
fn a_transaction_can_be_sent_and_held_across_awaits() {
    assert_owned::<Transaction>();
    assert_owned::<Conflict>();
    assert_error::<Conflict>();
    assert_owned::<Committed<u64>>();
    assert_copy::<Committed<u64>>();
    assert_clone::<Committed<String>>();
}

#[test]
fn an_error_can_be_boxed_and_sent() {
    assert_owned::<Error>();
    assert_clone::<Error>();
    assert_error::<Error>();
}

#[test]
fn values_read_from_a_forest_can_be_kept_and_sent() {
    assert_owned::<Provider>();
    assert_clone::<Provider>();
    assert_owned::<ProviderRecord>();
    assert_clone::<ProviderRecord>();
    assert_owned::<Resource>();
    assert_clone::<Resource>();
    assert_owned::<Inventory>();
    assert_copy::<Inventory>();
    assert_owned::<ProviderKey<'static>>();
    assert_copy::<ProviderKey<'static>>();
    assert_display::<ProviderKey<'static>>();
}

#[test]
fn resource_classes_and_traits_can_be_map_keys() {
    assert_owned::<ResourceClass>();
    assert_owned::<Trait>();
    assert_clone::<ResourceClass>();
    assert_clone::<Trait>();
    assert_name::<ResourceClass>();
    assert_name::<Trait>();
    assert_display::<ResourceClass>();
    assert_display::<Trait>();
}

#[test]
fn walks_can_be_cloned_and_sent() {
    fn check<'a>(_: &'a Forest) {
        assert_walk::<'a, Providers<'a>>();
        assert_walk::<'a, Descendants<'a>>();
        assert_walk::<'a, Children<'a>>();
        assert_walk::<'a, Ancestors<'a>>();
        fn assert_fused<T: FusedIterator>() {}
        assert_fused::<Ancestors<'a>>();
    }
    check(&Snapshot::default());
}

#[test]
fn versions_can_be_read_after_a_panic() {
    fn assert_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    assert_unwind_safe::<Provider>();
    assert_unwind_safe::<Change>();
    assert_unwind_safe::<Forest>();
    assert_unwind_safe::<Snapshot>();
    assert_unwind_safe::<Providers<'_>>();
    assert_unwind_safe::<Children<'_>>();
}
