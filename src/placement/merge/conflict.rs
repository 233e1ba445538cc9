//! Changes of both sides that can't be merged.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::Policy;
use crate::placement::state::{ProviderState, Record};
use crate::provider::name::ResourceClass;
use crate::text::Escaped;

/// A provider that both sides changed in a way that can't be merged.
///
/// Prints as one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldConflict {
    /// The provider.
    pub uuid: Uuid,
    /// What is in conflict.
    pub kind: ConflictKind,
    /// The provider as both sides last agreed on it; `None` if it did not exist.
    pub base: Option<Arc<ProviderState>>,
    /// The provider as the tree has it.
    pub ours: Option<Arc<ProviderState>>,
    /// The provider as Placement has it.
    pub theirs: Option<Arc<ProviderState>>,
    /// Which side it was taken from, or that the merge stopped for it.
    pub outcome: Policy,
}

/// Why the changes of both sides can't be merged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConflictKind {
    /// One side removed the provider, the other changed it.
    Removed,
    /// Both changed its name.
    Name,
    /// Both moved it.
    Parent,
    /// Both changed its inventory of this class.
    Inventory(ResourceClass),
    /// It and another provider would have the same name, or the same text would find both.
    NameTaken {
        /// The other provider, which may be outside the scope of the merge.
        other: Uuid,
    },
    /// One side removed a provider, the other put a child below it. Both are reported.
    ParentRemoved {
        /// The provider that was removed, or one outside the scope that does not exist.
        parent: Uuid,
        /// The provider that would be its child.
        child: Uuid,
    },
    /// It would be its own ancestor.
    Cycle,
}

impl fmt::Display for FieldConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides = [
            ("base", &self.base),
            ("ours", &self.ours),
            ("theirs", &self.theirs),
        ];
        let named = [&self.ours, &self.theirs, &self.base];
        let name = named.into_iter().flatten().next();
        let name = name.map_or("", |provider| provider.name());
        write!(f, "{} ({}): {}:", Escaped(name), self.uuid, self.kind)?;
        for (at, (side, provider)) in sides.into_iter().enumerate() {
            let separator = if at == 0 { "" } else { "," };
            write!(f, "{separator} {side} ")?;
            match provider {
                None => f.write_str("none")?,
                Some(provider) => self.kind.write_value(f, provider)?,
            }
        }
        f.write_str(match self.outcome {
            Policy::Ours => "; ours taken",
            Policy::Theirs => "; theirs taken",
            Policy::Stop => "; left as it is on each side",
        })
    }
}

impl fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("removed on one side, changed on the other"),
            Self::Name => f.write_str("name"),
            Self::Parent => f.write_str("parent"),
            Self::Inventory(class) => class.fmt(f),
            Self::NameTaken { other } => write!(f, "name taken by {other}"),
            Self::ParentRemoved { parent, child } => {
                write!(f, "parent {parent} of {child} removed")
            }
            Self::Cycle => f.write_str("its own ancestor"),
        }
    }
}

impl ConflictKind {
    /// Writes a provider's value of the field in conflict.
    fn write_value(&self, f: &mut fmt::Formatter<'_>, provider: &ProviderState) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("there"),
            Self::Name | Self::NameTaken { .. } => write!(f, "`{}`", Escaped(provider.name())),
            Self::Parent | Self::ParentRemoved { .. } | Self::Cycle => {
                match provider.parent_uuid() {
                    Some(parent) => write!(f, "below {parent}"),
                    None => f.write_str("a root"),
                }
            }
            Self::Inventory(class) => match provider.inventory().get(class) {
                Some(record) => write!(f, "{}", Record(record)),
                None => f.write_str("none"),
            },
        }
    }
}
