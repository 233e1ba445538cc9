//! A tree with its model, and every way to change both.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{slice, thread};

use provider_tree::{Error, Provider, ProviderRecord, Reader, Snapshot, Transaction};

use super::check::{assert_agrees, assert_shows};
use super::edit::{Answer, Edit};
use super::follow::Follower;
use super::forest::Model;
use super::records::Draft;
use super::tally;
use crate::cases::refusal::Refusal;
use crate::cases::{ProviderTree, fork};

/// The most subscriptions to single trees at a time.
const FOLLOWERS: usize = 6;

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    Commit,
    Abort,
    Panic,
}

pub struct Branch {
    pub tree: ProviderTree,
    pub model: Model,
    reader: Reader<crate::Cell>,
    followers: Vec<Follower>,
    /// The newest version, taken when it was committed.
    newest: Snapshot,
}

/// The error with which a closure gives up.
#[derive(Debug)]
struct Aborted;

impl From<Error> for Aborted {
    fn from(error: Error) -> Self {
        panic!("the update itself failed: {error:?}")
    }
}

/// One attempt at a transaction: the model after its edits, and how many of them changed
/// something.
#[derive(Default)]
struct Attempt {
    base: u64,
    model: Model,
    edits: u64,
}

impl Attempt {
    fn make(transaction: &mut Transaction, drafts: &[Draft], model: &Model) -> Self {
        let mut attempt = Self {
            base: transaction.base().version(),
            model: model.clone(),
            edits: 0,
        };
        assert_eq!(transaction.edits(), 0);
        for draft in drafts {
            let edit = draft.edit(&attempt.model);
            let _making = Making(&edit);
            let given = edit.make_in(transaction);
            attempt.edits += u64::from(expect(&edit, &given, &mut attempt.model));
            assert_shows(transaction, &attempt.model);
            assert_eq!(transaction.edits(), attempt.edits, "{edit:?}");
        }
        assert_eq!(transaction.base().version(), attempt.base);
        attempt
    }

    /// The amount by which its commit raises the version.
    fn commits(&self) -> u64 {
        u64::from(self.edits > 0)
    }
}

/// Names the edit at which a comparison failed.
struct Making<'a>(&'a Edit);

impl Drop for Making<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("after {:?}", self.0);
        }
    }
}

/// Makes an edit in the model and compares the results. Returns whether it counts as a
/// change.
pub fn expect(edit: &Edit, given: &Result<Answer, Error>, model: &mut Model) -> bool {
    tally::note(&tally::kind(edit), given);
    let chosen = match given {
        Ok(Answer::New(uuid)) => Some(*uuid),
        _ => None,
    };
    let before = model.clone();
    let made = edit.make_in_model(model, chosen);
    let counts = made.as_ref().is_ok_and(|made| made.counts);
    match (edit, given) {
        (_, Ok(Answer::Changed(false))) if counts => tally::mark("Generation", "alone"),
        (Edit::Populate(records), Ok(_)) if !counts && !records.is_empty() => {
            tally::mark("Echo", "unchanged");
        }
        (Edit::ReplaceAll(records), Ok(_)) => mark_resync(records, &before, model),
        (Edit::MoveTo(key, _), Err(Error::TooDeep { uuid, .. })) => {
            let is_lower = model.find(key).is_some_and(|top| top.uuid != *uuid);
            tally::mark("MoveTo", if is_lower { "lower" } else { "top" });
        }
        _ => {}
    }
    assert_agrees(given, &made.map(|made| made.answer), edit);
    counts
}

/// Tallies the kind of a `replace_all`.
fn mark_resync(records: &[ProviderRecord], before: &Model, after: &Model) {
    let order = before.walk().0.into_iter().map(|(_, one)| one.uuid);
    let same_order = order.eq(records.iter().map(|record| record.uuid));
    match (before == after, records.is_empty()) {
        (false, true) => tally::mark("Resync", "emptied"),
        (true, false) if same_order => tally::mark("Resync", "unchanged"),
        (true, false) => tally::mark("Resync", "shuffled"),
        _ => {}
    }
    let moved = |old: &ProviderRecord| {
        let new = after.get(old.uuid);
        new.is_some_and(|new| new.parent_uuid != old.parent_uuid)
    };
    if before.providers.iter().any(moved) {
        tally::mark("Resync", "moved");
    }
    let passed_on = |old: &ProviderRecord| {
        let mut bearers = after.providers.iter().filter(|new| new.name == old.name);
        after.get(old.uuid).is_none() && bearers.any(|new| before.get(new.uuid).is_none())
    };
    if before.providers.iter().any(passed_on) {
        tally::mark("Resync", "rebuilt");
    }
}

