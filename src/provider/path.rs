//! A provider's position in the forest: the materialised path of ordinals from its root
//! down to itself, as bytes that sort in top-down order.
//!
//! A parent's path is a prefix of its descendants' paths, so a subtree is one contiguous
//! range, and a walk over the sorted paths visits parents first and siblings in the order
//! of their ordinals. This module knows nothing of providers.

use std::cmp::Ordering;
use std::sync::Arc;

/// Paths of up to this many bytes are stored inline: fifteen levels of fewer than 248
/// siblings, or eleven below one of 16 million roots.
const INLINE: usize = 15;

/// The `len` of a path on the heap. It is larger than any inline length, so a path sorts
/// after each of its own inline prefixes.
const SPILLED: u8 = u8::MAX;

/// The most children of one parent: ordinals are smaller than this. When it is reached,
/// siblings are renumbered; unit tests use a small limit, so that they reach it.
pub(crate) const MAX_SIBLINGS: u32 = if cfg!(test) { 300 } else { u32::MAX };

/// Ordinals below this take one byte. The first byte of a longer one says how many
/// big-endian bytes follow, so that bytes compare as the ordinals do.
const LONG: u8 = 248;

/// Greater than the first byte of any ordinal.
const END: u8 = u8::MAX;

/// The position of one provider: cheap to clone, ordered top-down.
///
/// Paths compare field by field. That is the lexicographic order of [`Path::as_bytes`]:
/// heads are padded with zeros, so equal heads mean that one path is a prefix of the other
/// (`len` distinguishes them) or that both are spilled (their bytes do).
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Path {
    head: [u8; INLINE],
    len: u8,
    // One pointer wide, where an `Arc<[u8]>` would be two: deep paths are rare.
    spill: Option<Arc<Box<[u8]>>>,
}

impl Path {
    /// The path above all roots.
    pub(crate) const TOP: Self = Self {
        head: [0; INLINE],
        len: 0,
        spill: None,
    };

    /// The head and the length as one number, so that most comparisons compare two
    /// registers.
    #[inline]
    fn front(&self) -> u128 {
        let mut front = [0; INLINE + 1];
        front[..INLINE].copy_from_slice(&self.head);
        front[INLINE] = self.len;
        u128::from_be_bytes(front)
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut head = [0; INLINE];
        let (len, spill) = match head.get_mut(..bytes.len()) {
            Some(start) => {
                start.copy_from_slice(bytes);
                (bytes.len() as u8, None)
            }
            None => {
                head.copy_from_slice(&bytes[..INLINE]);
                (SPILLED, Some(Arc::new(bytes.into())))
            }
        };
        Self { head, len, spill }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.spill {
            None => &self.head[..usize::from(self.len)],
            Some(bytes) => bytes,
        }
    }

    /// This path, extended.
    fn followed_by(&self, more: &[u8]) -> Self {
        let mut longer = self.clone();
        let start = usize::from(self.len);
        if let Some(free) = longer.head.get_mut(start..start + more.len()) {
            free.copy_from_slice(more);
            longer.len += more.len() as u8;
            return longer;
        }
        Self::from_bytes(&[self.as_bytes(), more].concat())
    }

    /// The path of the child with that ordinal.
    pub(crate) fn child(&self, ordinal: u32) -> Self {
        let big_endian = ordinal.to_be_bytes();
        if ordinal < u32::from(LONG) {
            return self.followed_by(&big_endian[3..]);
        }
        let significant = &big_endian[ordinal.leading_zeros() as usize / 8..];
        let mut bytes = [LONG - 1 + significant.len() as u8, 0, 0, 0, 0];
        bytes[1..=significant.len()].copy_from_slice(significant);
        self.followed_by(&bytes[..=significant.len()])
    }

    /// The ordinal that follows this path in a descendant's path.
    pub(crate) fn ordinal_of(&self, descendant: &Self) -> u32 {
        let bytes = &descendant.as_bytes()[self.as_bytes().len()..];
        let bytes = &bytes[..step(bytes)];
        let digits = if bytes.len() == 1 { bytes } else { &bytes[1..] };
        digits
            .iter()
            .fold(0, |ordinal, &byte| ordinal << 8 | u32::from(byte))
    }

    /// The first ordinal, which identifies the tree; none for [`Path::TOP`].
    #[inline]
    pub(crate) fn root_ordinal(&self) -> Option<u32> {
        match self.head[0] {
            _ if self.len == 0 => None,
            short if short < LONG => Some(u32::from(short)),
            _ => Some(Self::TOP.ordinal_of(self)),
        }
    }

