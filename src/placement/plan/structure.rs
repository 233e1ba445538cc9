//! Which providers are created, renamed, moved and deleted, and in which order.
//!
//! The steps are found by making them on a copy of what the service has, top-down in the
//! target. A request waits while its name is taken, its parent is not there, or the parent's
//! ancestors have not all moved to where they stay: below those, no move makes a cycle. The
//! topmost move never waits for another, so only names can block all requests that are left.
//! Then whoever holds such a name makes way.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::{Request, Step, top_down};
use crate::placement::State;

pub(super) struct Structure<'a> {
    pub(super) from: &'a State,
    pub(super) to: &'a State,
    pub(super) steps: Vec<Step>,
    /// The steps that create providers.
    pub(super) created: HashMap<Uuid, usize>,
    /// What the service has after the steps.
    now: HashMap<Uuid, Node>,
    names: HashMap<String, Uuid>,
    /// The last steps that gave up a name.
    freed: HashMap<String, usize>,
    /// The last steps that named providers.
    named: HashMap<Uuid, usize>,
    /// The steps that moved providers.
    moved: HashMap<Uuid, usize>,
    /// The steps that took away children.
    bereft: HashMap<Uuid, Vec<usize>>,
}

#[derive(Default)]
struct Node {
    name: String,
    parent: Option<Uuid>,
    children: BTreeSet<Uuid>,
}

impl<'a> Structure<'a> {
    pub(super) fn new(from: &'a State, to: &'a State, steps: Vec<Step>) -> Self {
        let mut structure = Self {
            from,
            to,
            steps,
            created: HashMap::default(),
            now: HashMap::default(),
            names: HashMap::default(),
            freed: HashMap::default(),
            named: HashMap::default(),
            moved: HashMap::default(),
            bereft: HashMap::default(),
        };
        for (uuid, provider) in from.iter() {
            structure.now.insert(uuid, Node::default());
            structure.rename(uuid, &provider.name);
        }
        for (uuid, provider) in from.iter() {
            structure.relocate(uuid, provider.parent_uuid);
        }
        structure
    }

    /// Creates what is new, and renames and moves what has another name or parent.
    pub(super) fn create_and_move(&mut self) {
        let mut waiting = top_down(self.to);
        loop {
            let before = waiting.len();
            waiting.retain(|&uuid| !self.finish(uuid));
            if waiting.is_empty() {
                return;
            }
            let goes_on = waiting.len() < before
                || waiting.iter().any(|&uuid| self.begin(uuid))
                || self.make_way(&waiting);
            if !goes_on {
                break;
            }
        }
        // The target is no forest. That is for the service to say.
        for uuid in waiting {
            let Some(to) = self.to.get(uuid) else {
                continue;
            };
            if self.now.contains_key(&uuid) {
                self.update(uuid, &to.name, Some(to.parent_uuid));
            } else {
                self.create(uuid, &to.name, to.parent_uuid);
            }
        }
    }

    /// Deletes what is left and is not in the target.
    pub(super) fn delete_rest(&mut self) {
        for uuid in top_down(self.from).into_iter().rev() {
            if !self.to.contains(uuid) && self.now.contains_key(&uuid) {
                self.delete(uuid);
            }
        }
    }

    /// Makes a provider what it is to be with one request, if that can be now. Returns
    /// whether there is nothing left to do.
    fn finish(&mut self, uuid: Uuid) -> bool {
        let Some(to) = self.to.get(uuid) else {
            return true;
        };
        let is_free = self
            .names
            .get(&to.name)
            .is_none_or(|holder| *holder == uuid);
        match self.now.get(&uuid) {
            None => {
                let is_there = to.parent_uuid.is_none_or(|parent| {
                    self.now.contains_key(&parent) || !self.to.contains(parent)
                });
                if is_free && is_there {
                    self.create(uuid, &to.name, to.parent_uuid);
                }
                is_free && is_there
            }
            Some(now) => {
                let moves = now.parent != to.parent_uuid;
                let can = is_free && (!moves || self.is_settled(to.parent_uuid));
                if can && (moves || now.name != to.name) {
                    self.update(uuid, &to.name, moves.then_some(to.parent_uuid));
                }
                can
            }
        }
    }

    /// Moves a provider that can't get its name yet, or renames one that can't move yet.
    /// Returns whether it could.
    fn begin(&mut self, uuid: Uuid) -> bool {
        let (Some(to), Some(now)) = (self.to.get(uuid), self.now.get(&uuid)) else {
            return false;
        };
        if now.parent != to.parent_uuid && self.is_settled(to.parent_uuid) {
            let name = now.name.clone();
            self.update(uuid, &name, Some(to.parent_uuid));
            return true;
        }
        let renames = !self.names.contains_key(&to.name);
        if renames {
            self.update(uuid, &to.name, None);
        }
        renames
    }

    /// Frees a name that one of those waiting is to get. Returns whether it could.
    fn make_way(&mut self, waiting: &[Uuid]) -> bool {
        let names = waiting.iter().filter_map(|&uuid| {
            let holder = self.names.get(&self.to.get(uuid)?.name)?;
            (*holder != uuid).then_some(*holder)
        });
        let holders: Vec<Uuid> = names.collect();
        let goes = |uuid: &&Uuid| {
            self.tree(**uuid)
                .iter()
                .all(|uuid| !self.to.contains(*uuid))
        };
        if let Some(&holder) = holders.iter().find(goes) {
            for uuid in self.tree(holder).into_iter().rev() {
                self.delete(uuid);
            }
            return true;
        }
        let gives_up = |uuid: &&Uuid| {
            let to = self.to.get(**uuid);
            let now = self.now.get(*uuid);
            to.is_none_or(|to| now.is_some_and(|now| now.name != to.name))
        };
        let holder = holders.iter().find(gives_up).copied();
        if let Some(holder) = holder {
            let mut name = format!("provider-tree-renaming-{holder}");
            while self.names.contains_key(&name) {
                name.push('~');
            }
            self.update(holder, &name, None);
        }
        holder.is_some()
    }

