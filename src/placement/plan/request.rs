//! One request, as data and as a line of text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use crate::placement::state::Record;
use crate::provider::inventory::Inventory;
use crate::provider::name::{ResourceClass, Trait};
use crate::text::Escaped;

/// A request of a [`Plan`](super::Plan).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// What to send.
    pub request: Call,
    /// The positions of the steps that must succeed first, all of them earlier.
    pub after: Vec<usize>,
    /// The provider's name, for readers of the plan: the old one if it is renamed, empty if
    /// the request itself has it.
    pub about: String,
}

/// A request that changes something in Placement.
///
/// It has no generation: the sender adds the newest one that it knows. Prints as one line:
/// method, path and the body's content.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Call {
    /// `PUT /resource_classes/{class}`
    CreateResourceClass {
        /// The class.
        class: ResourceClass,
    },
    /// `PUT /traits/{name}`
    CreateTrait {
        /// The trait.
        name: Trait,
    },
    /// `POST /resource_providers`
    Create {
        /// The provider.
        uuid: Uuid,
        /// Its name.
        name: String,
        /// Its parent; `None` for a root.
        parent_uuid: Option<Uuid>,
    },
    /// `PUT /resource_providers/{uuid}`
    Update {
        /// The provider.
        uuid: Uuid,
        /// Its name, which the API asks for even if it stays.
        name: String,
        /// Its new parent, `Some(None)` to make it a root; `None` leaves it where it is.
        parent_uuid: Option<Option<Uuid>>,
    },
    /// `PUT /resource_providers/{uuid}/inventories`
    PutInventories {
        /// The provider.
        uuid: Uuid,
        /// All of its inventory, every field given.
        inventory: BTreeMap<ResourceClass, Inventory>,
    },
    /// `PUT /resource_providers/{uuid}/traits`
    PutTraits {
        /// The provider.
        uuid: Uuid,
        /// All of its traits.
        traits: BTreeSet<Trait>,
    },
    /// `PUT /resource_providers/{uuid}/aggregates`
    PutAggregates {
        /// The provider.
        uuid: Uuid,
        /// All of its aggregates.
        aggregates: BTreeSet<Uuid>,
    },
    /// `POST /reshaper`, without allocations
    Reshape {
        /// All of the inventory of some providers, every field given.
        inventories: BTreeMap<Uuid, BTreeMap<ResourceClass, Inventory>>,
    },
    /// `DELETE /resource_providers/{uuid}`
    Delete {
        /// The provider.
        uuid: Uuid,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)?;
        if self.about.is_empty() {
            return Ok(());
        }
        write!(f, "  # {}", Escaped(&self.about))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateResourceClass { class } => write!(f, "PUT /resource_classes/{class}"),
            Self::CreateTrait { name } => write!(f, "PUT /traits/{name}"),
            Self::Create {
                uuid,
                name,
                parent_uuid,
            } => {
                let name = Escaped(name);
                write!(f, "POST /resource_providers uuid={uuid} name=`{name}`")?;
                parent_uuid.map_or(Ok(()), |parent| write!(f, " parent={parent}"))
            }
            Self::Update {
                uuid,
                name,
                parent_uuid,
            } => {
                write!(f, "PUT /resource_providers/{uuid} name=`{}`", Escaped(name))?;
                match parent_uuid {
                    None => Ok(()),
                    Some(None) => f.write_str(" parent=none"),
                    Some(Some(parent)) => write!(f, " parent={parent}"),
                }
            }
            Self::PutInventories { uuid, inventory } => {
                write!(f, "PUT /resource_providers/{uuid}/inventories ")?;
                write_list(f, inventory, ", ", write_record)
            }
            Self::PutTraits { uuid, traits } => {
                write!(f, "PUT /resource_providers/{uuid}/traits ")?;
                write_list(f, traits, ", ", |f, name| write!(f, "{name}"))
            }
            Self::PutAggregates { uuid, aggregates } => {
                write!(f, "PUT /resource_providers/{uuid}/aggregates ")?;
                write_list(f, aggregates, ", ", |f, uuid| write!(f, "{uuid}"))
            }
            Self::Reshape { inventories } => {
                f.write_str("POST /reshaper ")?;
                write_list(f, inventories, "; ", |f, (uuid, inventory)| {
                    write!(f, "{uuid} ")?;
                    write_list(f, inventory, ", ", write_record)
                })
            }
            Self::Delete { uuid } => write!(f, "DELETE /resource_providers/{uuid}"),
        }
    }
}

fn write_record(
    f: &mut fmt::Formatter<'_>,
    (class, record): (&ResourceClass, &Inventory),
) -> fmt::Result {
    write!(f, "{class}: {}", Record(record))
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    separator: &str,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return f.write_str("none");
    }
    while let Some(item) = items.next() {
        write(f, item)?;
        if items.peek().is_some() {
            f.write_str(separator)?;
        }
    }
    Ok(())
}
