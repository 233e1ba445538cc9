//! A provider on its way to where it belongs, with all that is below it: the one place where
//! batches take subtrees out of a forest and put them back.

use std::iter;

use crate::forest::edit::Editor;
use crate::forest::edit::Subtree as Detached;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// A provider as it will be, and what is below it.
pub(super) struct Subtree {
    top: Box<Provider>,
    /// What has been taken out of a forest, the old top first; nothing if the top is new.
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

    /// Takes the provider as it is, at its path, and all below it out of a forest.
    pub(super) fn take_out(&mut self, editor: &mut Editor, path: &Path) {
        self.top.head_mut().path = path.clone();
        self.detached = Some(editor.detach(path));
    }

    pub(super) fn top(&self) -> &Provider {
        &self.top
    }

    /// Itself and all below it, top-down.
    pub(super) fn providers(&self) -> impl Iterator<Item = &Provider> {
        let detached = self.detached.iter().flat_map(Detached::providers);
        iter::once(&*self.top).chain(detached.skip(1))
    }

    pub(super) fn is_new(&self) -> bool {
        self.detached.is_none()
    }

    /// The top at a path. What is below it is left out: there is nothing if it is new.
    pub(super) fn into_top(mut self, path: Path) -> Provider {
        self.top.head_mut().path = path;
        *self.top
    }

    /// Puts it at a path, where nothing is.
    pub(super) fn put(self, editor: &mut Editor, to: &Path) {
        let subtree = match self.detached {
            None => (*self.top).into(),
            Some(detached) => detached.with_top(*self.top),
        };
        editor.attach(subtree, to);
    }
}
