//! [`Mirror`] and its calls.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::agreed::Agreed;
use super::events;
use super::push::{Conflicts, Push};
use super::report::{Pulled, Pushed, Synced};
use super::retry::Retry;
use super::session::Session;
use super::stop::Stop;
use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::placement::client::Client;
use crate::placement::error::Error;
use crate::placement::merge::{Merge, Policy, merge_into};
use crate::placement::plan::{Plan, Vocabulary};
use crate::placement::state::{Scope, State};
use crate::tree::commit::Committed;
use crate::tree::tree::ProviderTree;

/// Keeps a tree, or a part of it, in step with Placement.
///
/// It remembers what both sides last agreed on and merges, field by field, what each has
/// changed since: see [`Merge`]. Edits that Placement has not accepted stay pending: the next
/// push finds them, whatever stopped the last one. This memory is not kept on disk: the first
/// call of a new mirror reads the scope, and treats a provider that one side removed earlier as
/// newly added by the other.
///
/// Calls block, and run one at a time: don't call a mirror from code that runs inside one of its own
/// calls, such as a tracing layer, a [`Transport`](crate::placement::Transport), an
/// [`Auth`](crate::placement::Auth), the waker of a subscriber of the tree, or an update's
/// closure. No call holds up a reader or a
/// writer of the tree: each fetches first, then commits once (a sync twice), and not at all if
/// nothing has changed.
///
/// One request is atomic, and so is the commit of a pull. A provider and its content are
/// created by several requests. Content is written at the generation that was read, so
/// nobody's change is overwritten. Names, parents and deletions have no such check: the
/// provider is read right before, and a change made in between is lost.
///
/// ```no_run
/// use std::sync::Arc;
/// use provider_tree::placement::{Client, Mirror, NoAuth, Scope};
/// use provider_tree::{Inventory, ProviderTree, ResourceClass};
///
/// let client = Client::builder("http://127.0.0.1:8778").auth(NoAuth::admin()).build()?;
/// let tree = Arc::new(ProviderTree::new());
/// let host = tree.new_root("host")?.value;
/// let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Trees(vec![host]));
/// tree.update_inventory(host, [(ResourceClass::VCPU, Inventory::new(8))], None)?;
/// print!("{}", mirror.plan()?);
/// let synced = mirror.sync()?;
/// for failure in &synced.pushed.failed {
///     eprintln!("{failure}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mirror<C: SnapshotCell = ArcSwapCell> {
    tree: Arc<ProviderTree<C>>,
    client: Client,
    scope: Scope,
    policy: Policy,
    pub(super) retry: Retry,
    agreed: Mutex<Agreed>,
}

