//! From the hash of a UUID or a name to the place of its provider: a persistent hash
//! table of plain data.
//!
//! No key is stored. A look-up gives the places whose hash fits, nearly always one, and
//! the caller compares the key with what stands there, which it reads anyway. So edits of
//! what providers show never write the index, copying a table is copying bytes, and
//! dropping one frees one allocation.
//!
//! ```text
//!   hash    5 bits │ 5 bits │ ...      4 bits    8 bits
//!              │        │                 │         │
//!   root ──► node ──► node ──► table ──► line ──► tags ──► entries
//!             32 ways, of which             64 bytes: 7 tags and a mark,
//!             several may lead to           then 7 entries
//!             one table                     (root's ordinal, hash, position)
//! ```
//!
//! The directory is a trie by the first bits of the hash, five a level; each node is a
//! small extendible hash table of its own. A table of a node has a run of its 32 ways. A
//! table that is full is split in two, by the next bit, and each half has half of the run;
//! one that has a single way becomes a node. Two halves that would fill less than half a
//! table become one again, and a node with one table gives way to it. So tables are 42 to
//! 85 % full as a forest grows, and a small forest has one node or none.
//!
//! In a table the hash says on which line an entry belongs. One that finds that line full
//! lies on the next that is not, and marks all that it passes: a look-up ends at a line
//! without a mark. Should thousands of hashes be equal, which keyed hashes see to, those
//! that find no room in a table that no bit can divide any more are spilled to a list, and
//! the marks in that table lead there.

mod table;

#[cfg(test)]
mod tests;

use std::array;
use std::sync::Arc;

use self::table::{Hash, MAX_DEPTH, Table, is_upper};

/// How many bits of the hash a node looks at.
const BITS: u32 = 5;

/// In how many ways a node divides.
const WAYS: usize = 1 << BITS;

/// Where a provider stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The ordinal of its root, which tells its tree.
    pub(super) root: u32,
    /// Its position in a small tree, or where it was once: a hint.
    pub(super) at: usize,
}

/// What a [glance](Index::glance) at an index shows.
pub(super) enum Glance {
    /// A place of that hash, perhaps not the only one.
    Place(Place),
    /// There is none.
    Nothing,
    /// There may be one elsewhere.
    Unknown,
}

/// Places by the hashes of what is looked up.
#[derive(Clone, Default)]
pub(super) struct Index {
    root: Option<Slot>,
    len: usize,
    /// What has found a full table that can't be divided: nothing, as a rule.
    spilled: Option<Arc<Vec<(u64, Place)>>>,
}

/// A part of an index.
#[derive(Clone)]
pub(super) enum Slot {
    Table(Arc<Table>),
    Node(Arc<Node>),
}

/// What the next bits of a hash lead to.
#[derive(Clone)]
pub(super) struct Node {
    /// For each way its slot. Ways that share one lie side by side.
    ways: [u8; WAYS],
    slots: [Option<Slot>; WAYS],
}