    /// Whether a provider and all above it are where they stay.
    fn is_settled(&self, parent: Option<Uuid>) -> bool {
        let mut above = parent;
        for _ in 0..=self.now.len() {
            let Some(uuid) = above else {
                return true;
            };
            match (self.now.get(&uuid), self.to.get(uuid)) {
                (Some(now), Some(to)) if now.parent == to.parent_uuid => above = now.parent,
                (None, None) => return true,
                _ => return false,
            }
        }
        false
    }

    /// A provider and all below it, parents first.
    fn tree(&self, uuid: Uuid) -> Vec<Uuid> {
        let mut tree = Vec::new();
        let mut seen = HashSet::default();
        let mut waiting = vec![uuid];
        while let Some(uuid) = waiting.pop() {
            if seen.insert(uuid)
                && let Some(node) = self.now.get(&uuid)
            {
                tree.push(uuid);
                waiting.extend(&node.children);
            }
        }
        tree
    }

    fn create(&mut self, uuid: Uuid, name: &str, parent_uuid: Option<Uuid>) {
        let parent = parent_uuid.and_then(|parent| self.created.get(&parent));
        let after = [parent, self.freed.get(name)];
        let after = after.into_iter().flatten().copied().collect();
        let request = Request::Create {
            uuid,
            name: name.to_owned(),
            parent_uuid,
        };
        let step = self.push(request, after, "");
        self.created.insert(uuid, step);
        self.named.insert(uuid, step);
        self.now.insert(uuid, Node::default());
        self.rename(uuid, name);
        self.relocate(uuid, parent_uuid);
    }

    fn update(&mut self, uuid: Uuid, name: &str, parent_uuid: Option<Option<Uuid>>) {
        let Some(now) = self.now.get(&uuid) else {
            return;
        };
        let (old, old_parent) = (now.name.clone(), now.parent);
        let renames = old != name;
        let mut after = vec![
            self.named.get(&uuid).copied(),
            self.moved.get(&uuid).copied(),
        ];
        if renames {
            after.push(self.freed.get(name).copied());
        }
        if let Some(parent) = parent_uuid.flatten() {
            after.push(self.created.get(&parent).copied());
            after.push(self.last_move_above(parent));
        }
        let request = Request::Update {
            uuid,
            name: name.to_owned(),
            parent_uuid,
        };
        let after = after.into_iter().flatten().collect();
        let step = self.push(request, after, if renames { &old } else { "" });
        if renames {
            self.freed.insert(old, step);
            self.named.insert(uuid, step);
            self.rename(uuid, name);
        }
        if let Some(parent) = parent_uuid {
            self.moved.insert(uuid, step);
            let left = old_parent.into_iter();
            left.for_each(|parent| self.bereft.entry(parent).or_default().push(step));
            self.relocate(uuid, parent);
        }
    }

    fn delete(&mut self, uuid: Uuid) {
        let mut after = self.bereft.remove(&uuid).unwrap_or_default();
        after.extend(self.named.get(&uuid));
        let name = self
            .now
            .get(&uuid)
            .map_or_else(String::new, |now| now.name.clone());
        let step = self.push(Request::Delete { uuid }, after, &name);
        self.relocate(uuid, None);
        if let Some(parent) = self.from.get(uuid).and_then(|from| from.parent_uuid) {
            self.bereft.entry(parent).or_default().push(step);
        }
        self.names.remove(&name);
        self.freed.insert(name, step);
        self.now.remove(&uuid);
    }

    /// The step that moved the nearest provider at or above one: those above depend on
    /// it already.
    fn last_move_above(&self, uuid: Uuid) -> Option<usize> {
        let mut above = Some(uuid);
        for _ in 0..=self.now.len() {
            let uuid = above?;
            if let Some(&step) = self.moved.get(&uuid) {
                return Some(step);
            }
            above = self.now.get(&uuid)?.parent;
        }
        None
    }

    pub(super) fn push(&mut self, request: Request, mut after: Vec<usize>, about: &str) -> usize {
        after.sort_unstable();
        after.dedup();
        self.steps.push(Step {
            request,
            after,
            about: about.to_owned(),
        });
        self.steps.len() - 1
    }

    fn rename(&mut self, uuid: Uuid, name: &str) {
        if let Some(node) = self.now.get_mut(&uuid) {
            if self.names.get(&node.name) == Some(&uuid) {
                self.names.remove(&node.name);
            }
            node.name = name.to_owned();
            self.names.insert(name.to_owned(), uuid);
        }
    }

    fn relocate(&mut self, uuid: Uuid, parent: Option<Uuid>) {
        let old = self.now.get_mut(&uuid).and_then(|node| {
            let old = node.parent;
            node.parent = parent;
            old
        });
        if let Some(old) = old.and_then(|old| self.now.get_mut(&old)) {
            old.children.remove(&uuid);
        }
        if let Some(new) = parent.and_then(|new| self.now.get_mut(&new)) {
            new.children.insert(uuid);
        }
    }
}
