//! The transaction: a private copy of one version, which reads like a snapshot.

use std::fmt;
use std::ops::Deref;

use super::generations::Generations;
use crate::error::Error;
use crate::forest::edit::Editor;
use crate::forest::forest::Forest;
use crate::forest::iter::Providers;
use crate::provider::key::ProviderKey;
use crate::provider::provider::Provider;
use crate::snapshot::Snapshot;

/// A private copy of one version of the forest, with edits that nobody else sees until they
/// are committed.
///
/// You get one from [`ProviderTree::update`] or [`ProviderTree::begin`]. It reads like a
/// [`Snapshot`], its own edits included: it dereferences to [`Forest`], which has all the
/// queries. An edit that returns an error has changed nothing. Dropping a transaction
/// discards its edits.
///
/// An edit copies what it touches, once per transaction: later edits of the same data happen
/// in place. In the costs, n is the number of providers, and
///
/// - *an edit of content* copies the provider's tree if that has up to 32 providers (in a
///   larger one, the provider and some nodes of two maps), and the two to four blocks above
///   the tree: O(log n + t) for t providers in the tree, at most 32, or the logarithm of a
///   larger one. It does not touch the indices.
/// - *a write* adds, removes, renames or moves one provider: the same, and its entries in
///   the indices by UUID and by name, O(log n) and two kilobytes each.
///
/// [`ProviderTree::update`]: crate::ProviderTree::update
/// [`ProviderTree::begin`]: crate::ProviderTree::begin
#[must_use = "a transaction that is not committed changes nothing"]
pub struct Transaction {
    pub(super) base: Snapshot,
    pub(super) editor: Editor,
    pub(super) edits: u64,
    pub(super) generations: Generations,
}

/// What a commit reports of its transaction.
#[cfg_attr(not(feature = "tracing"), expect(dead_code))]
pub(crate) struct Report {
    pub(crate) edits: u64,
    pub(crate) generations: Generations,
}

impl Transaction {
    pub(crate) fn new(base: Snapshot) -> Self {
        let editor = Editor::from(&*base);
        Self {
            base,
            editor,
            edits: 0,
            generations: Generations::default(),
        }
    }

    /// The version that the transaction began from. Cost: O(1).
    #[must_use]
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// How many edits have changed something, even if a later one changed it back. A
    /// transaction without edits commits nothing. Cost: O(1).
    #[must_use]
    pub fn edits(&self) -> u64 {
        self.edits
    }

    /// Checks that a provider's generation equals `expected`, as an optimistic lock does.
    /// Cost: one look-up.
    ///
    /// Commits are serialisable, so what holds here still holds when the transaction
    /// becomes visible.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], or [`Error::GenerationConflict`] with the provider's
    /// actual generation.
    pub fn expect_generation<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        expected: u64,
    ) -> Result<(), Error> {
        let provider = self.require(key)?;
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

    /// Its base, and what to report.
    pub(crate) fn into_parts(self) -> (Snapshot, Report) {
        let report = Report {
            edits: self.edits,
            generations: self.generations,
        };
        (self.base, report)
    }

    /// How many providers it has written.
    pub(crate) fn writes(&self) -> usize {
        self.editor.writes()
    }

    /// The version that the edits make of the base.
    pub(crate) fn next(&self) -> Snapshot {
        self.base.next(self.fork())
    }
}

impl Deref for Transaction {
    type Target = Forest;

    fn deref(&self) -> &Forest {
        &self.editor
    }
}

impl<'a> IntoIterator for &'a Transaction {
    type Item = &'a Provider;
    type IntoIter = Providers<'a>;

    fn into_iter(self) -> Providers<'a> {
        self.iter()
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("base", &self.base.version())
            .field("edits", &self.edits)
            .field("forest", &**self)
            .finish()
    }
}
