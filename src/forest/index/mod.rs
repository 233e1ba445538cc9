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
//! table become one again, and a node with one table gives way to it, but for the root. So
//! tables are some 40 to 80 % full as a forest grows, and a small forest has one node.
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

pub(super) use self::table::Table;
use self::table::{Hash, MAX_DEPTH, is_upper};

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
    /// A place that is nearly always one of that hash; perhaps not the only one.
    Place(Place),
    /// There is none.
    Nothing,
    /// There may be one elsewhere.
    Unknown,
}

/// Places by the hashes of what is looked up.
#[derive(Clone, Default)]
pub(super) struct Index {
    root: Option<Arc<Node>>,
    len: usize,
    /// What has found a full table that can't be divided: nothing, as a rule.
    spilled: Option<Arc<Vec<(u64, Place)>>>,
}

/// What the next bits of a hash lead to: a table or another node.
#[derive(Clone)]
pub(super) struct Node {
    /// For each way where its table or node is. Ways that share one lie side by side.
    ways: [u8; WAYS],
    // Two arrays, as a look-up tells what is there from the pointer alone.
    tables: [Option<Arc<Table>>; WAYS],
    nodes: [Option<Arc<Node>>; WAYS],
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

    #[inline]
    fn table(&self, mut hash: u64) -> Option<&Table> {
        let mut node = self.root.as_deref()?;
        loop {
            let at = node.at(way(hash, 0));
            if let Some(table) = &node.tables[at] {
                return Some(table);
            }
            node = node.nodes[at].as_deref()?;
            hash <<= BITS;
        }
    }