impl<C: SnapshotCell> fmt::Debug for Mirror<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror")
            .field("tree", &self.tree)
            .field("client", &self.client)
            .field("scope", &self.scope)
            .field("policy", &self.policy)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl<C: SnapshotCell> Mirror<C> {
    /// Creates a mirror of this part of the tree. Sends nothing.
    ///
    /// The providers of [`Scope::Trees`] need not exist yet. Other mirrors of the tree may
    /// have other scopes.
    #[must_use]
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

    /// What to do about conflicts; [`Policy::Stop`] by default.
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

    /// The tree. Cost: O(1).
    #[must_use]
    pub fn tree(&self) -> &Arc<ProviderTree<C>> {
        &self.tree
    }

    /// Reads the whole scope into the tree, in one commit.
    ///
    /// Edits that were not sent yet stay, and so do `resources` and the order of siblings.
    /// Each provider is read consistently, at one generation; different providers may be read
    /// at different moments.
    ///
    /// Cost: 1 + 3n requests for n providers, a few at a time. If far fewer traits than
    /// providers are in use, 2 + 2n, and one per trait; one more if the scope is one tree.
    ///
    /// # Errors
    ///
    /// [`Error`], if a request fails after all attempts; nothing is committed then.
    /// [`Error::Tree`] if the tree refuses what Placement has.
    pub fn pull(&self) -> Result<Pulled, Error> {
        let stop = Stop::new();
        self.pull_with(&mut *self.begin()?, true, &stop)
    }

    /// Reads the providers whose generation, name or parent has changed since they were last
    /// seen, and commits what changed.
    ///
    /// It misses a provider that was deleted and created again with the same UUID and, by
    /// chance, the same generation: [`pull`](Self::pull) reads it.
    ///
    /// Cost: 1 request if nothing has changed (one per tree of the scope, and one per known
    /// provider that has left these trees), and 3 per changed provider; O(n) for n providers.
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull).
    pub fn refresh(&self) -> Result<Pulled, Error> {
        let stop = Stop::new();
        self.pull_with(&mut *self.begin()?, false, &stop)
    }

    /// A dry run: what a push would send, given what Placement was last seen to have.
    ///
    /// Cost: no request, except for a mirror that has read nothing yet; O(n) for n providers.
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull), if it reads.
    pub fn plan(&self) -> Result<Plan, Error> {
        let stop = Stop::new();
        let session = self.session(&stop);
        let agreed = &mut *self.begin()?;
        self.read_first(&session, agreed)?;
        let (_, merge) = self.merge(agreed);
        Ok(Plan::new(
            &agreed.theirs,
            &merge.service,
            &agreed.vocabulary,
        ))
    }

    /// Sends what differs from the last state that both sides agreed on, and commits the new
    /// generations.
    ///
    /// A provider that another client has changed meanwhile is read and merged again, and so
    /// is one for which an answer was lost. A failed request stops only the steps that depend
    /// on it; an unreachable service stops the push. Edits made during the push are left for
    /// the next one.
    ///
    /// Cost: one request per part of a provider that differs (inventories, traits,
    /// aggregates), and per new provider, class and trait; two per provider that is renamed,
    /// moved or deleted; four more per provider that another client has changed meanwhile.
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull) for a mirror that has read nothing yet. [`Pushed`] reports all
    /// that happens later: the steps that failed, and what the tree refuses.
    pub fn push(&self) -> Result<Pushed, Error> {
        let stop = Stop::new();
        self.push_with(&mut *self.begin()?, Plan::new, &stop)
    }

    /// Like [`push`](Self::push), but sends the inventories of all providers in one request:
    /// all of them or none. It needs the role `service`.
    ///
    /// Everything else is sent as by [`push`](Self::push). One provider in conflict, or one
    /// class in use, holds up the inventories of all.
    ///
    /// Cost: as [`push`](Self::push), with two requests for all inventories: the second reads
    /// the new generations.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn push_atomic(&self) -> Result<Pushed, Error> {
        let stop = Stop::new();
        self.push_with(&mut *self.begin()?, Plan::with_reshape, &stop)
    }

    /// Refreshes, then pushes. Cost: that of [`refresh`](Self::refresh) and of
    /// [`push`](Self::push).
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull); nothing is pushed then.
    pub fn sync(&self) -> Result<Synced, Error> {
        let stop = Stop::new();
        let agreed = &mut *self.begin()?;
        let pulled = self.pull_with(agreed, false, &stop)?;
        let pushed = self.push_with(agreed, Plan::new, &stop)?;
        Ok(Synced { pulled, pushed })
    }

    /// Waits until this mirror's other calls have ended.
    pub(super) fn begin(&self) -> Result<MutexGuard<'_, Agreed>, Error> {
        // Refused inside an update of the tree, where no request may be sent.
        self.tree.refuse_nested()?;
        Ok(self.agreed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn session<'a>(&'a self, stop: &'a Stop) -> Session<'a> {
        Session::new(&self.client, &self.retry, stop)
    }

    pub(super) fn pull_with(
        &self,
        agreed: &mut Agreed,
        whole: bool,
        stop: &Stop,
    ) -> Result<Pulled, Error> {
        let session = self.session(stop);
        let reading = session.read_scope(&self.scope, agreed, whole)?;
        agreed.saw_all(reading.theirs);
        let committed = self.commit(agreed)?;
        let pulled = Pulled {
            requests: session.requests(),
            providers: agreed.theirs.len(),
            read: reading.read,
            version: committed.version,
            conflicts: committed.value.conflicts,
        };
        events::pulled(&pulled);
        Ok(pulled)
    }

    pub(super) fn push_with(
        &self,
        agreed: &mut Agreed,
        plan: impl Fn(&State, &State, &Vocabulary) -> Plan,
        stop: &Stop,
    ) -> Result<Pushed, Error> {
        let session = self.session(stop);
        self.read_first(&session, agreed)?;
        let (ours, merge) = self.merge(agreed);
        let plan = plan(&agreed.theirs, &merge.service, &agreed.vocabulary);
        agreed.wanted = merge.service;
        let push = Push::new(
            &session,
            &self.scope,
            self.policy,
            &ours,
            plan.steps(),
            agreed,
        );
        let mut pushed = push.finish();
        let mut conflicts = Conflicts::default();
        conflicts.add(&merge.conflicts);
        conflicts.add(&pushed.conflicts);
        match self.commit(agreed) {
            Ok(committed) => {
                conflicts.add(&committed.value.conflicts);
                pushed.version = committed.version;
            }
            Err(error) => {
                pushed.version = self.tree.version();
                pushed.error = Some(error);
            }
        }
        pushed.conflicts = conflicts.into_vec();
        pushed.requests = session.requests();
        events::pushed(&pushed);
        Ok(pushed)
    }

    /// Whether the tree has edits to send that no push has tried yet.
    pub(super) fn has_news(&self, agreed: &Agreed) -> bool {
        let (_, merge) = self.merge(agreed);
        let differs = |state: &State| !merge.service.agrees_with(state);
        differs(&agreed.theirs) && differs(&agreed.wanted)
    }

    /// Reads what Placement has, if nothing has been read yet. Commits nothing.
    fn read_first(&self, session: &Session<'_>, agreed: &mut Agreed) -> Result<(), Error> {
        if !agreed.is_read {
            let reading = session.read_scope(&self.scope, agreed, true)?;
            agreed.saw_all(reading.theirs);
        }
        Ok(())
    }

    /// What the tree has now, and its merge with what Placement was last seen to have.
    fn merge(&self, agreed: &Agreed) -> (State, Merge) {
        let ours = State::of(&self.tree.snapshot(), &self.scope, agreed.known());
        let merge = agreed.merge(&ours, self.policy);
        (ours, merge)
    }

    /// Merges what Placement was last seen to have with the tree as it is now, and commits.
    /// Both sides agree on the outcome: it is the new base.
    fn commit(&self, agreed: &mut Agreed) -> Result<Committed<Merge>, Error> {
        let (scope, policy) = (&self.scope, self.policy);
        let committed = self.tree.update(|transaction| {
            merge_into(transaction, scope, &agreed.base, &agreed.theirs, policy)
        })?;
        agreed.base.clone_from(&committed.value.base);
        Ok(committed)
    }
}
