//! From the hash of a UUID or a name to the location of its provider: a persistent hash
//! table of plain data.
//!
//! No keys are stored. A look-up finds the locations whose hash matches, nearly always one,
//! and the caller compares the key with the provider there, which it reads anyway. So edits
//! of content never write an index, copying a table is a memcpy, and dropping one frees one
//! allocation.
//!
//! ```text
//!   hash    5 bits │ 5 bits │ ...      5 bits    8 bits
//!              │        │                 │         │
//!   root ──► node ──► node ──► table ──► line ──► tags ──► entries
//!             32 ways: several              64 bytes: 7 tags and a mark,
//!             may lead to one               then 7 entries
//!             table                         (root's ordinal, hash, position)
//! ```
//!
//! The directory is a trie by the first bits of the hash, five per level; each node is a
//! small extendible hash table of its own. Each table of a node has a run of its 32 ways. A
//! full table is split in two by the next bit, and each half gets half of the run; if it
//! has only one way, it becomes a node. Two halves that would fill less than half a table
//! are merged, and a node with only one table is replaced by it, except for the root. So
//! tables are some 40 to 80 % full as a forest grows, and a small forest has one node.
//!
//! Within a table, the hash selects the line of an entry. If that line is full, the entry
//! is stored on the next line that is not, and marks all lines in between: a look-up ends
//! at a line without a mark. Should thousands of hashes be equal, which keyed hashes
//! prevent, entries that find no room in a table that no bit can split any more are spilled
//! to a list, and the marks in that table lead there.

mod table;

#[cfg(test)]
mod tests;

use std::array;
use std::sync::Arc;

pub(super) use self::table::Table;
use self::table::{Hash, MAX_DEPTH, is_upper};

/// How many bits of the hash a node uses.
const BITS: u32 = 5;

/// How many ways a node has.
const WAYS: usize = 1 << BITS;

/// Where a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The ordinal of its root, which identifies its tree.
    pub(super) root: u32,
    /// Its position in a small tree, perhaps an old one: a hint.
    pub(super) at: usize,
}

/// The result of a [glance](Index::glance) at an index.
pub(super) enum Glance {
    /// A location that nearly always has that hash; there may be others.
    Location(Location),
    /// There is none.
    Nothing,
    /// There may be one elsewhere.
    Unknown,
}

/// Locations by the hashes of their keys.
#[derive(Clone, Default)]
pub(super) struct Index {
    root: Option<Arc<Node>>,
    len: usize,
    /// Entries that found a full table that can't be split: usually none.
    spilled: Option<Arc<Vec<(u64, Location)>>>,
}

/// A node of the directory: the next bits of a hash lead to a table or another node.
#[derive(Clone)]
pub(super) struct Node {
    /// For each way, the position of its table or node. Ways that share one are adjacent.
    ways: [u8; WAYS],
    // Two arrays, so that a look-up knows from the pointer alone what it has found.
    tables: [Option<Arc<Table>>; WAYS],
    nodes: [Option<Arc<Node>>; WAYS],
}

/// What the ways of a node lead to.
pub(super) type Below = ([Option<Arc<Table>>; WAYS], [Option<Arc<Node>>; WAYS]);

