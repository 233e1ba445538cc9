//! Many providers at once: everything is checked before anything changes.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet};
use uuid::Uuid;

use super::Transaction;
use super::structure::{check_levels, place_of};
use crate::forest::walk::Providers;
use crate::path::{MAX_SIBLINGS, Path};
use crate::provider::checked_name;
use crate::{Error, Forest, Provider, ProviderRecord, ResourceClass, Trait, inventory};

impl Transaction {
    /// Adds and replaces providers, all of them or none.
    ///
    /// A provider that is new is added, after its siblings; one that is there
    /// is replaced whole: its name, parent, generation, inventory, traits,
    /// aggregates and resources become those of the record. Descendants of a
    /// given provider that are not given themselves are removed; other trees
    /// stay as they are. The order of the records does not matter, but new
    /// siblings stand in theirs. A provider that keeps its parent keeps its
    /// place. No records are no change.
    ///
    /// Cost: O((k + d) log n) for k records of which d providers come or go,
    /// and one write for each that changes.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateProvider`]; [`Error::MissingParents`] with all parents
    /// that are neither given nor left; [`Error::Cycle`]; [`Error::TooDeep`];
    /// [`Error::RootMismatch`]; [`Error::InvalidRecord`] for an invalid name or
    /// inventory; or a name or UUID that is taken, as for
    /// [`new_root`](Self::new_root).
    pub fn populate(
        &mut self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<(), Error> {
        let records: Vec<_> = records.into_iter().collect();
        let mut plan = Plan::new(&self.forest, records.iter().map(Borrow::borrow))?;
        plan.check_names(&self.forest)?;
        plan.reserve(&mut self.forest)?;
        plan.apply(self)
    }
}

/// What a `populate` does to a forest.
struct Plan {
    /// The given providers as they will be, but for their paths. Parents come
    /// first, then siblings that keep their parent, in their present order.
    given: Vec<Given>,
    by_uuid: HashMap<Uuid, usize>,
    /// Providers that are below a given one and not given.
    dropped: HashSet<Uuid>,
}

struct Given {
    provider: Provider,
    /// Whether its path stays: neither it nor any ancestor moves.
    in_place: bool,
}

impl Plan {
    fn new<'r>(
        forest: &Forest,
        records: impl Iterator<Item = &'r ProviderRecord>,
    ) -> Result<Self, Error> {
        let mut shared = Shared::default();
        let mut by_uuid = HashMap::new();
        let mut given = Vec::new();
        let mut roots = Vec::new();
        for record in records {
            if by_uuid.insert(record.uuid, given.len()).is_some() {
                return Err(Error::DuplicateProvider { uuid: record.uuid });
            }
            given.push(shared.provider(record)?);
            roots.push(record.root_uuid);
        }
        let dropped = dropped(forest, &by_uuid);
        check_parents(forest, &given, &by_uuid, &dropped)?;
        let order = parents_first(forest, &given, &by_uuid)?;
        let plan = Self::in_order(forest, given, order, dropped)?;
        for (uuid, root) in by_uuid.keys().map(|uuid| (*uuid, roots[by_uuid[uuid]])) {
            plan.check_root(forest, uuid, root)?;
        }
        Ok(plan)
    }

