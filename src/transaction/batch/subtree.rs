//! A subtree in transit: the only code in batches that takes subtrees out of a forest and
//! puts them back.

use std::iter;

use crate::forest::edit::{Editor, Subtree as Detached};
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// A provider in its new state, and everything below it.
pub(super) struct Subtree {
    top: Box<Provider>,
    /// What was taken out of a forest, its old top first; `None` if the top is new.
    detached: Option<Detached>,
}

impl Subtree {
    /// A provider that is not in the forest, or has yet to be taken out of it.
    pub(super) fn new(top: Box<Provider>) -> Self {
        Self {
            top,
            detached: None,
        }
    }

    /// Takes the provider at a path, and everything below it, out of a forest.
    pub(super) fn take_out(&mut self, editor: &mut Editor, path: &Path) {
        self.top.head_mut().path = path.clone();
        self.detached = Some(editor.detach(path));
    }

    pub(super) fn top(&self) -> &Provider {
        &self.top
    }

    /// The provider and everything below it, top-down.
    pub(super) fn providers(&self) -> impl Iterator<Item = &Provider> {
        let detached = self.detached.iter().flat_map(Detached::providers);
        iter::once(&*self.top).chain(detached.skip(1))
    }

    pub(super) fn is_new(&self) -> bool {
        self.detached.is_none()
    }

    /// The provider alone, at a path: a new one has nothing below it.
    pub(super) fn into_top(mut self, path: Path) -> Box<Provider> {
        self.top.head_mut().path = path;
        self.top
    }

    /// Puts it at a free path.
    pub(super) fn put(self, editor: &mut Editor, to: &Path) {
        let subtree = match self.detached {
            None => (*self.top).into(),
            Some(detached) => detached.with_top(*self.top),
        };
        editor.attach(subtree, to);
    }
}
