//! Which providers are created, renamed, moved and deleted, and in which order.
//!
//! The steps are found by applying them to a copy of what the service has, top-down in the
//! target. A request waits while its name is taken, its parent does not exist, or an ancestor
//! of its parent has yet to move: below ancestors in their final position, no move makes a
//! cycle. The topmost move never waits for another, so only names can block all requests that
//! are left. Then a provider that holds such a name gets a temporary one.

use foldhash::HashMap;
use uuid::Uuid;

use super::service::{Node, Service};
use super::{Call, Step, top_down};
use crate::placement::state::State;

pub(super) struct Structure<'a> {
    pub(super) from: &'a State,
    pub(super) to: &'a State,
    pub(super) steps: Vec<Step>,
    /// The steps that create providers.
    pub(super) created: HashMap<Uuid, usize>,
    now: Service,
    /// The provider that each name is for.
    wanted_by: HashMap<&'a str, Uuid>,
    /// The last step that freed each name.
    freed: HashMap<String, usize>,
    /// The last step that named each provider.
    named: HashMap<Uuid, usize>,
    /// The last step that moved each provider.
    moved: HashMap<Uuid, usize>,
    /// The steps that took children from each provider.
    departures: HashMap<Uuid, Vec<usize>>,
}

impl<'a> Structure<'a> {
    pub(super) fn new(from: &'a State, to: &'a State, steps: Vec<Step>) -> Self {
        Self {
            from,
            to,
            steps,
            created: HashMap::default(),
            now: Service::new(from),
            wanted_by: to.iter().map(|(uuid, to)| (&*to.name, uuid)).collect(),
            freed: HashMap::default(),
            named: HashMap::default(),
            moved: HashMap::default(),
            departures: HashMap::default(),
        }
    }

