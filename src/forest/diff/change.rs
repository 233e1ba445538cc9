//! How one provider changed between two versions.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::{Parts, Provider};
use crate::provider::resource::Resource;
use crate::text::Escaped;

/// How one provider changed between two states of the forest. Returned by
/// [`Forest::diff`](crate::Forest::diff), for
/// [`Transaction::apply`](crate::Transaction::apply) and for code that keeps a copy of the
/// forest elsewhere.
///
/// It prints as one line: `+ name (UUID)`, `- name (UUID)`, or `~ name (UUID):` and what
/// changed.
///
/// With the feature `serde` it is written as `{"added": {"provider": ..., "place": ...}}`,
/// and likewise `removed` and `updated`. A [`Provider`] is written as usual, a [`Place`] as
/// `"last"` or `{"before": UUID}`. The tag is outermost, so an enum of yours can read it
/// from any format without buffering.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(
    clippy::large_enum_variant,
    reason = "updates, the largest, are most of them"
)]
pub enum Change {
    /// The provider is new.
    #[non_exhaustive]
    Added {
        /// The new provider.
        provider: Provider,
        /// Its place among its siblings.
        place: Place,
    },
    /// The provider was removed.
    #[non_exhaustive]
    Removed {
        /// The provider as it was.
        provider: Provider,
    },
    /// The provider's content or its place changed.
    #[non_exhaustive]
    Updated {
        /// The provider as it was before.
        before: Provider,
        /// The provider as it is after.
        after: Provider,
        /// Its new place among its siblings, with everything below it: `Some` if it has a new
        /// parent or moved past a sibling.
        place: Option<Place>,
    },
}

/// The place of a provider among the children of its parent, or among the roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Place {
    /// After all others.
    Last,
    /// Right before this sibling.
    Before(Uuid),
}

/// What an update changed in one provider. Returned by [`Change::differences`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Differences {
    /// Whether its name changed.
    pub name: bool,
    /// Whether its parent changed.
    pub parent: bool,
    /// Whether it moved among its siblings, or to a new parent.
    pub place: bool,
    /// Whether its generation changed.
    pub generation: bool,
    /// The classes whose inventory was added, removed or changed, sorted.
    pub inventory: Vec<ResourceClass>,
    /// The traits that were added or removed, sorted.
    pub traits: Vec<Trait>,
    /// The aggregates that it joined or left, sorted.
    pub aggregates: Vec<Uuid>,
    /// The resources that were added or removed, sorted.
    pub resources: Vec<Resource>,
}

impl Change {
    /// The UUID of the changed provider. Cost: O(1).
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.provider().uuid()
    }

    /// The provider as it is now, or as it was if it was removed. Cost: O(1).
    #[must_use]
    pub fn provider(&self) -> &Provider {
        match self {
            Self::Added { provider, .. } | Self::Removed { provider } => provider,
            Self::Updated { after, .. } => after,
        }
    }

    /// What an update changed; `None` for an addition or a removal.
    ///
    /// Cost: O(k) for k inventory classes, traits, aggregates and resources.
    #[must_use]
    pub fn differences(&self) -> Option<Differences> {
        let Self::Updated {
            before,
            after,
            place,
        } = self
        else {
            return None;
        };
        let Parts {
            uuid: _,
            name,
            generation,
            parent_uuid,
            inventory,
            traits,
            aggregates,
            resources,
        } = before.parts();
        let classes: BTreeSet<_> = [inventory, after.inventory()]
            .into_iter()
            .flat_map(|records| records.iter().map(|(class, _)| class))
            .filter(|class| before.inventory_of(class) != after.inventory_of(class))
            .collect();
        Some(Differences {
            name: name != after.name(),
            parent: parent_uuid != after.parent_uuid(),
            place: place.is_some(),
            generation: generation != after.generation(),
            inventory: classes.into_iter().cloned().collect(),
            traits: on_one_side(traits, after.traits()),
            aggregates: on_one_side(aggregates, after.aggregates()),
            resources: on_one_side(resources, after.resources()),
        })
    }
}

fn on_one_side<T: Clone + Ord>(before: &[T], after: &[T]) -> Vec<T> {
    let [before, after] = [before, after].map(|all| all.iter().collect::<BTreeSet<_>>());
    before
        .symmetric_difference(&after)
        .copied()
        .cloned()
        .collect()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self {
            Self::Added { .. } => '+',
            Self::Removed { .. } => '-',
            Self::Updated { .. } => '~',
        };
        write!(
            f,
            "{sign} {} ({})",
            Escaped(self.provider().name()),
            self.uuid()
        )?;
        let Self::Updated {
            before,
            after,
            place,
        } = self
        else {
            return Ok(());
        };
        f.write_str(":")?;
        if before.name() != after.name() {
            write!(f, " was {}", Escaped(before.name()))?;
        }
        match (after.parent_uuid(), place) {
            (Some(parent), _) if before.parent_uuid() != Some(parent) => {
                write!(f, " parent={parent}")?;
            }
            (None, _) if before.parent_uuid().is_some() => f.write_str(" now a root")?,
            (_, Some(Place::Last)) => f.write_str(" now the last of its siblings")?,
            (_, Some(Place::Before(next))) => write!(f, " now before {next}")?,
            (_, None) => {}
        }
        let differences = self.differences().unwrap_or_default();
        differences.print(f, after)
    }
}

impl Differences {
    /// Prints what the provider has or has lost, except its name and place.
    fn print(&self, f: &mut fmt::Formatter<'_>, after: &Provider) -> fmt::Result {
        let Self {
            name: _,
            parent: _,
            place: _,
            generation,
            inventory,
            traits,
            aggregates,
            resources,
        } = self;
        match after.generation() {
            Some(new) if *generation => write!(f, " generation={new}")?,
            None if *generation => f.write_str(" no generation")?,
            _ => {}
        }
        for class in inventory {
            match after.inventory_of(class) {
                Some(inventory) => write!(f, " {class}={}", inventory.total)?,
                None => write!(f, " -{class}")?,
            }
        }
        for name in traits {
            write!(f, " {}{name}", sign(after.has_trait(name.as_str())))?;
        }
        for aggregate in aggregates {
            let sign = sign(after.in_aggregate(*aggregate));
            write!(f, " {sign}aggregate {aggregate}")?;
        }
        for resource in resources {
            let sign = sign(after.resources().contains(resource));
            let identifier = Escaped(&resource.identifier);
            write!(f, " {sign}{} {identifier}", resource.class)?;
        }
        Ok(())
    }
}

/// Whether the provider has something now, rather than before.
fn sign(has: bool) -> char {
    if has { '+' } else { '-' }
}
