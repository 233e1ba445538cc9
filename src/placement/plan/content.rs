//! The steps for the providers' inventories, traits and aggregates.

use std::collections::BTreeMap;

use foldhash::HashMap;
use uuid::Uuid;

use super::structure::Structure;
use super::{Call, Inventories, Step, Vocabulary, top_down};
use crate::placement::state::{ProviderState, State};
use crate::provider::name::{ResourceClass, Trait};

/// The steps that create resource classes and traits.
#[derive(Default)]
pub(super) struct NewTerms {
    classes: HashMap<ResourceClass, usize>,
    traits: HashMap<Trait, usize>,
}

/// One part of a provider in two states, if it differs.
fn change<'a, T: PartialEq + Default>(
    (from, to): (Option<&'a ProviderState>, &'a ProviderState),
    field: impl Fn(&'a ProviderState) -> &'a T,
) -> Option<&'a T> {
    let to = field(to);
    let is_same = match from {
        Some(from) => field(from) == to,
        None => T::default() == *to,
    };
    (!is_same).then_some(to)
}

/// Whether a class or a trait must be created before it is used. Only custom ones can be
/// created.
pub(in crate::placement) fn is_custom(name: &str) -> bool {
    name.starts_with("CUSTOM_")
}

/// Creates the classes and traits that are used for the first time.
pub(super) fn create_terms(
    from: &State,
    to: &State,
    known: &Vocabulary,
    steps: &mut Vec<Step>,
) -> NewTerms {
    let mut known = known.clone();
    for (_, provider) in from.iter() {
        known.classes.extend(provider.inventory.keys().cloned());
        known.traits.extend(provider.traits.iter().cloned());
    }
    let mut new = Vocabulary::default();
    for (_, provider) in to.iter() {
        let classes = provider.inventory.keys();
        let classes = classes.filter(|class| is_custom(class.as_str()));
        let traits = provider.traits.iter();
        let traits = traits.filter(|name| is_custom(name.as_str()));
        new.classes.extend(
            classes
                .filter(|class| !known.classes.contains(*class))
                .cloned(),
        );
        new.traits
            .extend(traits.filter(|name| !known.traits.contains(*name)).cloned());
    }
    let mut push = |request| {
        steps.push(Step {
            request,
            after: Vec::new(),
            about: String::new(),
        });
        steps.len() - 1
    };
    let classes = new.classes.into_iter().map(|class| {
        let request = Call::CreateResourceClass {
            class: class.clone(),
        };
        (class, push(request))
    });
    let classes = classes.collect();
    let traits = new.traits.into_iter();
    let traits = traits.map(|name| (name.clone(), push(Call::CreateTrait { name })));
    NewTerms {
        classes,
        traits: traits.collect(),
    }
}

/// Sends what differs, one request of a provider after the other.
pub(super) fn put(inventories: Inventories, terms: &NewTerms, structure: &mut Structure<'_>) {
    let (from, to) = (structure.from, structure.to);
    let order = top_down(to);
    let providers = order.iter().filter_map(|&uuid| {
        let both = (from.get(uuid), to.get(uuid)?);
        Some((uuid, both))
    });
    // The last step of each provider, on which its next one depends.
    let mut last = structure.created.clone();
    if inventories == Inventories::Together {
        reshape(providers.clone(), terms, structure, &mut last);
    }
    for (uuid, both) in providers {
        let name = &both.1.name;
        let mut put = |request, mut after: Vec<usize>| {
            after.extend(last.get(&uuid));
            last.insert(uuid, structure.push(request, after, name));
        };
        if inventories == Inventories::Alone
            && let Some(inventory) = change(both, |one| &one.inventory)
        {
            let inventory = inventory.clone();
            let after = terms.of_classes(inventory.keys());
            put(Call::PutInventories { uuid, inventory }, after);
        }
        if let Some(traits) = change(both, |one| &one.traits) {
            let traits = traits.clone();
            let after = traits.iter().filter_map(|name| terms.traits.get(name));
            let after = after.copied().collect();
            put(Call::PutTraits { uuid, traits }, after);
        }
        if let Some(aggregates) = change(both, |one| &one.aggregates) {
            let aggregates = aggregates.clone();
            put(Call::PutAggregates { uuid, aggregates }, Vec::new());
        }
    }
}

/// Sends all inventories at once.
fn reshape<'a>(
    providers: impl Iterator<Item = (Uuid, (Option<&'a ProviderState>, &'a ProviderState))>,
    terms: &NewTerms,
    structure: &mut Structure<'_>,
    last: &mut HashMap<Uuid, usize>,
) {
    let mut inventories = BTreeMap::new();
    let mut names = Vec::new();
    for (uuid, both) in providers {
        if let Some(inventory) = change(both, |one| &one.inventory) {
            inventories.insert(uuid, inventory.clone());
            names.push(both.1.name.as_str());
        }
    }
    let uuids: Vec<Uuid> = inventories.keys().copied().collect();
    let mut after = terms.of_classes(inventories.values().flat_map(BTreeMap::keys));
    after.extend(uuids.iter().filter_map(|uuid| last.get(uuid)));
    let request = match inventories.len() {
        0 => return,
        1 => {
            let one = inventories.pop_first();
            let Some((uuid, inventory)) = one else { return };
            Call::PutInventories { uuid, inventory }
        }
        _ => Call::Reshape { inventories },
    };
    let step = structure.push(request, after, &names.join(", "));
    last.extend(uuids.into_iter().map(|uuid| (uuid, step)));
}

impl NewTerms {
    fn of_classes<'a>(&self, classes: impl Iterator<Item = &'a ResourceClass>) -> Vec<usize> {
        classes
            .filter_map(|class| self.classes.get(class))
            .copied()
            .collect()
    }
}