    /// Puts the given providers in order, parents first, and finds which of
    /// them keep their place.
    fn in_order(
        forest: &Forest,
        given: Vec<Provider>,
        order: Vec<usize>,
        dropped: HashSet<Uuid>,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            given: Vec::with_capacity(order.len()),
            by_uuid: HashMap::with_capacity(order.len()),
            dropped,
        };
        let mut levels = Vec::with_capacity(order.len());
        let mut given: Vec<Option<Provider>> = given.into_iter().map(Some).collect();
        for provider in order.into_iter().filter_map(|at| given[at].take()) {
            let parent = provider.parent_uuid.map(|uuid| plan.by_uuid.get(&uuid));
            let (level, above_in_place) = match parent {
                Some(Some(&parent)) => (levels[parent] + 1, plan.given[parent].in_place),
                _ => {
                    let above = place_of(forest, provider.parent_uuid)?;
                    (above.levels() + 1, true)
                }
            };
            check_levels(provider.uuid(), level)?;
            levels.push(level);
            plan.by_uuid.insert(provider.uuid(), plan.given.len());
            plan.given.push(Given {
                in_place: above_in_place && keeps_parent(forest, &provider),
                provider,
            });
        }
        Ok(plan)
    }

    fn check_root(&self, forest: &Forest, uuid: Uuid, given: Option<Uuid>) -> Result<(), Error> {
        let Some(given) = given else { return Ok(()) };
        let mut actual = uuid;
        while let Some(&at) = self.by_uuid.get(&actual) {
            match self.given[at].provider.parent_uuid {
                Some(parent) => actual = parent,
                None => break,
            }
        }
        if !self.by_uuid.contains_key(&actual) {
            actual = forest.root_of(actual)?.uuid();
        }
        if actual == given {
            Ok(())
        } else {
            Err(Error::RootMismatch {
                uuid,
                given,
                actual,
            })
        }
    }

    /// Checks that names and UUIDs stay one namespace in which each text finds
    /// one provider at most.
    fn check_names(&self, forest: &Forest) -> Result<(), Error> {
        // Providers that stay as they are; the names of others are given up.
        let stays = |uuid: &Uuid| !self.by_uuid.contains_key(uuid) && !self.dropped.contains(uuid);
        let mut names = HashMap::with_capacity(self.given.len());
        let mut spelled = HashMap::new();
        for Given { provider, .. } in &self.given {
            let uuid = provider.uuid();
            let spells = Uuid::try_parse(provider.name())
                .ok()
                .filter(|&spells| spells != uuid);
            let taken = names
                .insert(provider.name(), uuid)
                .or_else(|| spelled.insert(spells?, uuid))
                .or_else(|| forest.holder_of_name(provider.name()).filter(stays));
            if let Some(holder) = taken {
                return Err(Error::NameTaken {
                    name: provider.name().to_owned(),
                    uuid: holder,
                });
            }
            if let Some(spells) = spells
                && (self.by_uuid.contains_key(&spells)
                    || forest.get(spells).is_some() && stays(&spells))
            {
                return Err(Error::NameIsUuid {
                    name: provider.name().to_owned(),
                    uuid: spells,
                });
            }
            if let Some(named) = forest.named_as(uuid).filter(stays) {
                return Err(Error::UuidIsName { uuid, named });
            }
        }
        Ok(())
    }

    /// Makes sure that each parent can get its new children.
    fn reserve(&self, forest: &mut Forest) -> Result<(), Error> {
        let mut arriving: HashMap<Option<Uuid>, usize> = HashMap::new();
        for Given { provider, in_place } in &self.given {
            *arriving.entry(provider.parent_uuid).or_default() += usize::from(!in_place);
        }
        for (parent, count) in arriving {
            let stays = parent.is_none_or(|uuid| match self.by_uuid.get(&uuid) {
                Some(&at) => self.given[at].in_place,
                None => true,
            });
            if stays {
                let above = place_of(forest, parent)?;
                forest.reserve(&above, count)?;
            } else if count > MAX_SIBLINGS as usize {
                let limit = u64::from(MAX_SIBLINGS);
                return Err(Error::TooManySiblings { limit });
            }
        }
        Ok(())
    }

    fn apply(&mut self, transaction: &mut Transaction) -> Result<(), Error> {
        let mut changed = !self.dropped.is_empty();
        for uuid in &self.dropped {
            transaction.forest.detach(*uuid);
        }
        let mut arriving = Vec::new();
        for given in self.given.drain(..) {
            let Given {
                mut provider,
                in_place,
            } = given;
            let old = transaction.forest.get(provider.uuid());
            let generation = old.and_then(Provider::generation);
            if in_place && let Some(old) = old {
                if *old == provider {
                    continue;
                }
                provider.path = old.path.clone();
            }
            let name_stays = old.is_some_and(|old| old.name == provider.name);
            changed = true;
            transaction.generations.note(
                provider.uuid(),
                generation,
                provider.generation,
                "populate",
            );
            if in_place && name_stays {
                transaction.forest.replace(provider);
            } else {
                transaction.forest.detach(provider.uuid());
                arriving.push((provider, in_place));
            }
        }
        // All are placed before any is indexed, so that providers that stand
        // side by side lie side by side in memory: walks are several times
        // faster for it.
        let forest = &mut transaction.forest;
        let mut placed: Vec<Arc<Provider>> = Vec::with_capacity(arriving.len());
        let mut at: HashMap<Uuid, usize> = HashMap::with_capacity(arriving.len());
        for (mut provider, in_place) in arriving {
            if !in_place {
                let parent = provider.parent_uuid.and_then(|uuid| at.get(&uuid));
                let above = match parent {
                    Some(&parent) => placed[parent].path.clone(),
                    None => place_of(forest, provider.parent_uuid)?,
                };
                provider.path = forest.next_path(&above)?;
            }
            at.insert(provider.uuid(), placed.len());
            placed.push(forest.place(provider));
        }
        for provider in placed {
            forest.index(provider);
        }
        transaction.edits += u64::from(changed);
        Ok(())
    }
}

/// All providers below a given one that are not given themselves.
fn dropped(forest: &Forest, given: &HashMap<Uuid, usize>) -> HashSet<Uuid> {
    let present = given.keys().filter_map(|&uuid| forest.get(uuid));
    let mut paths: Vec<&Path> = present.map(|provider| &provider.path).collect();
    paths.sort_unstable();
    // Of paths below one another, the topmost covers all: it comes first.
    paths.dedup_by(|path, above| above.contains(path));
    paths
        .into_iter()
        .flat_map(|path| Providers::below(forest, path))
        .map(Provider::uuid)
        .filter(|uuid| !given.contains_key(uuid))
        .collect()
}