/// The way of a hash in a node of that level.
#[inline]
fn way(hash: u64, level: u32) -> usize {
    (hash << (BITS * level) >> (u64::BITS - BITS)) as usize
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Looks only at the line that a hash selects.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Glance {
        match self.table(hash) {
            Some(table) => table.glance(hash),
            None => Glance::Nothing,
        }
    }

    /// The first result that `accept` returns for the locations of a hash.
    pub(super) fn find<R>(
        &self,
        hash: u64,
        mut accept: impl FnMut(Location) -> Option<R>,
    ) -> Option<R> {
        let in_table = self.table(hash)?.find(hash, &mut accept);
        if in_table.is_some() || self.spilled.is_none() {
            return in_table;
        }
        let spilled = self.spilled.iter().flat_map(|all| all.iter());
        let mut same = spilled.filter(|(other, _)| Hash::from(*other) == hash.into());
        same.find_map(|(_, location)| accept(*location))
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

    /// Adds a location, next to others of the same hash.
    pub(super) fn insert(&mut self, hash: u64, location: Location) {
        let root = self
            .root
            .get_or_insert_with(|| Arc::new(Node::new(Arc::default())));
        if !Arc::make_mut(root).insert(0, hash, location) {
            Arc::make_mut(self.spilled.get_or_insert_default()).push((hash, location));
        }
        self.len += 1;
    }

    /// Removes a location with that hash and tree. It does not matter which of several:
    /// they differ only in their hints. Returns whether there was one.
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

    /// Replaces a location with that hash and tree. Returns whether there was one.
    pub(super) fn relocate(&mut self, hash: u64, tree: u32, location: Location) -> bool {
        if self.is_in_table(hash, tree) {
            if let Some(root) = &mut self.root {
                Arc::make_mut(root).relocate(0, hash, tree, location);
            }
            return true;
        }
        match self.find_spilled(hash, tree) {
            Some((spilled, at)) => {
                spilled[at].1 = location;
                true
            }
            None => false,
        }
    }

    /// Checked first, to avoid a needless copy.
    fn is_in_table(&self, hash: u64, tree: u32) -> bool {
        let table = self.table(hash);
        table.is_some_and(|table| table.seek(hash, tree).is_some())
    }

    fn find_spilled(&mut self, hash: u64, tree: u32) -> Option<(&mut Vec<(u64, Location)>, usize)> {
        let spilled = self.spilled.as_mut()?;
        // Compares hashes as tables do: those that a table can't distinguish are
        // interchangeable.
        let is_it = |(other, location): &(u64, Location)| {
            Hash::from(*other) == hash.into() && location.root == tree
        };
        let at = spilled.iter().position(is_it)?;
        Some((Arc::make_mut(spilled), at))
    }

    /// Everything except what is spilled, to be freed bit by bit.
    pub(super) fn into_root(self) -> Option<Arc<Node>> {
        self.root
    }

    /// Returns an error that names an invariant that does not hold.
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
            return Err(format!("{len} locations are counted as {}", self.len));
        }
        Ok(())
    }
}

impl Node {
    /// A node whose ways all lead to one table.
    fn new(table: Arc<Table>) -> Self {
        let mut table = Some(table);
        Self {
            ways: [0; WAYS],
            tables: array::from_fn(|_| table.take()),
            nodes: [const { None }; WAYS],
        }
    }

    /// The position of the table or node of a way.
    #[inline]
    fn at(&self, way: usize) -> usize {
        usize::from(self.ways[way]) % WAYS
    }

    /// The first of the ways that lead where this one does, and how many there are.
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

    /// Adds a location. Returns false if there is no room.
    fn insert(&mut self, level: u32, hash: u64, location: Location) -> bool {
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
            return Arc::make_mut(node).insert(below, hash, location);
        }
        let table = self.tables[at].as_mut();
        table.is_some_and(|table| Arc::make_mut(table).put(hash, location))
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

    fn relocate(&mut self, level: u32, hash: u64, tree: u32, location: Location) {
        let at = self.at(way(hash, level));
        if let Some(table) = &mut self.tables[at] {
            Arc::make_mut(table).relocate(hash, tree, location);
        } else if let Some(node) = &mut self.nodes[at] {
            Arc::make_mut(node).relocate(level + 1, hash, tree, location);
        }
    }

    /// Merges two halves with few entries into one table, as often as possible.
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

    /// The table that all ways lead to, if it is the only one.
    fn take_only(&mut self) -> Option<Arc<Table>> {
        let (_, count) = self.run(0);
        self.tables[self.at(0)].take_if(|_| count == WAYS)
    }

    /// Checks what hashes that begin with `begin` lead to. Returns the number of locations.
    fn check(&self, level: u32, begin: u64) -> Result<usize, String> {
        let mut locations = 0;
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
            locations += match (&self.tables[at], &self.nodes[at]) {
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
        Ok(locations)
    }

    /// The tables and the nodes below, to be freed bit by bit.
    pub(super) fn into_parts(self) -> Below {
        (self.tables, self.nodes)
    }
}