/// Providers that the records didn't change share their content with the older state, and
/// unchanged trees their allocation.
fn assert_untouched_are_shared(newer: &Snapshot, older: &Snapshot) {
    for new in newer.iter() {
        let stays = |uuid| {
            let [new, old] = [newer, older].map(|state| state.get(uuid));
            old.map(Provider::parent_uuid) == new.map(Provider::parent_uuid)
        };
        let mut above = newer.ancestors(new.uuid()).unwrap().map(Provider::uuid);
        if let Some(old) = older.get(new.uuid()).filter(|old| *old == new)
            && above.all(stays)
        {
            assert!(std::ptr::eq(new.name(), old.name()), "{new:?}");
        }
    }
    for root in newer.roots() {
        let trees = [newer, older].map(|state| state.tree_of(root.uuid()));
        if let [Ok(new), Ok(old)] = trees
            && new.clone().eq(old.clone())
        {
            assert!(
                new.zip(old).all(|(new, old)| std::ptr::eq(new, old)),
                "{root:?}"
            );
        }
    }
}

impl Branch {
    /// An independent tree that starts as a snapshot.
    pub fn new(first: Snapshot, model: Model) -> Self {
        let version = first.version();
        let tree = fork(first);
        let mut branch = Self {
            reader: tree.reader(),
            followers: Vec::new(),
            newest: tree.snapshot(),
            tree,
            model,
        };
        branch.assert_is_at(version);
        branch
    }

    /// Nothing was committed since the last check: the newest version is the same one.
    pub fn assert_untouched(&mut self) {
        assert!(self.tree.snapshot().ptr_eq(&self.newest));
        assert!(self.reader.load().ptr_eq(&self.newest));
    }

    /// The newest version has this number and agrees with the model, by every way to read it.
    fn assert_is_at(&mut self, version: u64) {
        if version == self.newest.version() {
            self.assert_untouched();
        }
        let snapshot = self.tree.snapshot();
        assert_eq!(snapshot.version(), version);
        assert_eq!(self.tree.version(), version);
        assert!(self.reader.load().ptr_eq(&snapshot));
        assert!(self.tree.read(|newest| newest.ptr_eq(&snapshot)));
        assert_shows(&snapshot, &self.model);
        assert_eq!(self.tree.len(), self.model.providers.len());
        assert_eq!(self.tree.is_empty(), self.model.providers.is_empty());
        for one in &self.model.providers {
            assert!(self.tree.exists(&one.name));
            assert_eq!(self.tree.find(one.uuid).as_ref(), snapshot.get(one.uuid));
        }
        self.newest = snapshot;
        self.follow();
    }

    /// Polls the followers, most at each version and some only now and then, and adds one.
    fn follow(&mut self) {
        let version = self.newest.version() as usize;
        for (number, follower) in self.followers.iter_mut().enumerate() {
            if number % 2 == 0 || version.is_multiple_of(3) {
                follower.look(&self.model);
            }
        }
        let providers = &self.model.providers;
        if let Some(one) = providers.get(version % (providers.len() + 1)) {
            self.followers.truncate(FOLLOWERS - 1);
            let new = Follower::new(&self.tree, &self.model, one.uuid);
            self.followers.insert(0, new);
        }
    }

    /// One edit by the tree's shorthand. Returns whether it committed.
    pub fn shorthand(&mut self, draft: &Draft) -> bool {
        let edit = draft.edit(&self.model);
        let _making = Making(&edit);
        let given = edit.make_on(&self.tree);
        let answer = given.clone().map(|(answer, ..)| answer);
        let counts = expect(&edit, &answer, &mut self.model);
        let version = self.newest.version() + u64::from(counts);
        if let Ok((_, committed, attempts)) = given {
            assert_eq!((committed, attempts), (version, 1), "{edit:?}");
        }
        let older = self.newest.clone();
        self.assert_is_at(version);
        if let Edit::Populate(_) | Edit::ReplaceAll(_) = edit {
            assert_untouched_are_shared(&self.newest, &older);
        }
        counts
    }

