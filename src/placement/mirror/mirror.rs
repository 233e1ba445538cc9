//! The mirror: what it connects, and its settings.

use std::sync::{Arc, Mutex};

use super::report::{Pulled, Pushed, Synced};
use super::retry::Retry;
use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::placement::{Client, Error, Plan, Policy, Scope};
use crate::tree::tree::ProviderTree;

/// Keeps a tree, or a part of it, in step with Placement.
pub struct Mirror<C: SnapshotCell = ArcSwapCell> {
    tree: Arc<ProviderTree<C>>,
    client: Client,
    scope: Scope,
    policy: Policy,
    retry: Retry,
    agreed: Mutex<()>,
}

impl<C: SnapshotCell> Mirror<C> {
    /// A mirror of that part of the tree. It sends nothing yet.
    pub fn new(tree: Arc<ProviderTree<C>>, client: Client, scope: Scope) -> Self {
        Self {
            tree,
            client,
            scope,
            policy: Policy::default(),
            retry: Retry::default(),
            agreed: Mutex::default(),
        }
    }

    /// What to do about conflicts; [`Policy::Stop`] unless given.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How often and how soon to try again.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The tree.
    pub fn tree(&self) -> &Arc<ProviderTree<C>> {
        &self.tree
    }

    /// Reads the whole scope into the tree, in one commit.
    pub fn pull(&self) -> Result<Pulled, Error> {
        unreachable!()
    }

    /// Reads what has another generation, name or parent.
    pub fn refresh(&self) -> Result<Pulled, Error> {
        unreachable!()
    }

    /// What a push would send.
    pub fn plan(&self) -> Result<Plan, Error> {
        unreachable!()
    }

    /// Sends what differs from the last state agreed with Placement.
    pub fn push(&self) -> Result<Pushed, Error> {
        unreachable!()
    }

    /// The same with the inventories of several providers in one reshape.
    pub fn push_atomic(&self) -> Result<Pushed, Error> {
        unreachable!()
    }

    /// Refreshes, then pushes.
    pub fn sync(&self) -> Result<Synced, Error> {
        let _ = (
            &self.client,
            &self.scope,
            self.policy,
            &self.retry,
            &self.agreed,
        );
        unreachable!()
    }
}
