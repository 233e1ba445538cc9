//! What `populate` or `replace_all` is going to do, checked before it is done.

use foldhash::{HashMap, HashMapExt, HashSet};
use uuid::Uuid;

use super::order::{Dropped, check_parents, keeps_parent, parents_first};
use super::shared::{Draft, Shared};
use crate::error::Error;
use crate::forest::forest::Forest;
use crate::provider::path::MAX_SIBLINGS;
use crate::provider::record::ProviderRecord;
use crate::transaction::structure::check_levels;

/// What they do to a forest.
pub(super) struct Plan {
    /// The given providers as they will be, but for their paths. Parents come
    /// first, then siblings that keep their parent, in their present order.
    pub(super) given: Vec<Given>,
    by_uuid: HashMap<Uuid, usize>,
    /// Providers that go. None of them is given.
    pub(super) dropped: HashSet<Uuid>,
}

pub(super) struct Given {
    pub(super) draft: Draft,
    /// Whether its path stays: neither it nor any ancestor moves.
    pub(super) in_place: bool,
    root: Uuid,
    /// The number of ancestors and itself.
    levels: usize,
}

impl Plan {
    pub(super) fn new<'r>(
        forest: &Forest,
        records: impl Iterator<Item = &'r ProviderRecord>,
        dropped: Dropped,
    ) -> Result<Self, Error> {
        let mut shared = Shared::default();
        let mut by_uuid = HashMap::new();
        let mut given = Vec::new();
        let mut roots = Vec::new();
        for record in records {
            if by_uuid.insert(record.uuid, given.len()).is_some() {
                return Err(Error::DuplicateProvider { uuid: record.uuid });
            }
            given.push(shared.draft(record)?);
            roots.push(record.root_uuid);
        }
        let dropped = dropped(forest, &by_uuid);
        check_parents(forest, &given, &by_uuid, &dropped)?;
        let order = parents_first(forest, &given, &by_uuid)?;
        let mut plan = Self {
            given: Vec::with_capacity(order.len()),
            by_uuid: HashMap::with_capacity(order.len()),
            dropped,
        };
        let mut given: Vec<Option<Draft>> = given.into_iter().map(Some).collect();
        for at in order {
            if let Some(draft) = given[at].take() {
                plan.add(forest, draft, roots[at])?;
            }
        }
        Ok(plan)
    }

    /// Adds the next provider; its parent, if given, has been added.
    fn add(&mut self, forest: &Forest, draft: Draft, said_root: Option<Uuid>) -> Result<(), Error> {
        let uuid = draft.head.uuid();
        let (root, levels, above_in_place) = match draft.head.parent_uuid {
            None => (uuid, 1, true),
            Some(parent) => match self.by_uuid.get(&parent) {
                Some(&at) => {
                    let parent = &self.given[at];
                    (parent.root, parent.levels + 1, parent.in_place)
                }
                None => {
                    let levels = forest.place_of(Some(parent))?.levels() + 1;
                    (forest.root_of(parent)?.uuid(), levels, true)
                }
            },
        };
        check_levels(uuid, levels)?;
        match said_root {
            Some(given) if given != root => {
                return Err(Error::RootMismatch {
                    uuid,
                    given,
                    actual: root,
                });
            }
            _ => {}
        }
        self.by_uuid.insert(uuid, self.given.len());
        self.given.push(Given {
            in_place: above_in_place && keeps_parent(forest, &draft),
            draft,
            root,
            levels,
        });
        Ok(())
    }

    /// Checks that names and UUIDs stay one namespace in which each text finds
    /// one provider at most.
    pub(super) fn check_names(&self, forest: &Forest) -> Result<(), Error> {
        // Providers that stay as they are; the names of others are given up.
        let stays = |uuid: &Uuid| !self.by_uuid.contains_key(uuid) && !self.dropped.contains(uuid);
        let mut names = HashMap::with_capacity(self.given.len());
        let mut spelled = HashMap::new();
        for Given { draft, .. } in &self.given {
            let uuid = draft.head.uuid();
            let name = draft.head.name();
            let spells = Uuid::try_parse(name).ok().filter(|&spells| spells != uuid);
            let taken = names
                .insert(name, uuid)
                .or_else(|| spelled.insert(spells?, uuid))
                .or_else(|| forest.holder_of_name(name, |holder| stays(&holder)));
            if let Some(holder) = taken {
                let held = match self.by_uuid.get(&holder) {
                    Some(&at) => self.given[at].draft.head.name(),
                    None => forest.require(holder)?.name(),
                };
                return Err(Error::name_taken(name, holder, held));
            }
            if let Some(spells) = spells
                && (self.by_uuid.contains_key(&spells)
                    || forest.get(spells).is_some() && stays(&spells))
            {
                return Err(Error::NameIsUuid {
                    name: name.to_owned(),
                    uuid: spells,
                });
            }
            if let Some(named) = forest.named_as(uuid, |holder| stays(&holder)) {
                return Err(Error::UuidIsName { uuid, named });
            }
        }
        Ok(())
    }

    /// Makes sure that each parent can get its new children.
    pub(super) fn reserve(&self, forest: &mut Forest) -> Result<(), Error> {
        let mut arriving: HashMap<Option<Uuid>, usize> = HashMap::new();
        for Given {
            draft, in_place, ..
        } in &self.given
        {
            *arriving.entry(draft.head.parent_uuid).or_default() += usize::from(!in_place);
        }
        for (parent, count) in arriving {
            let stays = parent.is_none_or(|uuid| match self.by_uuid.get(&uuid) {
                Some(&at) => self.given[at].in_place,
                None => true,
            });
            if stays {
                let above = forest.place_of(parent)?;
                forest.reserve(&above, count)?;
            } else if count > MAX_SIBLINGS as usize {
                let limit = u64::from(MAX_SIBLINGS);
                return Err(Error::TooManySiblings { limit });
            }
        }
        Ok(())
    }
}