    /// Several edits in one update, whose closure runs again if a rival commits.
    pub fn update(&mut self, drafts: &[Draft], ending: Ending, rival: Option<&Draft>) {
        let (tree, model) = (&self.tree, &mut self.model);
        let mut version = self.newest.version();
        let mut attempts = 0;
        let mut last = Attempt::default();
        let mut lost = false;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            tree.try_update(|transaction| {
                attempts += 1;
                last = Attempt::make(transaction, drafts, model);
                assert_eq!(last.base, version);
                let nested = tree.update(|_| Ok(()));
                assert_eq!(nested, Refusal::NestedUpdate);
                if let Some(rival) = rival.filter(|_| attempts == 1) {
                    let theirs = commit_by_hand(tree, rival, model);
                    version += theirs.commits();
                    lost = theirs.edits > 0 && last.edits > 0 && ending == Ending::Commit;
                    *model = theirs.model;
                }
                match ending {
                    Ending::Commit => Ok(attempts),
                    Ending::Abort => Err(Aborted),
                    Ending::Panic => resume_unwind(Box::new(Aborted)),
                }
            })
        }));
        match (ending, outcome) {
            (Ending::Commit, Ok(Ok(committed))) => {
                assert_eq!((committed.value, committed.attempts), (attempts, attempts));
                assert_eq!(committed.version, last.base + last.commits());
                if last.edits > 0 {
                    *model = last.model;
                    version = committed.version;
                }
            }
            (Ending::Abort, Ok(Err(Aborted))) => {}
            (Ending::Panic, Err(cause)) if cause.is::<Aborted>() => {}
            (_, Err(cause)) => resume_unwind(cause),
            (ending, Ok(outcome)) => panic!("{ending:?} gave {outcome:?}"),
        }
        assert_eq!(attempts, 1 + u64::from(lost));
        if lost {
            tally::mark("Update", "again");
        }
        self.assert_is_at(version);
    }

    /// Several edits in a manual transaction, which conflicts if a rival commits.
    pub fn begin(&mut self, drafts: &[Draft], ending: Ending, rival: Option<&Draft>) {
        let mut transaction = self.tree.begin();
        let mut attempt = Attempt::make(&mut transaction, drafts, &self.model);
        let rival_committed = rival.is_some_and(|rival| self.shorthand(rival));
        // The conflict has not changed the transaction.
        assert_shows(&transaction, &attempt.model);
        if ending != Ending::Commit {
            drop(transaction);
            return self.assert_untouched();
        }
        let mut outcome = self.tree.commit(transaction);
        if rival_committed {
            let conflict = outcome.expect_err("another commit came first");
            assert!(!conflict.is_foreign());
            assert!(conflict.newer().ptr_eq(&self.newest));
            assert_shows(conflict.transaction(), &attempt.model);
            self.assert_untouched();
            let stale = conflict.into_transaction();
            let conflict = self.tree.commit(stale).expect_err("it is still stale");
            let mut transaction = conflict.restart();
            assert!(transaction.base().ptr_eq(&self.newest));
            assert_shows(&transaction, &self.model);
            attempt = Attempt::make(&mut transaction, drafts, &self.model);
            outcome = self.tree.commit(transaction);
            tally::mark("Commit", "conflict");
        }
        let committed = outcome.expect("no other commit");
        let version = self.newest.version() + attempt.commits();
        assert_eq!((committed.version, committed.attempts), (version, 1));
        self.model = attempt.model;
        self.assert_is_at(version);
    }

    /// A transaction of this tree can't be committed to another, even if the two are equal.
    pub fn commit_to(&self, other: &mut Self, drafts: &[Draft]) {
        let mut transaction = self.tree.begin();
        let attempt = Attempt::make(&mut transaction, drafts, &self.model);
        let conflict = other.tree.commit(transaction).unwrap_err();
        assert!(conflict.is_foreign());
        assert!(conflict.newer().ptr_eq(&other.newest));
        assert_shows(conflict.transaction(), &attempt.model);
        other.assert_untouched();
        tally::mark("Astray", "conflict");
    }
}

/// Commits one edit inside an update, where shorthands are refused.
fn commit_by_hand(tree: &ProviderTree, draft: &Draft, model: &Model) -> Attempt {
    let mut transaction = tree.begin();
    let attempt = Attempt::make(&mut transaction, slice::from_ref(draft), model);
    let committed = tree.commit(transaction).expect("no other commit");
    assert_eq!(committed.version, attempt.base + attempt.commits());
    attempt
}
