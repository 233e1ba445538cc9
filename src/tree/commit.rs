//! What becomes of a commit.

use std::fmt;

use crate::error::Error;
use crate::snapshot::Snapshot;
use crate::transaction::transaction::Transaction;

/// A commit that has become visible, or had nothing to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed<T> {
    /// What the edits returned.
    pub value: T,
    /// The version that shows them. If they changed nothing it is the one that
    /// they were made on.
    pub version: u64,
    /// How often the closure ran: 1 if no other commit came in between.
    pub attempts: u64,
}

/// A commit that was refused: another one has come first, or the transaction was
/// begun on another tree. Nothing has changed.
///
/// It gives the transaction back, with the version that it lost to.
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

    /// Whether the transaction was begun on another tree, of which this one may be a
    /// fork. Committing it here fails each time, even if neither tree has changed.
    ///
    /// Commit [`into_transaction`](Self::into_transaction) to the tree that it was
    /// begun on, or bring its changes over to this one with
    /// [`rebase`](Self::rebase). Cost: O(1).
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

    /// The transaction that lost, with its edits. It can be read, but no longer
    /// committed, unless it [is another tree's](Self::is_foreign). Cost: O(1).
    pub fn into_transaction(self) -> Transaction {
        self.0.0
    }

    /// A new transaction on the version that the old one lost to, with the same
    /// changes made there by a three-way merge: it succeeds if nobody else has
    /// touched the providers that the old one changed.
    ///
    /// What the old one only read is not looked at again; if its changes follow
    /// from that, [`restart`](Self::restart). The changes of a transaction of
    /// [another tree](Self::is_foreign) are brought over to this one by the same
    /// rules. Cost: that of
    /// [`Forest::diff`](crate::Forest::diff) and
    /// [`Transaction::apply`](crate::Transaction::apply).
    ///
    /// # Errors
    ///
    /// As [`Transaction::apply`](crate::Transaction::apply), most often
    /// [`Error::ChangedMeanwhile`] with the providers that both have changed.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// let mut transaction = tree.begin();
    /// transaction.new_root("mine")?;
    /// tree.new_root("theirs")?; // comes first
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

    /// A new transaction on the version that the old one lost to, to make the
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
            "the transaction began from version {}, but version {} is there: \
             make its edits again on that one",
            self.transaction().base().version(),
            self.newer().version()
        )
    }
}

impl std::error::Error for Conflict {}