    /// Adds a place, beside others of the same hash.
    pub(super) fn insert(&mut self, hash: u64, place: Place) {
        let root = self
            .root
            .get_or_insert_with(|| Arc::new(Node::new(Arc::default())));
        if !Arc::make_mut(root).insert(0, hash, place) {
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
                Arc::make_mut(root).remove(0, hash, tree, tidy);
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
                Arc::make_mut(root).relocate(0, hash, tree, place);
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
    pub(super) fn into_root(self) -> Option<Arc<Node>> {
        self.root
    }

    /// Says what is wrong with how the places are kept.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        let root = self.root.as_ref();
        let mut len = root.map_or(Ok(0), |root| root.check(0, 0))?;
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

impl Node {
    /// A node of which all ways lead to one table.
    fn new(table: Arc<Table>) -> Self {
        let mut table = Some(table);
        Self {
            ways: [0; WAYS],
            tables: array::from_fn(|_| table.take()),
            nodes: [const { None }; WAYS],
        }
    }

    /// Where the table or node of a way is.
    #[inline]
    fn at(&self, way: usize) -> usize {
        usize::from(self.ways[way]) % WAYS
    }

    /// The first of the ways that lead to the same as this one, and how many they are.
    fn run(&self, way: usize) -> (usize, usize) {
        let same = |other: &u8| *other == self.ways[way];
        let first = self.ways.iter().position(same).unwrap_or(way);
        (
            first,
            self.ways.iter().copied().filter(|way| same(way)).count(),
        )
    }

    fn is_free(&self, at: usize) -> bool {
        self.tables[at].is_none() && self.nodes[at].is_none()
    }

    /// Adds a place. False if there is no room.
    fn insert(&mut self, level: u32, hash: u64, place: Place) -> bool {
        let way = way(hash, level);
        let below = level + 1;
        while let Some(table) = &self.tables[self.at(way)]
            && table.is_full(hash)
            && let (first, count @ 2..) = self.run(way)
            && let depth = BITS * below - count.trailing_zeros()
            && depth < MAX_DEPTH
            && let Some(free) = (0..WAYS).find(|&at| self.is_free(at))
        {
            let [lower, upper] = table.split(|hash| is_upper(hash, depth));
            self.tables[self.at(way)] = Some(Arc::new(lower));
            self.tables[free] = Some(Arc::new(upper));
            self.ways[first + count / 2..first + count].fill(free as u8);
        }
        let at = self.at(way);
        if BITS * below < MAX_DEPTH
            && let Some(full) = self.tables[at].take_if(|table| table.is_full(hash))
        {
            self.nodes[at] = Some(Arc::new(Self::new(full)));
        }
        if let Some(node) = &mut self.nodes[at] {
            return Arc::make_mut(node).insert(below, hash, place);
        }
        let table = self.tables[at].as_mut();
        table.is_some_and(|table| Arc::make_mut(table).put(hash, place))
    }

    fn remove(&mut self, level: u32, hash: u64, tree: u32, tidy: bool) {
        let way = way(hash, level);
        let at = self.at(way);
        if let Some(table) = &mut self.tables[at] {
            Arc::make_mut(table).remove(hash, tree, tidy);
        } else if let Some(node) = &mut self.nodes[at] {
            let node = Arc::make_mut(node);
            node.remove(level + 1, hash, tree, tidy);
            if tidy && let Some(only) = node.take_only() {
                self.nodes[at] = None;
                self.tables[at] = Some(only);
            }
        }
        if tidy {
            self.merge(way);
        }
    }

    fn relocate(&mut self, level: u32, hash: u64, tree: u32, place: Place) {
        let at = self.at(way(hash, level));
        if let Some(table) = &mut self.tables[at] {
            Arc::make_mut(table).relocate(hash, tree, place);
        } else if let Some(node) = &mut self.nodes[at] {
            Arc::make_mut(node).relocate(level + 1, hash, tree, place);
        }
    }

    /// Makes one table of two halves that have few places, as often as it can.
    fn merge(&mut self, way: usize) {
        loop {
            let (first, count) = self.run(way);
            let other = (first ^ count) % WAYS;
            let (here, there) = (self.at(way), self.at(other));
            let (Some(table), Some(half)) = (&self.tables[here], &self.tables[there]) else {
                return;
            };
            if count == WAYS || self.run(other).1 != count || !table.fits_with(half) {
                return;
            }
            self.tables[here] = Some(Arc::new(table.merged(half)));
            self.tables[there] = None;
            let lower = first.min(other);
            self.ways[lower..lower + 2 * count].fill(here as u8);
        }
    }

    /// The table that all ways lead to, if there is no other.
    fn take_only(&mut self) -> Option<Arc<Table>> {
        let (_, count) = self.run(0);
        self.tables[self.at(0)].take_if(|_| count == WAYS)
    }

    /// Checks what hashes that begin so lead to. Returns the number of places.
    fn check(&self, level: u32, begin: u64) -> Result<usize, String> {
        let mut places = 0;
        let mut used = 0;
        let mut way = 0;
        while way < WAYS {
            let (first, count) = self.run(way);
            let together = self.ways[first..].iter().take(count);
            let is_run = together.copied().all(|at| at == self.ways[way])
                && first == way
                && count.is_power_of_two()
                && way.is_multiple_of(count);
            if !is_run {
                return Err(format!("way {way} of {:?} leads astray", self.ways));
            }
            let depth = BITS * (level + 1) - count.trailing_zeros();
            let begin = begin | (way as u64) << (u64::BITS - BITS * (level + 1));
            let at = self.at(way);
            places += match (&self.tables[at], &self.nodes[at]) {
                (Some(table), None) => table.check(depth, begin)?,
                (None, Some(node)) if count == 1 && node.run(0).1 < WAYS => {
                    node.check(level + 1, begin)?
                }
                _ => return Err(format!("way {way} of {:?} is another's", self.ways)),
            };
            used += 1;
            way += count;
        }
        if used + (0..WAYS).filter(|&at| self.is_free(at)).count() != WAYS {
            return Err("a table that no way leads to".to_owned());
        }
        Ok(places)
    }

    pub(super) fn take_tables(&mut self) -> impl Iterator<Item = Arc<Table>> {
        self.tables.iter_mut().filter_map(Option::take)
    }

    pub(super) fn take_nodes(&mut self) -> impl Iterator<Item = Arc<Self>> {
        self.nodes.iter_mut().filter_map(Option::take)
    }
}
