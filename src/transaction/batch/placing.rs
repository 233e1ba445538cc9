//! Puts subtrees into their places, tree by tree and top-down.
//!
//! Arrivals at an ancestor are placed first. So each subtree is placed once, and
//! renumbering the children of an ancestor never changes a path that was already used.

use std::{mem, vec};

use foldhash::HashMap;
use uuid::Uuid;

use super::arrivals::Siblings;
use super::subtree::Subtree;
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::edit::Editor;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::transaction::checks;

pub(super) struct Placing {
    arrivals: HashMap<Option<Uuid>, Siblings>,
    /// The remaining steps, the next one last.
    steps: Vec<Step>,
    /// New providers, to be attached together.
    #[expect(clippy::vec_box)]
    waiting: Vec<Box<Provider>>,
}

enum Step {
    /// Makes room below a parent.
    Open(Parent),
    /// Places the next subtree below a parent.
    Next(Next),
}

struct Next {
    above: Path,
    parent_waits: bool,
    ordinal: u32,
    siblings: vec::IntoIter<(Subtree, Place)>,
}

struct Parent {
    uuid: Option<Uuid>,
    /// Its path, if it is waiting itself: then the forest does not have it yet.
    waits_at: Option<Path>,
}

impl Placing {
    /// Starts with the parents that are in the forest, top-down.
    pub(super) fn new(
        arrivals: HashMap<Option<Uuid>, Siblings>,
        present: Vec<Option<Uuid>>,
    ) -> Self {
        let open = |uuid| {
            Step::Open(Parent {
                uuid,
                waits_at: None,
            })
        };
        Self {
            arrivals,
            steps: present.into_iter().rev().map(open).collect(),
            waiting: Vec::new(),
        }
    }

    pub(super) fn place_all(mut self, editor: &mut Editor) -> Result<(), Error> {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Open(parent) => self.open(editor, parent)?,
                Step::Next(next) => self.place(editor, next),
            }
        }
        editor.attach_all(self.waiting);
        Ok(())
    }

    /// Makes room for the arrivals at a parent, and places those that precede a sibling.
    fn open(&mut self, editor: &mut Editor, parent: Parent) -> Result<(), Error> {
        let Parent { uuid, waits_at } = parent;
        let parent_waits = waits_at.is_some();
        let above = match waits_at {
            Some(path) => path,
            None => editor.path_of(uuid)?,
        };
        let mut siblings = self.arrivals.remove(&uuid).unwrap_or_default();
        for (subtree, _) in &siblings {
            checks::levels(subtree.providers(), &above)?;
        }
        let mut ordinal = editor.reserve(&above, siblings.len())?;
        let is_between = |(_, place): &mut (Subtree, Place)| match place {
            Place::Before(next) => editor
                .get(*next)
                .is_some_and(|next| next.parent_uuid() == uuid),
            Place::Last => false,
        };
        let between: Siblings = siblings.extract_if(.., is_between).collect();
        let below: Vec<Uuid> = between
            .iter()
            .flat_map(|(subtree, _)| self.parents_in(subtree))
            .collect();
        if !between.is_empty() {
            place_between(editor, &above, between)?;
            ordinal = editor.next_ordinal(&above);
        }
        self.steps.push(Step::Next(Next {
            ordinal,
            above,
            parent_waits,
            siblings: siblings.into_iter(),
        }));
        self.open_later(below, None);
        Ok(())
    }

    /// Places the next subtree below a parent, after all children that it has.
    fn place(&mut self, editor: &mut Editor, mut next: Next) {
        let Some((subtree, _)) = next.siblings.next() else {
            return;
        };
        let path = next.above.child(next.ordinal);
        next.ordinal += 1;
        let parent_waits = next.parent_waits;
        self.steps.push(Step::Next(next));
        let below: Vec<Uuid> = self.parents_in(&subtree).collect();
        if subtree.is_new() {
            self.open_later(below, Some(&path));
            self.waiting.push(subtree.into_top(path));
        } else {
            if parent_waits {
                editor.attach_all(mem::take(&mut self.waiting));
            }
            self.open_later(below, None);
            subtree.put(editor, &path);
        }
    }

    /// The providers of a subtree that have arrivals, top-down.
    fn parents_in(&self, subtree: &Subtree) -> impl Iterator<Item = Uuid> {
        let uuids = subtree.providers().map(Provider::uuid);
        uuids.filter(|&uuid| self.arrivals.contains_key(&Some(uuid)))
    }

    fn open_later(&mut self, parents: Vec<Uuid>, waits_at: Option<&Path>) {
        let open = |uuid| {
            Step::Open(Parent {
                uuid: Some(uuid),
                waits_at: waits_at.cloned(),
            })
        };
        self.steps.extend(parents.into_iter().rev().map(open));
    }
}

/// Places subtrees before children of the provider at `above`.
fn place_between(editor: &mut Editor, above: &Path, subtrees: Siblings) -> Result<(), Error> {
    let next = |place| match place {
        Place::Before(next) => Some(next),
        Place::Last => None,
    };
    let mut waiting: HashMap<Uuid, usize> = HashMap::default();
    for next in subtrees.iter().filter_map(|(_, place)| next(*place)) {
        *waiting.entry(next).or_default() += 1;
    }
    for (subtree, place) in subtrees {
        let Some(next) = next(place) else { continue };
        let room = |uuid| waiting.get(&uuid).copied().unwrap_or(0);
        let path = editor.path_before(above, next, room)?;
        waiting.entry(next).and_modify(|count| *count -= 1);
        subtree.put(editor, &path);
    }
    Ok(())
}
