//! What a subscriber sees of a version.

use std::fmt;
use std::sync::OnceLock;

use uuid::Uuid;

use crate::forest::diff::LoneTree;
use crate::forest::forest::Forest;
use crate::snapshot::Snapshot;

/// What a subscriber sees of a version: the whole forest, or the tree that it follows.
#[derive(Clone)]
pub(super) enum View {
    Forest(Snapshot),
    /// Keeps only the tree: a whole version would keep alive what commits have replaced
    /// elsewhere.
    Tree {
        version: u64,
        /// `None` once the provider has been removed.
        tree: Option<LoneTree>,
        /// A forest of only this tree, made on demand.
        forest: OnceLock<Snapshot>,
    },
}

impl View {
    /// What a subscriber that follows this provider, if any, sees of a version.
    pub(super) fn of(snapshot: &Snapshot, follows: Option<Uuid>) -> Self {
        match follows {
            None => Self::Forest(snapshot.clone()),
            Some(uuid) => Self::Tree {
                version: snapshot.version(),
                tree: snapshot.lone_tree(uuid),
                forest: OnceLock::new(),
            },
        }
    }

    pub(super) fn version(&self) -> u64 {
        match self {
            Self::Forest(snapshot) => snapshot.version(),
            Self::Tree { version, .. } => *version,
        }
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        match self {
            Self::Forest(snapshot) => snapshot,
            Self::Tree {
                version,
                tree,
                forest,
            } => forest.get_or_init(|| {
                let tree = tree.as_ref();
                let forest = tree.map_or_else(Forest::new, LoneTree::to_forest);
                Snapshot::new(*version, forest)
            }),
        }
    }

    /// The root of the followed tree.
    pub(super) fn root(&self) -> Option<Uuid> {
        self.tree().map(LoneTree::root)
    }

    /// Whether the followed provider has been removed.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Tree { tree: None, .. })
    }

    /// Whether both show the same tree. Whole forests are not compared.
    pub(super) fn has_tree_of(&self, other: &Self) -> bool {
        self.tree().is_some() && self.tree() == other.tree()
    }

    fn tree(&self) -> Option<&LoneTree> {
        match self {
            Self::Forest(_) => None,
            Self::Tree { tree, .. } => tree.as_ref(),
        }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}
