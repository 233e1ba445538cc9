//! Several edits that become visible in one step, or not at all.

mod apply;
mod arrivals;
pub(crate) mod content;
pub(crate) mod generations;
mod populate;
mod structure;

#[cfg(test)]
mod siblings_tests;

use std::fmt;
use std::ops::Deref;

use self::generations::Generations;
use crate::forest::Replaced;
use crate::{Error, Forest, ProviderKey, Snapshot};

/// A private copy of one version of the forest, with edits that nobody else
/// sees until they are committed.
///
/// It comes from [`ProviderTree::update`] or [`ProviderTree::begin`], and reads
/// like a [`Snapshot`], its own edits included: all queries are those of
/// [`Forest`], to which it dereferences. An edit that returns an error has
/// changed nothing. Dropping a transaction forgets its edits.
///
/// An edit copies the provider, with its inventory, and the few nodes of the maps
/// that it touches, these once a transaction (a tree of up to 32 providers is one such
/// node, and copied whenever one is added or removed). What it costs grows with the
/// logarithm of the number of providers n. In the costs, a *write* is one copy of a
/// provider and one in each map: O(log n + k) for k records of inventory.
///
/// [`ProviderTree::update`]: crate::ProviderTree::update
/// [`ProviderTree::begin`]: crate::ProviderTree::begin
#[must_use = "a transaction that is not committed changes nothing"]
pub struct Transaction {
    base: Snapshot,
    forest: Forest,
    edits: u64,
    generations: Generations,
}

/// What a commit reports of its transaction.
#[cfg_attr(not(feature = "tracing"), expect(dead_code))]
pub(crate) struct Report {
    pub(crate) edits: u64,
    pub(crate) generations: Generations,
}

impl Transaction {
    pub(crate) fn new(base: Snapshot) -> Self {
        let forest = base.fork();
        Self {
            base,
            forest,
            edits: 0,
            generations: Generations::default(),
        }
    }

    /// The version that the transaction began from. Cost: O(1).
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// How many edits have changed something, also where a later one changed it
    /// back. A transaction with none commits nothing. Cost: O(1).
    pub fn edits(&self) -> u64 {
        self.edits
    }

    /// Goes on if a provider's generation is the expected one: the check of an
    /// optimistic lock. Cost: one look-up.
    ///
    /// As a commit is serialisable, what holds here still holds when the
    /// transaction becomes visible.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], or [`Error::GenerationConflict`] with the
    /// generation that the provider has.
    pub fn expect_generation<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        expected: u64,
    ) -> Result<(), Error> {
        let provider = self.forest.require(key)?;
        if provider.generation() == Some(expected) {
            Ok(())
        } else {
            Err(Error::GenerationConflict {
                uuid: provider.uuid(),
                expected,
                actual: provider.generation(),
            })
        }
    }

    /// Its base, once that has been replaced, the providers that only the base has, and
    /// what there is to report.
    pub(crate) fn into_parts(self) -> (Snapshot, Vec<Replaced>, Report) {
        let replaced = self.forest.into_replaced(&self.base);
        let report = Report {
            edits: self.edits,
            generations: self.generations,
        };
        (self.base, replaced, report)
    }

    /// The version that the transaction makes of its base.
    pub(crate) fn next(&self) -> Snapshot {
        self.base.next(self.forest.fork())
    }
}

impl Deref for Transaction {
    type Target = Forest;

    fn deref(&self) -> &Forest {
        &self.forest
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("base", &self.base.version())
            .field("edits", &self.edits)
            .field("forest", &self.forest)
            .finish()
    }
}
