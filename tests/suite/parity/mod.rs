//! Answers beside those of `nova.compute.provider_tree.ProviderTree` of Nova 34.
//!
//! Each test says what was asked of Nova's class and what it answered. Where
//! the answer here is another one on purpose, a line `Differs:` says why. These
//! are all such differences; below the gap are those where the type system
//! leaves nothing to ask.
//!
//! | asked | Nova 34 | here |
//! |---|---|---|
//! | a second provider of one name, given another UUID | added; a look-up of the name finds one of them | `NameTaken` |
//! | remove the first of two roots of a name, then the second | `KeyError`, half removed | there is no second |
//! | a name that is another provider's UUID | added; the UUID is found first | `NameIsUuid` |
//! | a look-up that one's name and another's UUID match | the order of the search decides | one match at most |
//! | a look-up of a child | scans the forest | one look-up in a hash map |
//! | a root without a UUID | filed under `None`, can't be removed | a random UUID |
//! | `populate` replaces a provider | it moves behind its siblings | it keeps its place unless its parent changes |
//! | `populate` and inventory, traits, aggregates | emptied | those of the record |
//! | `populate` of one UUID twice | the last one wins | `DuplicateProvider` |
//! | `populate` with a cycle, or a provider as its own parent | an error that lists all that is left over; others were added | `Cycle` in its order, nothing added |
//! | `populate` below a provider that the same records drop | an error half-way, or the new one is lost without an error | `MissingParents`, nothing lost |
//! | `populate` of a root that the parents don't lead to | the root is not read | `RootMismatch` |
//! | `populate` of what is there | removed and added again | nothing is committed |
//! | `populate` of a root under its own grandchild | an error, the tree is lost | `MissingParents`, nothing lost |
//! | `populate` of a UUID that is another's name | that other one is removed | `UuidIsName` |
//! | `populate` of a name that another has, given or not | added | `NameTaken` |
//! | `populate` of a sharing provider of another tree | the report client adds it as a root | `MissingParents`, unless it is given as a root |
//! | `update_resources` of an empty set where there are none | a change | no change |
//! | an aggregate in another spelling | another aggregate | the same |
//! | `add_traits`, `remove_traits` of nothing, unknown provider | silent | `UnknownProvider` |
//! | `add_traits`, `remove_traits`, `add_aggregates`, `remove_aggregates` | return nothing | return whether anything changed |
//! | equality of copies | identity | content |
//! | `deepcopy` | copies every provider | `fork(snapshot)` copies none |
//! | `copy.copy` | two trees share their inside | a handle is shared in an `Arc` |
//! | `has_sharing_provider` while others write | takes the lock once a provider | one snapshot |
//! | a subtree | a class of its own with the key it was asked by | a `Snapshot` |
//! | `roots` | a live view of inner objects | an iterator over one version |
//! | a stale generation | stored like any other | `expect_generation` refuses it |
//! | names, resource classes, traits, inventory fields | not validated | as Placement's schemas have them |
//! | a chain of 1,000 levels | `RecursionError` past 995 in look-ups, 164 in `deepcopy`, 165 in subtrees | works; `TooDeep` past `MAX_LEVELS` |
//! | three providers of one name, trait `trait1`, class `CUSTOM_BOGU$$`, no total: in tests of other classes | stored | refused |
//! | the lock | one for all trees of the process | none |
//! | | | |
//! | text that is no UUID as a UUID | stored | the argument is a `Uuid` |
//! | a negative, huge or fractional generation | stored | a generation is a `u64` |
//! | a look-up of `None` | `ValueError` | a key is a UUID or text |
//! | `populate(None)` | no-op | an `Option` is an iterator: no records |
//! | `populate` of `{}` | no-op | records are no mapping: an empty one of any kind |
//! | a record without a name or UUID | `KeyError` after the provider was removed | a record has both |
//! | a record whose parent is the empty string | `ValueError` | a parent is a `Uuid` or none |
//! | a record with keys of its own | ignored | a record has no others |
//! | an inventory record without fields | unchanged | a record has a total |
//! | 8, 8.0 and `True` as one field | equal or not by Python's rules | each field has one type |
//! | an inventory that is `None` | `TypeError` | an `Option` is an iterator: no records |
//! | pickle | goes through | records go out and in again |

mod copies;
mod duplicates;
mod fixtures;
mod generation;
mod inventory;
mod lookup;
mod populate;
mod populate_refusals;
mod scale;
mod sharing;
mod traits_and_aggregates;
mod walks;

use crate::cases::refusal::Refusal;
use std::fmt::Debug;

use provider_tree::{Error, Forest, NewProvider, Provider, ProviderRecord};
use uuid::Uuid;

use crate::cases::{ProviderTree, new_tree};

// The providers that the tests speak of, roots first.
const R: Uuid = Uuid::from_u128(0xa0);
const S: Uuid = Uuid::from_u128(0xb0);
const C: Uuid = Uuid::from_u128(0xa1);
const C1: Uuid = Uuid::from_u128(0xa2);
const C2: Uuid = Uuid::from_u128(0xa3);
const C3: Uuid = Uuid::from_u128(0xa4);
const G: Uuid = Uuid::from_u128(0xa5);
const NOBODY: Uuid = Uuid::from_u128(0xffff);

/// A forest of one root `r`.
fn one_root() -> ProviderTree {
    let tree = new_tree();
    tree.new_root(NewProvider::new("r").uuid(R)).unwrap();
    tree
}

/// A root `r`, its child `c`, whose child is `g`; and a root `s`.
fn two_trees() -> ProviderTree {
    let tree = one_root();
    tree.new_child(NewProvider::new("c").uuid(C), R).unwrap();
    tree.new_child(NewProvider::new("g").uuid(G), C).unwrap();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    tree
}

fn record(uuid: Uuid, name: &str, parent: impl Into<Option<Uuid>>) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid, name);
    record.parent_uuid = parent.into();
    record
}

fn uuids(forest: &Forest) -> Vec<Uuid> {
    forest.provider_uuids().collect()
}

fn names<'a>(providers: impl IntoIterator<Item = &'a Provider>) -> Vec<&'a str> {
    providers.into_iter().map(Provider::name).collect()
}

/// The error of a call that is refused, and leaves everything as it was.
fn refused<T: Debug>(
    tree: &ProviderTree,
    call: impl FnOnce(&ProviderTree) -> Result<T, Error>,
) -> Error {
    let before = tree.snapshot();
    let error = call(tree).unwrap_err();
    assert!(tree.snapshot().ptr_eq(&before), "committed after {error}");
    before.check_invariants().unwrap();
    error
}

/// The error of a key that no provider has.
fn unknown(key: impl ToString) -> Refusal {
    Refusal::UnknownProvider {
        key: key.to_string(),
    }
}
