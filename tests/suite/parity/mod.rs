//! Parity with `nova.compute.provider_tree.ProviderTree` of Nova 34.
//!
//! Each test states a call to Nova's class and its result. Where this library differs on
//! purpose, a line `Differs:` says why. The table lists all such differences; in its second
//! part, the type system rules the question out.
//!
//! | case | Nova 34 | here |
//! |---|---|---|
//! | a second provider with a name and another UUID | added; a look-up of the name finds one of them | `NameTaken` |
//! | remove the first of two roots with one name, then the second | `KeyError`, half removed | names are unique |
//! | a name that is another provider's UUID | added; the UUID is found first | `NameIsUuid` |
//! | text that is one provider's name and another's UUID | the search order decides | at most one match |
//! | a look-up of a child | scans the forest | one look-up in a hash map |
//! | a root without a UUID | stored under `None`, can't be removed | a random UUID |
//! | `populate` replaces a provider | it moves behind its siblings | it keeps its place unless its parent changes |
//! | `populate` and inventory, traits, aggregates | emptied | those of the record |
//! | `populate` with one UUID twice | the last one wins | `DuplicateProvider` |
//! | `populate` with a cycle, or a provider as its own parent | an error that lists all records left over; others were added | `Cycle` in its order, nothing added |
//! | `populate` below a provider that the same records drop | an error half-way, or the new provider is lost without an error | `MissingParents`, nothing lost |
//! | `populate` with a root that the parents don't lead to | the root is ignored | `RootMismatch` |
//! | `populate` with the current content | removed and added again | nothing is committed |
//! | `populate` with a root under its own grandchild | an error, the tree is lost | `MissingParents`, nothing lost |
//! | `populate` with a UUID that is another provider's name | the other provider is removed | `UuidIsName` |
//! | `populate` with a name that another provider or record has | added | `NameTaken` |
//! | `populate` with a sharing provider of another tree | the report client adds it as a root | `MissingParents`, unless it is given as a root |
//! | `update_resources` with an empty set where there are none | a change | no change |
//! | an aggregate in another spelling | another aggregate | the same |
//! | `add_traits`, `remove_traits` with no traits, unknown provider | silent | `UnknownProvider` |
//! | `add_traits`, `remove_traits`, `add_aggregates`, `remove_aggregates` | return nothing | return whether anything changed |
//! | equality of copies | identity | content |
//! | `deepcopy` | copies every provider | `ProviderTree::from(snapshot)` copies none |
//! | `copy.copy` | two trees share their internals | a tree is shared in an `Arc` |
//! | `has_sharing_provider` during writes | takes the lock once per provider | reads one snapshot |
//! | a subtree | a separate class that keeps the key | a `Snapshot` |
//! | `roots` | a live view of inner objects | an iterator over one version |
//! | a stale generation | stored like any other | `expect_generation` refuses it |
//! | names, resource classes, traits, inventory fields | not validated | validated by Placement's schemas |
//! | a chain of 1,000 levels | `RecursionError` past 995 in look-ups, 164 in `deepcopy`, 165 in subtrees | works; `TooDeep` past `MAX_LEVELS` |
//! | fixtures of other tests: three providers with one name, trait `trait1`, class `CUSTOM_BOGU$$`, no total | stored | refused |
//! | locking | one lock for all trees of the process | none |
//! | | | |
//! | text that is no UUID as a UUID | stored | the argument is a `Uuid` |
//! | a negative, huge or fractional generation | stored | a generation is a `u64` |
//! | a look-up of `None` | `ValueError` | a key is a UUID or text |
//! | `populate(None)` | no-op | an `Option` is an iterator: no records |
//! | `populate({})` | no-op | records are not a mapping; any empty iterator is a no-op |
//! | a record without a name or UUID | `KeyError` after the provider was removed | a record has both |
//! | a record whose parent is the empty string | `ValueError` | a parent is a `Uuid` or none |
//! | a record with extra keys | ignored | a record has no extra fields |
//! | an inventory record without fields | unchanged | a record has a total |
//! | 8, 8.0 and `True` as one field | equal or not by Python's rules | each field has one type |
//! | an inventory that is `None` | `TypeError` | an `Option` is an iterator: no records |
//! | pickle | works | a round trip through records |

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

// The providers of the tests, roots first.
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

/// The error of a refused call, after a check that it changed nothing.
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

/// The error for an unknown key.
fn unknown(key: impl ToString) -> Refusal {
    Refusal::UnknownProvider {
        key: key.to_string(),
    }
}
