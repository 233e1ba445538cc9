//! The three-way merge of what both sides agreed on, what the tree has and what Placement has.
//!
//! 1. Each provider is merged by itself, field by field ([`fields`]).
//! 2. The outcome may still be no forest: two providers with one name, a missing parent, a
//!    cycle. Providers that clash are taken from one side, or stopped, until both the tree and
//!    the service would be forests ([`structure`]).
//! 3. [`merge_into`] applies the tree's side in a transaction ([`commit`]).

mod clashes;
mod commit;
mod conflict;
mod fields;
mod structure;

pub use self::commit::merge_into;
pub use self::conflict::{ConflictKind, FieldConflict};

use self::structure::Merging;
use crate::forest::forest::Forest;
use crate::placement::state::State;

/// What a merge does if both sides changed the same field differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Takes the tree's value, and sends it to Placement.
    ///
    /// If that would remove a provider that only Placement has ever had, the merge stops for
    /// the providers involved, as with [`Stop`](Self::Stop).
    Ours,
    /// Takes Placement's value into the tree.
    Theirs,
    /// Leaves that provider as it is on each side, and continues with the others.
    #[default]
    Stop,
}

/// The outcome of a three-way merge.
///
/// The merge is by field: name, parent, each class's inventory record, each trait, each
/// aggregate. A field that only one side changed takes that side's value. Generations are
/// Placement's. A provider that is unchanged on one side and removed on the other is removed.
///
/// A conflict is a field that both sides changed differently, or edits of both sides that
/// together make no forest: see [`ConflictKind`]. Where the merge stops, the tree keeps ours,
/// the service keeps theirs and the base keeps its provider as it was, so the next merge finds
/// the conflict again.
///
/// ```
/// use provider_tree::placement::{Merge, Policy, State};
/// use provider_tree::{Inventory, ProviderRecord, ResourceClass};
/// use uuid::Uuid;
///
/// let uuid = Uuid::from_u128(1);
/// let mut host = ProviderRecord::new(uuid, "host");
/// let base: State = [host.clone()].into_iter().collect();
///
/// // Here it gets processors, there another name and a newer generation.
/// let mut here = host.clone();
/// here.inventory.insert(ResourceClass::VCPU, Inventory::new(8));
/// let ours: State = [here].into_iter().collect();
/// host.name = "renamed".to_owned();
/// host.generation = Some(2);
/// let theirs: State = [host].into_iter().collect();
///
/// let merge = Merge::new(&base, &ours, &theirs, Policy::Stop);
/// assert!(merge.conflicts.is_empty());
/// let merged = merge.tree.get(uuid).unwrap();
/// assert_eq!((merged.name(), merged.generation()), ("renamed", Some(2)));
/// assert!(merged.inventory().contains_key(&ResourceClass::VCPU));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Merge {
    /// What the tree becomes.
    pub tree: State,
    /// What Placement is to become: the target of a [`Plan`](super::Plan) from `theirs`.
    pub service: State,
    /// What both sides agree on now: the base of the next merge. It is what Placement has,
    /// except where the merge stopped.
    pub base: State,
    /// All conflicts, sorted by UUID, however they were settled.
    pub conflicts: Vec<FieldConflict>,
}

impl Merge {
    /// Merges what both sides last agreed on, what the tree has and what Placement has.
    ///
    /// All three should include every provider that any of them has, wherever it is now: one
    /// that a state lacks counts as removed there, and one that the base lacks as added. A
    /// parent that none of them has is outside their scope, and assumed to exist.
    ///
    /// Cost: O(size of the states), once more for each round that it takes to make a forest.
    #[must_use]
    pub fn new(base: &State, ours: &State, theirs: &State, policy: Policy) -> Self {
        Self::within(None, base, ours, theirs, policy)
    }

    /// The same for part of a forest; names and parents in the rest of it count too.
    fn within(
        forest: Option<&Forest>,
        base: &State,
        ours: &State,
        theirs: &State,
        policy: Policy,
    ) -> Self {
        Merging::new(forest, base, ours, theirs, policy).finish()
    }
}