/// The bits by which a node of that level divides.
#[inline]
fn way(hash: u64, level: u32) -> usize {
    (hash << (BITS * level) >> (u64::BITS - BITS)) as usize
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// A look at the line where the place of a hash belongs.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Glance {
        match self.table(hash) {
            Some(table) => table.glance(hash),
            None => Glance::Nothing,
        }
    }

    /// What the caller accepts first of what stands at the places of a hash.
    pub(super) fn find<R>(
        &self,
        hash: u64,
        mut accept: impl FnMut(Place) -> Option<R>,
    ) -> Option<R> {
        let in_table = self.table(hash)?.find(hash, &mut accept);
        if in_table.is_some() || self.spilled.is_none() {
            return in_table;
        }
        let spilled = self.spilled.iter().flat_map(|all| all.iter());
        let mut same = spilled.filter(|(other, _)| Hash::from(*other) == hash.into());
        same.find_map(|(_, place)| accept(*place))
    }

    /// The table of a hash: at once where a single node leads to it, as in a forest of a
    /// thousand providers.
    #[inline]
    fn table(&self, hash: u64) -> Option<&Table> {
        if let Some(Slot::Node(node)) = &self.root
            && let Some(Slot::Table(table)) = node.slot(way(hash, 0))
        {
            Some(table)
        } else {
            self.root.as_ref()?.table(hash)
        }
    }

    /// Adds a place, beside others of the same hash.
    pub(super) fn insert(&mut self, hash: u64, place: Place) {
        let root = self.root.get_or_insert_with(|| Table::default().into());
        if !root.insert(0, hash, place) {
            Arc::make_mut(self.spilled.get_or_insert_default()).push((hash, place));
        }
        self.len += 1;
    }

    /// Takes out a place of that hash in that tree. Which of several does not matter: they
    /// differ in their hints at most. Returns whether there was one.
    pub(super) fn remove(&mut self, hash: u64, tree: u32) -> bool {
        let tidy = self.spilled.is_none();
        if self.is_in_table(hash, tree) {
            if let Some(root) = &mut self.root {
                root.remove(0, hash, tree, tidy);
            }
        } else {
            let Some((spilled, at)) = self.find_spilled(hash, tree) else {
                return false;
            };
            spilled.swap_remove(at);
            if spilled.is_empty() {
                self.spilled = None;
            }
        }
        self.len -= 1;
        if self.len == 0 {
            self.root = None;
        }
        true
    }

    /// Gives a place of that hash in that tree another one. Returns whether there was one.
    pub(super) fn relocate(&mut self, hash: u64, tree: u32, place: Place) -> bool {
        if self.is_in_table(hash, tree) {
            if let Some(root) = &mut self.root {
                root.relocate(0, hash, tree, place);
            }
            return true;
        }
        match self.find_spilled(hash, tree) {
            Some((spilled, at)) => {
                spilled[at].1 = place;
                true
            }
            None => false,
        }
    }

    /// Looked at first, so that nothing is copied in vain.
    fn is_in_table(&self, hash: u64, tree: u32) -> bool {
        let table = self.table(hash);
        table.is_some_and(|table| table.seek(hash, tree).is_some())
    }

    fn find_spilled(&mut self, hash: u64, tree: u32) -> Option<(&mut Vec<(u64, Place)>, usize)> {
        let spilled = self.spilled.as_mut()?;
        // As tables compare hashes: one takes out either of two that are the same to it.
        let is_it =
            |(other, place): &(u64, Place)| Hash::from(*other) == hash.into() && place.root == tree;
        let at = spilled.iter().position(is_it)?;
        Some((Arc::make_mut(spilled), at))
    }

    /// All of it but what is spilled, to be freed bit by bit.
    pub(super) fn into_root(self) -> Option<Slot> {
        self.root
    }

    /// Says what is wrong with how the places are kept.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        let mut len = self
            .root
            .as_ref()
            .map_or(Ok(0), |root| root.check(0, 0, 0))?;
        for (hash, _) in self.spilled.iter().flat_map(|all| all.iter()) {
            len += 1;
            if !self.table(*hash).is_some_and(Table::is_marked) {
                return Err(format!("no way leads to what is spilled of {hash:x}"));
            }
        }
        if len != self.len {
            return Err(format!("{len} places are counted as {}", self.len));
        }
        Ok(())
    }
}

impl From<Table> for Slot {
    fn from(table: Table) -> Self {
        Self::Table(Arc::new(table))
    }
}

impl Slot {
    #[inline(never)]
    fn table(&self, mut hash: u64) -> Option<&Table> {
        let mut slot = self;
        loop {
            match slot {
                Self::Table(table) => return Some(table),
                Self::Node(node) => slot = node.slot(way(hash, 0))?,
            }
            hash <<= BITS;
        }
    }

    /// Adds a place to what a slot of a node above that level leads to. False if there is
    /// no room.
    fn insert(&mut self, level: u32, hash: u64, place: Place) -> bool {
        match self {
            Self::Table(table) if table.is_full() && BITS * level < MAX_DEPTH => {
                let mut node = Node::new(Self::Table(Arc::clone(table)));
                let done = node.insert(level, hash, place);
                *self = Self::Node(Arc::new(node));
                done
            }
            Self::Table(table) => Arc::make_mut(table).put(hash, place),
            Self::Node(node) => Arc::make_mut(node).insert(level, hash, place),
        }
    }

    fn remove(&mut self, level: u32, hash: u64, tree: u32, tidy: bool) {
        match self {
            Self::Table(table) => Arc::make_mut(table).remove(hash, tree, tidy),
            Self::Node(node) => {
                let node = Arc::make_mut(node);
                let way = way(hash, level);
                if let Some(slot) = node.slot_mut(way) {
                    slot.remove(level + 1, hash, tree, tidy);
                }
                if tidy && let Some(table) = node.merge(way) {
                    *self = table;
                }
            }
        }
    }

