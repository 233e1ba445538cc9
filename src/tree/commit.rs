//! The outcome of a commit.

use std::fmt;

use crate::error::Error;
use crate::snapshot::Snapshot;
use crate::transaction::transaction::Transaction;

/// A commit that is visible, or that had nothing to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed<T> {
    /// What the closure returned.
    pub value: T,
    /// The version that contains the edits, or the base version if nothing changed.
    pub version: u64,
    /// How often the closure ran: 1 if no other commit came first.
    pub attempts: u64,
}

/// A refused commit: another one was first, or the transaction was begun on another tree.
/// Nothing has changed.
///
/// It returns the transaction, and the version that it lost to.
pub struct Conflict(Box<(Transaction, Snapshot)>);

impl Conflict {
    pub(super) fn new(transaction: Transaction, newer: Snapshot) -> Self {
        Self(Box::new((transaction, newer)))
    }

    /// The transaction that lost, with its edits. Cost: O(1).
    pub fn transaction(&self) -> &Transaction {
        &self.0.0
    }

    /// The version that it lost to. Cost: O(1).
    #[must_use]
    pub fn newer(&self) -> &Snapshot {
        &self.0.1
    }

    /// Whether the transaction was begun on another tree, for example a fork of this one.
    /// Committing it here always fails, even if neither tree has changed. Cost: O(1).
    ///
    /// Commit [`into_transaction`](Self::into_transaction) to the tree that it was begun
    /// on, or move its changes to this one with [`rebase`](Self::rebase).
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// let what_if = ProviderTree::from(tree.snapshot());
    /// let mut transaction = what_if.begin();
    /// transaction.set_generation("host", 1)?;
    ///
    /// let conflict = tree.commit(transaction).unwrap_err();
    /// assert!(conflict.is_foreign());
    /// tree.commit(conflict.rebase()?).unwrap();
    /// assert_eq!(tree.find("host").unwrap().generation(), Some(1));
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        !self.newer().has_history_of(self.transaction().base())
    }

    /// The transaction that lost, with its edits. You can read it, but no longer commit it,
    /// unless it [is another tree's](Self::is_foreign). Cost: O(1).
    pub fn into_transaction(self) -> Transaction {
        self.0.0
    }

    /// A new transaction on the version that the old one lost to, with the same changes
    /// applied by a three-way merge. It succeeds if nobody else has touched the providers
    /// that the old one changed.
    ///
    /// What the old transaction only read is not checked again; if its changes depend on
    /// that, use [`restart`](Self::restart). The changes of a transaction of [another
    /// tree](Self::is_foreign) are merged into this one by the same rules.
    ///
    /// Cost: that of [`Forest::diff`](crate::Forest::diff) and
    /// [`Transaction::apply`](crate::Transaction::apply).
    ///
    /// # Errors
    ///
    /// Those of [`Transaction::apply`](crate::Transaction::apply), most often
    /// [`Error::ChangedMeanwhile`] with the providers that both have changed.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// let mut transaction = tree.begin();
    /// transaction.new_root("mine")?;
    /// tree.new_root("theirs")?; // commits first
    ///
    /// let conflict = tree.commit(transaction).unwrap_err();
    /// tree.commit(conflict.rebase()?).unwrap();
    /// assert!(tree.exists("mine") && tree.exists("theirs"));
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn rebase(&self) -> Result<Transaction, Error> {
        let (lost, newer) = &*self.0;
        let mut transaction = Transaction::new(newer.clone());
        transaction.apply(lost.diff(lost.base()))?;
        Ok(transaction)
    }

    /// A new transaction on the version that the old one lost to, in which to make the
    /// edits again. Cost: O(1).
    pub fn restart(self) -> Transaction {
        Transaction::new(self.0.1)
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conflict")
            .field("base", &self.transaction().base().version())
            .field("newer", &self.newer().version())
            .finish()
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_foreign() {
            return f.write_str(
                "the transaction was begun on another tree: commit it there, or rebase it onto \
                 this one",
            );
        }
        write!(
            f,
            "the transaction began from version {}, but the newest is version {}: rebase it, \
             or restart and make its edits again",
            self.transaction().base().version(),
            self.newer().version()
        )
    }
}

impl std::error::Error for Conflict {}