    /// The path of the child that is the descendant or an ancestor of it.
    pub(crate) fn child_towards(&self, descendant: &Self) -> Self {
        let bytes = descendant.as_bytes();
        let here = self.as_bytes().len();
        Self::from_bytes(&bytes[..here + step(&bytes[here..])])
    }

    /// Whether a path below this one is its direct child.
    pub(crate) fn is_parent_of(&self, descendant: &Self) -> bool {
        let rest = &descendant.as_bytes()[self.as_bytes().len()..];
        step(rest) == rest.len()
    }

    /// Whether `other` is this path or below it.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        other.as_bytes().starts_with(self.as_bytes())
    }

    /// A bound that is greater than this path and everything below it, and
    /// less than everything after that. No provider has it as its path.
    pub(crate) fn end(&self) -> Self {
        self.followed_by(&[END])
    }

    /// The same path after the ancestor at `from` has moved to `to`.
    pub(crate) fn rebased(&self, from: &Self, to: &Self) -> Self {
        let rest = &self.as_bytes()[from.as_bytes().len()..];
        to.followed_by(rest)
    }

    /// How many levels this path has below [`Path::TOP`]: 1 for a root.
    pub(crate) fn levels(&self) -> usize {
        let mut bytes = self.as_bytes();
        let mut levels = 0;
        while !bytes.is_empty() {
            bytes = &bytes[step(bytes)..];
            levels += 1;
        }
        levels
    }
}

impl Ord for Path {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.front().cmp(&other.front());
        order.then_with(|| self.spill.cmp(&other.spill))
    }
}

impl PartialOrd for Path {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Path {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.front() == other.front() && self.spill == other.spill
    }
}

impl Eq for Path {}

/// How many bytes the first ordinal takes; 0 if there is none.
fn step(bytes: &[u8]) -> usize {
    match bytes.first() {
        None => 0,
        Some(&first) if first < LONG => 1,
        Some(&first) => usize::from(first - LONG) + 2,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(ordinals: &[u32]) -> Path {
        ordinals
            .iter()
            .fold(Path::TOP, |path, &ordinal| path.child(ordinal))
    }

    fn ordinal() -> impl Strategy<Value = u32> {
        prop_oneof![
            0..4_u32,
            240..260_u32,
            65_530..65_540_u32,
            any::<u32>(),
            Just(u32::MAX)
        ]
    }

    fn ordinals() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(ordinal(), 0..24)
    }

    proptest! {
        #[test]
        fn paths_sort_as_their_ordinals(a in ordinals(), b in ordinals(), shared in ordinals()) {
            let a = [shared.clone(), a].concat();
            let b = [shared, b].concat();
            prop_assert_eq!(path(&a).cmp(&path(&b)), a.cmp(&b));
            prop_assert_eq!(path(&a).as_bytes().cmp(path(&b).as_bytes()), a.cmp(&b));
            prop_assert_eq!(path(&a).contains(&path(&b)), b.starts_with(&a));
            prop_assert_eq!(path(&a).levels(), a.len());
        }

        #[test]
        fn everything_below_a_path_lies_before_its_end_and_nothing_else_does(
            a in ordinals(),
            below in ordinals(),
            b in ordinals(),
        ) {
            let here = path(&a);
            let descendant = path(&[a.clone(), below].concat());
            let other = path(&b);
            prop_assert!(here <= descendant && descendant < here.end());
            prop_assert_eq!(here.contains(&other), here <= other && other < here.end());
        }

        #[test]
        fn an_ancestor_finds_its_child_on_the_way_to_a_descendant(
            a in ordinals(),
            next in ordinal(),
            below in ordinals(),
            to in ordinals(),
        ) {
            let here = path(&a);
            let child = here.child(next);
            let descendant = path(&[a.clone(), vec![next], below.clone()].concat());
            prop_assert_eq!(here.ordinal_of(&descendant), next);
            prop_assert_eq!(here.child_towards(&descendant), child);
            prop_assert_eq!(here.is_parent_of(&descendant), below.is_empty());
            let moved = descendant.rebased(&here, &path(&to));
            prop_assert_eq!(moved, path(&[to, vec![next], below].concat()));
        }
    }

    #[test]
    fn a_path_takes_no_more_room_than_a_name() {
        assert_eq!(size_of::<Path>(), 24);
    }
}