    fn relocate(&mut self, level: u32, hash: u64, tree: u32, place: Place) {
        match self {
            Self::Table(table) => Arc::make_mut(table).relocate(hash, tree, place),
            Self::Node(node) => {
                if let Some(slot) = Arc::make_mut(node).slot_mut(way(hash, level)) {
                    slot.relocate(level + 1, hash, tree, place);
                }
            }
        }
    }

    /// Checks what hashes that begin with so many bits lead to. Returns the number of
    /// places.
    fn check(&self, level: u32, depth: u32, first: u64) -> Result<usize, String> {
        match self {
            Self::Table(table) => table.check(depth, first),
            Self::Node(node) => node.check(level, first),
        }
    }
}

impl Node {
    /// A node of which all ways lead to one table.
    fn new(slot: Slot) -> Self {
        let mut slot = Some(slot);
        Self {
            ways: [0; WAYS],
            slots: array::from_fn(|_| slot.take()),
        }
    }

    #[inline]
    fn slot(&self, way: usize) -> Option<&Slot> {
        self.slots[usize::from(self.ways[way]) % WAYS].as_ref()
    }

    fn slot_mut(&mut self, way: usize) -> Option<&mut Slot> {
        self.slots[usize::from(self.ways[way]) % WAYS].as_mut()
    }

    /// The first of the ways that lead to the same slot as this one, and how many they are.
    fn run(&self, way: usize) -> (usize, usize) {
        let same = |other: &u8| *other == self.ways[way];
        let first = self.ways.iter().position(same).unwrap_or(way);
        (
            first,
            self.ways.iter().copied().filter(|way| same(way)).count(),
        )
    }

    fn insert(&mut self, level: u32, hash: u64, place: Place) -> bool {
        let way = way(hash, level);
        while let Some(Slot::Table(table)) = self.slot(way)
            && table.is_full()
            && let (first, count @ 2..) = self.run(way)
            && let depth = BITS * (level + 1) - count.trailing_zeros()
            && depth < MAX_DEPTH
            && let Some(free) = self.slots.iter().position(Option::is_none)
        {
            let [lower, upper] = table.split(|hash| is_upper(hash, depth));
            self.slots[usize::from(self.ways[way])] = Some(lower.into());
            self.slots[free] = Some(upper.into());
            self.ways[first + count / 2..first + count].fill(free as u8);
        }
        let slot = self.slot_mut(way);
        slot.is_some_and(|slot| slot.insert(level + 1, hash, place))
    }

    /// Makes one table of two halves that have few places, as often as it can. Returns the
    /// last one if no other is left.
    fn merge(&mut self, way: usize) -> Option<Slot> {
        loop {
            let (first, count) = self.run(way);
            if count == WAYS {
                return self.slots[usize::from(self.ways[way])].take();
            }
            let other = first ^ count;
            let (Some(Slot::Table(table)), Some(Slot::Table(half))) =
                (self.slot(way), self.slot(other))
            else {
                return None;
            };
            if self.run(other).1 != count || !table.fits_with(half) {
                return None;
            }
            let merged = table.merged(half);
            self.slots[usize::from(self.ways[other])] = None;
            self.slots[usize::from(self.ways[way])] = Some(merged.into());
            let lower = first.min(other);
            let both = self.ways[way];
            self.ways[lower..lower + 2 * count].fill(both);
        }
    }

    fn check(&self, level: u32, above: u64) -> Result<usize, String> {
        let mut places = 0;
        let mut used = 0;
        let mut way = 0;
        while way < WAYS {
            let (first, count) = self.run(way);
            let together = self.ways[first..].iter().take(count);
            let is_run = together.copied().all(|slot| slot == self.ways[way])
                && first == way
                && count.is_power_of_two()
                && way.is_multiple_of(count);
            let depth = BITS * (level + 1) - count.trailing_zeros();
            let begins = above | (way as u64) << (u64::BITS - BITS * (level + 1));
            let Some(slot) = self.slot(way).filter(|_| is_run) else {
                return Err(format!("way {way} of {:?} leads astray", self.ways));
            };
            if count > 1 && matches!(slot, Slot::Node(_)) {
                return Err(format!("way {way} of {:?} is a node's", self.ways));
            }
            places += slot.check(level + 1, depth, begins)?;
            used += 1;
            way += count;
        }
        if used != self.slots.iter().flatten().count() {
            return Err("a table that no way leads to".to_owned());
        }
        if used == 1 {
            return Err("a node that does not divide".to_owned());
        }
        Ok(places)
    }
}

impl Node {
    /// All that it leads to.
    pub(super) fn take_slots(&mut self) -> impl Iterator<Item = Slot> {
        self.slots.iter_mut().filter_map(Option::take)
    }
}
