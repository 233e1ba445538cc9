//! Reads providers: listings, and content in which all parts are of one generation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::agreed::Agreed;
use super::parallel;
use super::session::Session;
use crate::placement::client::{AtGeneration, Filter, Inventories, ListedProvider};
use crate::placement::error::Error;
use crate::placement::state::in_force;
use crate::placement::state::{ProviderState, Scope, State};
use crate::provider::name::Trait;

/// How many providers make it worth asking for the traits in use.
const MANY: usize = 64;
/// How many providers per trait make it worth listing providers by trait.
const PROVIDERS_PER_TRAIT: usize = 4;
/// How many reads of a provider's parts may pass before they agree on one generation.
const TURNS: usize = 24;

/// What Placement has, and how many providers were read for it.
pub(super) struct Reading {
    pub(super) theirs: State,
    pub(super) read: usize,
}

/// A provider's content at one generation.
pub(super) struct Content {
    generation: u64,
    inventory: Inventories,
    traits: BTreeSet<Trait>,
    aggregates: BTreeSet<Uuid>,
}

impl Session<'_> {
    /// Reads the scope. Unless `whole`, content seen before is kept for providers whose
    /// generation has not moved.
    pub(super) fn read_scope(
        &self,
        scope: &Scope,
        agreed: &Agreed,
        whole: bool,
    ) -> Result<Reading, Error> {
        let mut theirs = State::default();
        let mut changed = Vec::new();
        for (uuid, listed) in self.list(scope, &agreed.theirs)? {
            let seen = agreed.theirs.shared(uuid);
            match seen.filter(|seen| !whole && seen.generation == Some(listed.generation)) {
                Some(seen) => theirs.put(uuid, Some(listed.placed(seen))),
                None => changed.push(listed),
            }
        }
        let read = changed.len();
        self.read_all(scope, changed, &mut theirs)?;
        Ok(Reading { theirs, read })
    }

    /// Lists the scope, and known providers that have moved out of its trees.
    pub(super) fn list(
        &self,
        scope: &Scope,
        known: &State,
    ) -> Result<BTreeMap<Uuid, ListedProvider>, Error> {
        let roots = match scope {
            Scope::Forest => return Ok(by_uuid(self.list_once(&Filter::default())?)),
            Scope::Trees(roots) => roots,
        };
        let list = |uuid| self.list_once(&Filter::default().in_tree(uuid));
        let trees = parallel::try_map(self.connections(), roots.clone(), list)?;
        let mut listed = by_uuid(trees.into_iter().flatten());
        for uuid in known.uuids() {
            if !listed.contains_key(&uuid) {
                let tree = list(uuid)?.into_iter();
                listed.extend(by_uuid(tree.filter(|listed| known.contains(listed.uuid))));
            }
        }
        Ok(listed)
    }

    fn list_once(&self, filter: &Filter) -> Result<Vec<ListedProvider>, Error> {
        self.read(|client| client.list_providers(filter))
    }

    /// Reads the content of many providers into a state, leaving out those that are gone.
    fn read_all(
        &self,
        scope: &Scope,
        listed: Vec<ListedProvider>,
        into: &mut State,
    ) -> Result<(), Error> {
        let traits = self.traits_of(scope, &listed)?;
        let read = parallel::try_map(self.connections(), listed, |listed| {
            let traits = traits.get(&listed.uuid).cloned();
            let traits = traits.map(|traits| AtGeneration {
                generation: listed.generation,
                content: traits,
            });
            let content = self.read_content(listed.uuid, traits)?;
            let parent = listed.parent_provider_uuid;
            let provider = content.map(|content| content.of(&listed.name, parent));
            Ok((listed.uuid, provider))
        })?;
        for (uuid, provider) in read {
            into.put(uuid, provider);
        }
        Ok(())
    }

    /// The traits of listed providers, from one listing per trait, if there are few traits. A
    /// provider's are right if its generation is still the listed one afterwards. Those that
    /// the listings may not cover are left out.
    fn traits_of(
        &self,
        scope: &Scope,
        listed: &[ListedProvider],
    ) -> Result<BTreeMap<Uuid, BTreeSet<Trait>>, Error> {
        if listed.len() < MANY {
            return Ok(BTreeMap::new());
        }
        let in_use = self.read(|client| client.list_traits_in_use())?;
        if in_use.len() * PROVIDERS_PER_TRAIT > listed.len() {
            return Ok(BTreeMap::new());
        }
        let (filter, is_all) = match scope {
            Scope::Trees(roots) if roots.len() == 1 => (Filter::default().in_tree(roots[0]), false),
            _ => (Filter::default(), true),
        };
        let in_use = Vec::from_iter(in_use);
        let holders = parallel::try_map(self.connections(), in_use, |name| {
            let holders = self.list_once(&filter.clone().required(&name))?;
            Ok((name, holders))
        })?;
        // A provider of another tree is not among the holders, and a move leaves the generation
        // as it was: what counts is to be in this tree before and after.
        let after = match is_all {
            true => BTreeMap::new(),
            false => by_uuid(self.list_once(&filter)?),
        };
        let root_after = |uuid| after.get(&uuid).map(|after| after.root_provider_uuid);
        let covered = listed
            .iter()
            .filter(|listed| is_all || root_after(listed.uuid) == Some(listed.root_provider_uuid));
        let mut traits: BTreeMap<Uuid, BTreeSet<Trait>> = covered
            .map(|listed| (listed.uuid, BTreeSet::new()))
            .collect();
        for (name, holders) in holders {
            for holder in holders {
                if let Some(traits) = traits.get_mut(&holder.uuid) {
                    traits.insert(name.clone());
                }
            }
        }
        Ok(traits)
    }

    /// Reads the parts of a provider in turn until all are of one generation. `None` if it is
    /// gone.
    pub(super) fn read_content(
        &self,
        uuid: Uuid,
        mut traits: Option<AtGeneration<BTreeSet<Trait>>>,
    ) -> Result<Option<Content>, Error> {
        let mut inventory = None;
        let mut aggregates = None;
        for turn in 0..TURNS {
            let generation = match turn % 3 {
                0 => {
                    let Some(read) = self.find(|client| client.get_inventories(uuid))? else {
                        return Ok(None);
                    };
                    inventory.insert(read).generation
                }
                1 => {
                    let Some(read) = self.find(|client| client.get_aggregates(uuid))? else {
                        return Ok(None);
                    };
                    aggregates.insert(read).generation
                }
                _ => {
                    let Some(read) = self.find(|client| client.get_traits(uuid))? else {
                        return Ok(None);
                    };
                    traits.insert(read).generation
                }
            };
            inventory = inventory.filter(|part| part.generation == generation);
            aggregates = aggregates.filter(|part| part.generation == generation);
            traits = traits.filter(|part| part.generation == generation);
            match (inventory, aggregates, traits) {
                (Some(all), Some(its), Some(has)) => {
                    let records = all.content.into_iter();
                    return Ok(Some(Content {
                        generation,
                        inventory: records
                            .map(|(class, record)| (class, in_force(&record)))
                            .collect(),
                        traits: has.content,
                        aggregates: its.content,
                    }));
                }
                parts => (inventory, aggregates, traits) = parts,
            }
        }
        Err(Error::Unsettled { uuid })
    }
}

impl ListedProvider {
    /// A provider seen before, with the listed name and parent.
    fn placed(&self, seen: &Arc<ProviderState>) -> Arc<ProviderState> {
        let mut provider = Arc::clone(seen);
        if provider.name != self.name || provider.parent_uuid != self.parent_provider_uuid {
            let provider = Arc::make_mut(&mut provider);
            provider.name.clone_from(&self.name);
            provider.parent_uuid = self.parent_provider_uuid;
        }
        provider
    }
}

impl Content {
    /// The provider with this content.
    pub(super) fn of(self, name: &str, parent_uuid: Option<Uuid>) -> Arc<ProviderState> {
        let Self {
            generation,
            inventory,
            traits,
            aggregates,
        } = self;
        Arc::new(ProviderState {
            name: name.to_owned(),
            parent_uuid,
            generation: Some(generation),
            inventory,
            traits,
            aggregates,
        })
    }
}

fn by_uuid(listed: impl IntoIterator<Item = ListedProvider>) -> BTreeMap<Uuid, ListedProvider> {
    let listed = listed.into_iter();
    listed.map(|listed| (listed.uuid, listed)).collect()
}
