//! A table of an index: cache lines of entries, found by their tags.

use std::mem;
use std::num::NonZero;

use super::{Glance, Location};

/// How many cache lines a table has.
const LINES: usize = if cfg!(test) { 2 } else { 32 };

/// How many entries a line has.
const ENTRIES: usize = 7;

/// A table is split when it has this many entries or more: three quarters.
const FULL: usize = LINES * ENTRIES * 3 / 4;

/// How many bits of the hash an entry stores, so that tables can be split without reading
/// the providers.
const HASH_BITS: u32 = 27;

/// How many bits of the hash select the line: the last ones that an entry stores.
const LINE_BITS: u32 = LINES.trailing_zeros();

/// How many bits of the hash can distinguish tables.
pub(super) const MAX_DEPTH: u32 = HASH_BITS - LINE_BITS;

/// How many bits of an entry are the position in the tree.
const AT_BITS: u32 = u32::BITS - HASH_BITS;

/// Set in each tag, with seven bits of the hash: no tag is 0.
const TAKEN: u64 = 0x80;

/// The first bit of each of the seven tags of a word, and the last one.
const FIRSTS: u64 = 0x0080_8080_8080_8080;
const LASTS: u64 = 0x0001_0101_0101_0101;

/// Set in a word if entries that belong here or earlier may be further on.
const OVER: u64 = 1 << 63;

#[derive(Clone, Copy, Default)]
#[repr(align(64))]
struct Line {
    /// The tags of the entries, 0 for a free slot, and the mark.
    word: u64,
    entries: [u64; ENTRIES],
}

#[derive(Clone, Default)]
pub(in crate::forest) struct Table([Line; LINES]);

/// A hash as tables see it: the bits that an entry stores, and its tag.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Hash {
    stored: u32,
    tag: u64,
}

impl From<u64> for Hash {
    #[inline]
    fn from(hash: u64) -> Self {
        Self {
            stored: (hash >> (u64::BITS - HASH_BITS)) as u32,
            tag: hash & 0xFF | TAKEN,
        }
    }
}

impl Hash {
    /// The lines on which its entries may be, in order.
    #[inline]
    fn lines(self) -> impl Iterator<Item = usize> {
        (0..LINES).map(move |step| (self.stored as usize + step) % LINES)
    }
}

#[inline]
fn entry(hash: Hash, location: Location) -> u64 {
    let at = location.at as u64 % (1 << AT_BITS);
    u64::from(location.root) << u32::BITS | u64::from(hash.stored) << AT_BITS | at
}

#[inline]
fn location(entry: u64) -> Location {
    Location {
        root: (entry >> u32::BITS) as u32,
        at: (entry % (1 << AT_BITS)) as usize,
    }
}

#[inline]
fn stored(entry: u64) -> u32 {
    entry as u32 >> AT_BITS
}

/// The bit of a stored hash that distinguishes the halves of a table of that depth.
#[inline]
pub(super) fn is_upper(stored: u32, depth: u32) -> bool {
    stored >> (HASH_BITS - 1 - depth) & 1 == 1
}

impl Line {
    #[inline]
    fn tag(&self, at: usize) -> u64 {
        self.word >> (8 * at) & 0xFF
    }

    /// The entries that may have that tag, as the first bit of each byte: all that have it,
    /// and sometimes one after them whose tag differs only in the last bit.
    #[inline]
    fn matches(&self, tag: u64) -> u64 {
        let differing = self.word ^ (tag * LASTS);
        differing.wrapping_sub(LASTS) & !differing & FIRSTS
    }

    /// The first result that `accept` returns for the locations of a hash.
    #[inline]
    fn find<R>(&self, hash: Hash, accept: &mut impl FnMut(Location) -> Option<R>) -> Option<R> {
        let mut matches = self.matches(hash.tag);
        while matches != 0 {
            let at = matches.trailing_zeros() as usize / 8;
            if let Some(&entry) = self.entries.get(at)
                && stored(entry) == hash.stored
                && let Some(found) = accept(location(entry))
            {
                return Some(found);
            }
            matches &= matches - 1;
        }
        None
    }

    /// The slots whose entries have that hash.
    fn fitting(&self, hash: Hash) -> impl Iterator<Item = usize> {
        (0..ENTRIES)
            .filter(move |&at| self.tag(at) == hash.tag && stored(self.entries[at]) == hash.stored)
    }

    fn is_marked(&self) -> bool {
        self.word & OVER != 0
    }
}

impl Table {
    /// Looks only at the line that a hash selects.
    #[inline]
    pub(super) fn glance(&self, hash: u64) -> Glance {
        let hash = Hash::from(hash);
        let line = &self.0[hash.stored as usize % LINES];
        match NonZero::new(line.matches(hash.tag)) {
            Some(matches) => {
                let first = matches.trailing_zeros() as usize / 8;
                Glance::Location(location(line.entries[first % ENTRIES]))
            }
            None if line.is_marked() => Glance::Unknown,
            None => Glance::Nothing,
        }
    }

    /// The first result that `accept` returns for the locations of a hash.
    #[inline]
    pub(super) fn find<R>(
        &self,
        hash: u64,
        accept: &mut impl FnMut(Location) -> Option<R>,
    ) -> Option<R> {
        let hash = Hash::from(hash);
        self.probed(hash)
            .find_map(|(_, line)| line.find(hash, accept))
    }

