//! Records as providers, with repeated parts stored once.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashSet;
use uuid::Uuid;

use crate::error::Error;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::{Head, Name, Provider, Rest};
use crate::provider::record::ProviderRecord;

/// What the records of one call have in common, stored once.
#[derive(Default)]
pub(super) struct Interner {
    classes: HashSet<ResourceClass>,
    trait_names: HashSet<Trait>,
    traits: HashSet<Arc<[Trait]>>,
    aggregates: HashSet<Arc<[Uuid]>>,
}

impl Interner {
    /// The provider of a record, at no path yet.
    pub(super) fn provider(&mut self, record: &ProviderRecord) -> Result<Provider, Error> {
        let ProviderRecord {
            uuid,
            name,
            generation,
            parent_uuid,
            root_uuid: _,
            inventory,
            traits,
            aggregates,
            resources,
        } = record;
        let invalid = |reason| Error::InvalidRecord {
            uuid: *uuid,
            reason: Box::new(reason),
        };
        let name = Name::new(name).map_err(invalid)?;
        for (class, one) in inventory {
            one.check(class).map_err(invalid)?;
        }
        let inventory = inventory.iter().map(|(class, one)| {
            let class = match class.is_standard() {
                true => class.clone(),
                false => one_of(&mut self.classes, class),
            };
            (class, *one)
        });
        let rest = Rest {
            name,
            traits: one_slice_of(&mut self.traits, traits, |name| {
                one_of(&mut self.trait_names, name)
            }),
            aggregates: one_slice_of(&mut self.aggregates, aggregates, |uuid| *uuid),
            resources: match resources.is_empty() {
                true => Arc::default(),
                false => resources.iter().cloned().collect(),
            },
        };
        let mut head = Head::new(*uuid, rest);
        head.parent_uuid = *parent_uuid;
        head.generation = *generation;
        Ok(Provider::new(head, inventory))
    }
}

fn one_of<T: Clone + Eq + Hash>(seen: &mut HashSet<T>, item: &T) -> T {
    if let Some(first) = seen.get(item) {
        return first.clone();
    }
    seen.insert(item.clone());
    item.clone()
}

/// `intern` is called only if no other record has these items: most share them with some.
fn one_slice_of<T: Clone + Eq + Hash>(
    seen: &mut HashSet<Arc<[T]>>,
    items: &BTreeSet<T>,
    intern: impl FnMut(&T) -> T,
) -> Arc<[T]> {
    if items.is_empty() {
        return Arc::default();
    }
    let items: Vec<T> = items.iter().cloned().collect();
    if let Some(first) = seen.get(&*items) {
        return Arc::clone(first);
    }
    let items: Arc<[T]> = items.iter().map(intern).collect();
    seen.insert(Arc::clone(&items));
    items
}