fn check_parents(
    forest: &Forest,
    given: &[Provider],
    by_uuid: &HashMap<Uuid, usize>,
    dropped: &HashSet<Uuid>,
) -> Result<(), Error> {
    let missing: BTreeSet<Uuid> = given
        .iter()
        .filter_map(|provider| provider.parent_uuid)
        .filter(|uuid| !by_uuid.contains_key(uuid))
        .filter(|uuid| forest.get(*uuid).is_none() || dropped.contains(uuid))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::MissingParents {
            uuids: missing.into_iter().collect(),
        })
    }
}

fn keeps_parent(forest: &Forest, provider: &Provider) -> bool {
    forest
        .get(provider.uuid())
        .is_some_and(|old| old.parent_uuid == provider.parent_uuid)
}

/// The order in which to place the given providers: tree by tree, so that they
/// lie close together in memory, parents first, then siblings that keep their
/// parent, in their present order, then the others in the given order.
fn parents_first(
    forest: &Forest,
    given: &[Provider],
    by_uuid: &HashMap<Uuid, usize>,
) -> Result<Vec<usize>, Error> {
    let mut next = Vec::new();
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, provider) in given.iter().enumerate() {
        match provider.parent_uuid.and_then(|uuid| by_uuid.get(&uuid)) {
            Some(&parent) => children.entry(parent).or_default().push(at),
            None => next.push(at),
        }
    }
    for siblings in children.values_mut() {
        siblings.sort_by_cached_key(|&at| {
            let old = forest.get(given[at].uuid());
            let kept = old.filter(|_| keeps_parent(forest, &given[at]));
            (kept.is_none(), kept.map(|old| old.path.clone()))
        });
    }
    next.reverse();
    let mut order = Vec::with_capacity(given.len());
    while let Some(at) = next.pop() {
        order.push(at);
        next.extend(children.remove(&at).into_iter().flatten().rev());
    }
    match children.keys().min() {
        None => Ok(order),
        Some(&start) => Err(cycle(given, by_uuid, start)),
    }
}

/// The cycle that the parents of a given provider lead into.
fn cycle(given: &[Provider], by_uuid: &HashMap<Uuid, usize>, start: usize) -> Error {
    let parent = |at: &usize| given[*at].parent_uuid.and_then(|uuid| by_uuid.get(&uuid));
    let mut seen = BTreeSet::new();
    let mut way = std::iter::successors(Some(&start), |at| parent(at));
    let on_cycle = way.find(|at| !seen.insert(**at)).unwrap_or(&start);
    let rest = std::iter::successors(parent(on_cycle), |at| parent(at));
    let all = std::iter::once(on_cycle).chain(rest.take_while(|at| *at != on_cycle));
    Error::Cycle {
        uuids: all.map(|&at| given[at].uuid()).collect(),
    }
}

/// What the records of one `populate` have in common, stored once.
#[derive(Default)]
struct Shared {
    classes: HashSet<ResourceClass>,
    trait_names: HashSet<Trait>,
    traits: HashSet<Arc<[Trait]>>,
    aggregates: HashSet<Arc<[Uuid]>>,
}

impl Shared {
    fn provider(&mut self, record: &ProviderRecord) -> Result<Provider, Error> {
        let invalid = |reason| Error::InvalidRecord {
            uuid: record.uuid,
            reason: Box::new(reason),
        };
        let name = checked_name(&record.name).map_err(invalid)?;
        let mut provider = Provider::new(record.uuid, name);
        provider.parent_uuid = record.parent_uuid;
        provider.generation = record.generation;
        let inventory = record.inventory.iter();
        let inventory = inventory.map(|(class, one)| (one_of(&mut self.classes, class), *one));
        provider.inventory = inventory::checked(inventory).map_err(invalid)?.into();
        let traits = record.traits.iter();
        let traits = traits.map(|name| one_of(&mut self.trait_names, name));
        provider.traits = one_slice_of(&mut self.traits, traits.collect());
        let aggregates = record.aggregates.iter().copied().collect();
        provider.aggregates = one_slice_of(&mut self.aggregates, aggregates);
        provider.resources = record.resources.iter().cloned().collect();
        Ok(provider)
    }
}

fn one_of<T: Clone + Eq + Hash>(seen: &mut HashSet<T>, item: &T) -> T {
    if let Some(first) = seen.get(item) {
        return first.clone();
    }
    seen.insert(item.clone());
    item.clone()
}

fn one_slice_of<T: Eq + Hash>(seen: &mut HashSet<Arc<[T]>>, items: Vec<T>) -> Arc<[T]> {
    if items.is_empty() {
        return Arc::default();
    }
    if let Some(first) = seen.get(&*items) {
        return Arc::clone(first);
    }
    let items: Arc<[T]> = items.into();
    seen.insert(Arc::clone(&items));
    items
}