    /// Creates new providers, and renames and moves those whose name or parent differs.
    pub(super) fn create_and_move(&mut self) {
        let mut waiting = top_down(self.to);
        loop {
            let before = waiting.len();
            waiting.retain(|&uuid| !self.finish_line(uuid));
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
        // The target is no forest. The service will say so.
        for uuid in waiting {
            let Some(to) = self.to.get(uuid) else {
                continue;
            };
            if self.now.get(uuid).is_some() {
                self.update(uuid, &to.name, Some(to.parent_uuid));
            } else {
                self.create(uuid, &to.name, to.parent_uuid);
            }
        }
    }

    /// Deletes the remaining providers that the target does not have.
    pub(super) fn delete_rest(&mut self) {
        for uuid in top_down(self.from).into_iter().rev() {
            if !self.to.contains(uuid) {
                self.delete(uuid);
            }
        }
    }

    /// Finishes a provider, then the one that waits for its name, and so on. Returns whether
    /// the first is finished.
    fn finish_line(&mut self, uuid: Uuid) -> bool {
        let mut next = Some(uuid);
        while let Some(heir) = next {
            let old = self.now.get(heir).map(|now| now.name.clone());
            if !self.finish(heir) {
                return heir != uuid;
            }
            let freed = old.filter(|old| {
                let now = self.now.get(heir);
                now.is_some_and(|now| now.name != *old)
            });
            next = freed.and_then(|name| self.wanted_by.get(&*name).copied());
        }
        true
    }

    /// Makes a provider match the target with one request, if that is possible now. Returns
    /// whether it matches.
    fn finish(&mut self, uuid: Uuid) -> bool {
        let Some(to) = self.to.get(uuid) else {
            return true;
        };
        let holder = self.now.holder(&to.name);
        let is_free = holder.is_none_or(|holder| holder == uuid);
        match self.now.get(uuid) {
            None => {
                let is_there = to.parent_uuid.is_none_or(|parent| {
                    self.now.get(parent).is_some() || !self.to.contains(parent)
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
        let (Some(to), Some(now)) = (self.to.get(uuid), self.now.get(uuid)) else {
            return false;
        };
        if now.parent != to.parent_uuid && self.is_settled(to.parent_uuid) {
            let name = now.name.clone();
            self.update(uuid, &name, Some(to.parent_uuid));
            return true;
        }
        let renames = now.name != to.name && self.now.holder(&to.name).is_none();
        if renames {
            self.update(uuid, &to.name, None);
        }
        renames
    }

    /// Frees names that waiting providers are to get. Returns whether it freed any.
    fn make_way(&mut self, waiting: &[Uuid]) -> bool {
        self.delete_holders(waiting) || self.rename_holders(waiting)
    }

    /// Deletes holders of wanted names that the target does not have, with their descendants.
    fn delete_holders(&mut self, waiting: &[Uuid]) -> bool {
        let before = self.steps.len();
        for &uuid in waiting {
            if let Some(holder) = self.holder_for(uuid)
                && !self.to.contains(holder)
            {
                let tree = self.now.tree(holder);
                if tree.iter().all(|uuid| !self.to.contains(*uuid)) {
                    tree.into_iter().rev().for_each(|uuid| self.delete(uuid));
                }
            }
        }
        self.steps.len() > before
    }

    /// Gives temporary names to holders of wanted names, until a waiting provider still can't
    /// be finished.
    fn rename_holders(&mut self, waiting: &[Uuid]) -> bool {
        let before = self.steps.len();
        for &uuid in waiting {
            let Some(holder) = self.holder_for(uuid) else {
                continue;
            };
            let (now, to) = (self.now.get(holder), self.to.get(holder));
            if now.map(|now| &now.name) == to.map(|to| &to.name) {
                continue;
            }
            let mut name = format!("provider-tree-renaming-{holder}");
            while self.now.holder(&name).is_some() {
                name.push('~');
            }
            self.update(holder, &name, None);
            if !self.finish_line(uuid) {
                break;
            }
        }
        self.steps.len() > before
    }

    /// The other provider that holds the name this one is to get.
    fn holder_for(&self, uuid: Uuid) -> Option<Uuid> {
        let holder = self.now.holder(&self.to.get(uuid)?.name);
        holder.filter(|holder| *holder != uuid)
    }

    /// Whether a parent and all its ancestors are in their final position.
    fn is_settled(&self, parent: Option<Uuid>) -> bool {
        let Some(parent) = parent else {
            return true;
        };
        let stays = |(uuid, node): (Uuid, &Node)| {
            let to = self.to.get(uuid);
            to.is_some_and(|to| to.parent_uuid == node.parent)
        };
        let is_there = self.now.get(parent).is_some() || !self.to.contains(parent);
        is_there && self.now.upwards(parent).all(stays)
    }

    fn create(&mut self, uuid: Uuid, name: &str, parent_uuid: Option<Uuid>) {
        let parent = parent_uuid.and_then(|parent| self.created.get(&parent));
        let after = [parent, self.freed.get(name)];
        let after = after.into_iter().flatten().copied().collect();
        let request = Call::Create {
            uuid,
            name: name.to_owned(),
            parent_uuid,
        };
        let step = self.push(request, after, "");
        self.created.insert(uuid, step);
        self.named.insert(uuid, step);
        self.now.create(uuid, name, parent_uuid);
    }

    fn update(&mut self, uuid: Uuid, name: &str, parent_uuid: Option<Option<Uuid>>) {
        let Some(now) = self.now.get(uuid) else {
            return;
        };
        let (old, old_parent) = (now.name.clone(), now.parent);
        let renames = old != name;
        let mut after = Vec::from_iter(self.named.get(&uuid).copied());
        after.extend(self.moved.get(&uuid));
        if renames {
            after.extend(self.freed.get(name));
        }
        if let Some(parent) = parent_uuid.flatten() {
            after.extend(self.created.get(&parent));
            // Moves further up are already before that one.
            let mut upwards = self.now.upwards(parent);
            after.extend(upwards.find_map(|(uuid, _)| self.moved.get(&uuid)));
        }
        let request = Call::Update {
            uuid,
            name: name.to_owned(),
            parent_uuid,
        };
        let step = self.push(request, after, if renames { &old } else { "" });
        if renames {
            self.freed.insert(old, step);
            self.named.insert(uuid, step);
            self.now.rename(uuid, name);
        }
        if let Some(parent) = parent_uuid {
            self.moved.insert(uuid, step);
            self.note_departure(old_parent, step);
            self.now.relocate(uuid, parent);
        }
    }

    fn delete(&mut self, uuid: Uuid) {
        let Some((name, parent)) = self.now.remove(uuid) else {
            return;
        };
        let mut after = self.departures.remove(&uuid).unwrap_or_default();
        after.extend(self.named.get(&uuid));
        let step = self.push(Call::Delete { uuid }, after, &name);
        self.note_departure(parent, step);
        self.freed.insert(name, step);
    }

    fn note_departure(&mut self, parent: Option<Uuid>, step: usize) {
        if let Some(parent) = parent {
            self.departures.entry(parent).or_default().push(step);
        }
    }

    pub(super) fn push(&mut self, request: Call, mut after: Vec<usize>, about: &str) -> usize {
        after.sort_unstable();
        after.dedup();
        self.steps.push(Step {
            request,
            after,
            about: about.to_owned(),
        });
        self.steps.len() - 1
    }
}