    /// The lines on which entries of a hash may be, with their numbers.
    fn probed(&self, hash: Hash) -> impl Iterator<Item = (usize, &Line)> {
        let mut continues = true;
        let lines = hash.lines().map(|at| (at, &self.0[at]));
        lines.take_while(move |(_, line)| mem::replace(&mut continues, line.is_marked()))
    }

    /// The line and the slot of an entry with that hash and tree.
    pub(super) fn seek(&self, hash: u64, tree: u32) -> Option<(usize, usize)> {
        let hash = Hash::from(hash);
        self.probed(hash).find_map(|(at, line)| {
            let mut fitting = line.fitting(hash);
            let found = fitting.find(|&slot| location(line.entries[slot]).root == tree)?;
            Some((at, found))
        })
    }

    fn len(&self) -> usize {
        // For each of the seven slots of a line, in how many lines it is taken.
        let taken: u64 = self.0.iter().map(|line| (line.word & FIRSTS) >> 7).sum();
        taken.to_le_bytes().iter().copied().map(usize::from).sum()
    }

    /// Whether the table must be split before it gets an entry with that hash. Counts all
    /// lines only if the line that the hash selects has no room.
    pub(super) fn is_full(&self, hash: u64) -> bool {
        let home = Hash::from(hash).stored as usize % LINES;
        self.0[home].word & FIRSTS == FIRSTS && self.len() >= FULL
    }

    /// Whether all lines are marked.
    pub(super) fn is_marked(&self) -> bool {
        self.0.iter().all(Line::is_marked)
    }

    /// Adds a location. Returns false if there is no room.
    pub(super) fn put(&mut self, hash: u64, location: Location) -> bool {
        let hash = Hash::from(hash);
        self.put_entry(hash.tag, entry(hash, location))
    }

    fn put_entry(&mut self, tag: u64, entry: u64) -> bool {
        let stored = stored(entry);
        for line in (Hash { stored, tag }).lines() {
            let line = &mut self.0[line];
            if let Some(free) = (0..ENTRIES).find(|&at| line.tag(at) == 0) {
                line.word |= tag << (8 * free);
                line.entries[free] = entry;
                return true;
            }
            line.word |= OVER;
        }
        false
    }

    /// All tags and entries.
    fn entries(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().flat_map(|line| {
            let all = (0..ENTRIES).map(|at| (line.tag(at), line.entries[at]));
            all.filter(|(tag, _)| *tag != 0)
        })
    }

    /// A table of these entries, for which there must be room.
    fn of(entries: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut table = Self::default();
        for (tag, entry) in entries {
            table.put_entry(tag, entry);
        }
        table
    }

    /// The lower and the upper half.
    pub(super) fn split(&self, is_upper: impl Fn(u32) -> bool) -> [Self; 2] {
        [false, true].map(|upper| {
            let entries = self.entries();
            Self::of(entries.filter(|(_, entry)| is_upper(stored(*entry)) == upper))
        })
    }

    /// Whether both together fill less than half a table.
    pub(super) fn fits_with(&self, other: &Self) -> bool {
        // Most are fuller than that by themselves: then the other need not be counted.
        let len = self.len();
        2 * len <= FULL && 2 * (len + other.len()) <= FULL
    }

    pub(super) fn merged(&self, other: &Self) -> Self {
        Self::of(self.entries().chain(other.entries()))
    }

    /// Removes an entry. If `tidy`, nothing was spilled, and marks that are no longer
    /// needed are removed too.
    pub(super) fn remove(&mut self, hash: u64, tree: u32, tidy: bool) {
        if let Some((line, at)) = self.seek(hash, tree) {
            let home = Hash::from(hash).lines().next().unwrap_or(line);
            self.0[line].word &= !(0xFF << (8 * at));
            if tidy && self.0[home].is_marked() {
                *self = Self::of(self.entries());
            }
        }
    }

    pub(super) fn relocate(&mut self, hash: u64, tree: u32, location: Location) {
        if let Some((line, at)) = self.seek(hash, tree) {
            self.0[line].entries[at] = entry(hash.into(), location);
        }
    }

    /// Returns an error that names what is wrong with a table of that depth, else the
    /// number of entries.
    pub(super) fn check(&self, depth: u32, begins: u64) -> Result<usize, String> {
        let begins = Hash::from(begins).stored;
        for (at, line) in self.0.iter().enumerate() {
            for slot in (0..ENTRIES).filter(|&slot| line.tag(slot) != 0) {
                let (tag, stored) = (line.tag(slot), stored(line.entries[slot]));
                let passed = (Hash { stored, tag })
                    .lines()
                    .take_while(|line| *line != at);
                let mut passed = passed.map(|line| &self.0[line]);
                if (u64::from(stored ^ begins) << depth) >> HASH_BITS != 0 {
                    return Err(format!(
                        "{stored:x} is in the table of {begins:x}, {depth} bits"
                    ));
                }
                if !passed.all(Line::is_marked) {
                    return Err(format!("no marks lead to {stored:x}"));
                }
            }
        }
        Ok(self.len())
    }
}
