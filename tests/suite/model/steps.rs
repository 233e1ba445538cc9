//! Sequences of steps on several trees, forked from one another.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use provider_tree::Snapshot;

use super::branch::{Branch, Ending};
use super::check::{assert_agrees, assert_shows};
use super::edit::Key;
use super::forest::Model;
use super::pool::key;
use super::question::{Question, question};
use super::records::{Draft, draft};
use super::tally;

/// The most trees that exist at a time.
const BRANCHES: usize = 3;

/// One step on the tree of a number, which wraps around.
#[derive(Clone, Debug)]
pub struct Step {
    on: usize,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Shorthand(Draft),
    Update(Vec<Draft>, Ending, Option<Draft>),
    Begin(Vec<Draft>, Ending, Option<Draft>),
    Astray(Vec<Draft>),
    Fork,
    Subtree(Key),
    Keep,
    Ask(Vec<(Question, usize)>),
}

pub struct World {
    branches: Vec<Branch>,
    kept: Vec<(Snapshot, u64, Model)>,
}

impl World {
    pub fn new() -> Self {
        Self {
            branches: vec![Branch::new(Snapshot::default(), Model::default())],
            kept: Vec::new(),
        }
    }

    pub fn take(&mut self, step: &Step) {
        let on = step.on % self.branches.len();
        let branch = &mut self.branches[on];
        match &step.action {
            Action::Shorthand(draft) => {
                branch.shorthand(draft);
            }
            Action::Update(drafts, ending, rival) => {
                branch.update(drafts, *ending, rival.as_ref());
            }
            Action::Begin(drafts, ending, rival) => {
                branch.begin(drafts, *ending, rival.as_ref());
            }
            Action::Astray(drafts) => self.commit_astray(on, drafts),
            Action::Fork => {
                let fork = Branch::new(branch.tree.snapshot(), branch.model.clone());
                self.add(fork);
            }
            Action::Subtree(key) => self.fork_subtree(on, key),
            Action::Keep => {
                let kept = branch.tree.snapshot();
                let version = kept.version();
                self.kept.push((kept, version, branch.model.clone()));
            }
            Action::Ask(questions) => {
                let snapshot = branch.tree.snapshot();
                for (question, choice) in questions {
                    let known = question.known(&branch.model, *choice);
                    for question in [question, &known] {
                        let answer = question.ask(&snapshot, &branch.model);
                        tally::note(&tally::kind(question), &answer);
                    }
                }
            }
        }
        for (at, branch) in self.branches.iter_mut().enumerate() {
            if at != on {
                branch.assert_untouched();
            }
        }
    }

    /// Replaces the newest tree if there are too many.
    fn add(&mut self, branch: Branch) {
        self.branches.truncate(BRANCHES - 1);
        self.branches.push(branch);
    }

    fn commit_astray(&mut self, on: usize, drafts: &[Draft]) {
        let next = (on + 1) % self.branches.len();
        if let Ok([branch, other]) = self.branches.get_disjoint_mut([on, next]) {
            branch.commit_to(other, drafts);
        }
    }

    fn fork_subtree(&mut self, on: usize, key: &Key) {
        let branch = &self.branches[on];
        let given = branch.tree.snapshot().subtree(key);
        let expected = branch.model.subtree(key);
        match (given, expected) {
            (Ok(subtree), Ok(model)) => {
                assert_eq!(subtree.version(), 0);
                tally::mark("Subtree", "Tree");
                self.add(Branch::new(subtree, model));
            }
            (given, expected) => {
                let refused = given.map(drop);
                assert_agrees(&refused, &expected.map(drop), key);
                tally::note("Subtree", &refused);
            }
        }
    }

    /// Every kept snapshot is unchanged by later steps.
    pub fn finish(&self) {
        for (kept, version, model) in &self.kept {
            assert_eq!(kept.version(), *version);
            assert_shows(kept, model);
            for branch in &self.branches {
                let same = model.walk() == branch.model.walk();
                assert_eq!(*kept == branch.tree.snapshot(), same);
            }
        }
        for branch in &self.branches {
            assert_shows(&branch.tree.snapshot(), &branch.model);
        }
    }
}

pub fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let drafts = || vec(draft(), 0..5);
    let ending = prop_oneof![
        6 => Just(Ending::Commit),
        1 => Just(Ending::Abort),
        1 => Just(Ending::Panic),
    ];
    let rival = || option::weighted(0.4, draft());
    let action = prop_oneof![
        12 => draft().prop_map(Action::Shorthand),
        6 => (drafts(), ending.clone(), rival())
            .prop_map(|(drafts, ending, rival)| Action::Update(drafts, ending, rival)),
        4 => (drafts(), ending, rival())
            .prop_map(|(drafts, ending, rival)| Action::Begin(drafts, ending, rival)),
        1 => drafts().prop_map(Action::Astray),
        2 => Just(Action::Fork),
        1 => key().prop_map(Action::Subtree),
        2 => Just(Action::Keep),
        6 => vec((question(), 0..64_usize), 1..5).prop_map(Action::Ask),
    ];
    let step = (0..BRANCHES, action).prop_map(|(on, action)| Step { on, action });
    vec(step, 0..=count)
}
