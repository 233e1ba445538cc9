//! Blocks of the radix trie.

use std::array;
use std::slice;
use std::sync::Arc;

use super::Tree;

/// How many bits of an ordinal an inner block uses.
pub(super) const BITS: u32 = 5;

/// How many bits a leaf uses. Fewer: an edit copies one leaf, with the reference counts of
/// all its trees, which are far apart in memory.
const LEAF_BITS: u32 = 4;

pub(super) const WAYS: usize = 1 << BITS;
pub(super) const LEAF_WAYS: usize = 1 << LEAF_BITS;

/// The trees of a range of ordinals: 16, or 32 times as many for each level above the
/// leaves. There is always one.
#[derive(Clone)]
pub(in crate::forest) enum Block {
    Leaf(Arc<[Option<Tree>; LEAF_WAYS]>),
    Inner(Arc<[Option<Block>; WAYS]>),
}

/// The range of ordinals of a block.
#[derive(Clone, Copy, Default)]
pub(super) struct Cover {
    pub(super) first: u32,
    /// How many bits of an ordinal the blocks below use: none for a leaf.
    pub(super) shift: u32,
}

/// The way of an ordinal in a block if the blocks below use `shift` bits.
#[inline]
pub(super) fn way(ordinal: u32, shift: u32) -> usize {
    (ordinal >> shift) as usize % WAYS
}

/// The way of an ordinal in a leaf.
#[inline]
pub(super) fn leaf_way(ordinal: u32) -> usize {
    ordinal as usize % LEAF_WAYS
}

/// How many bits a block and those below it use, if those below it use `shift`.
fn bits(shift: u32) -> u32 {
    if shift == 0 { LEAF_BITS } else { shift + BITS }
}

/// How many bits the blocks below a block below use, if all below it use `shift`.
pub(super) fn below(shift: u32) -> u32 {
    shift.saturating_sub(BITS)
}

impl Cover {
    pub(super) fn of_leaf(ordinal: u32) -> Self {
        let first = ordinal - ordinal % LEAF_WAYS as u32;
        Self { first, shift: 0 }
    }

    #[inline]
    pub(super) fn has(self, ordinal: u32) -> bool {
        u64::from(ordinal ^ self.first) >> bits(self.shift) == 0
    }

    /// The range of the block above.
    pub(super) fn above(self) -> Self {
        let shift = bits(self.shift);
        let rest = u64::from(self.first) % (1 << bits(shift));
        Self {
            first: self.first - rest as u32,
            shift,
        }
    }

    /// The range of a block below.
    pub(super) fn below(self, way: usize) -> Self {
        Self {
            first: self.first + ((way as u32) << self.shift),
            shift: below(self.shift),
        }
    }
}

/// The ways of a block with a single entry.
fn ways<T, const WAYS: usize>(way: usize, to: T) -> Arc<[Option<T>; WAYS]> {
    let mut to = Some(to);
    Arc::new(array::from_fn(|at| to.take_if(|_| at == way)))
}

impl Block {
    /// A block of one tree.
    pub(super) fn of_tree(ordinal: u32, shift: u32, tree: Tree) -> Self {
        if shift == 0 {
            return Self::Leaf(ways(leaf_way(ordinal), tree));
        }
        let below = Self::of_tree(ordinal, below(shift), tree);
        Self::Inner(ways(way(ordinal, shift), below))
    }

    /// Becomes the block above itself, with itself at this way.
    pub(super) fn wrap(&mut self, way: usize) {
        *self = Self::Inner(ways(way, self.clone()));
    }

    /// The tree of an ordinal.
    #[inline]
    pub(super) fn tree(&self, ordinal: u32, mut shift: u32) -> Option<&Tree> {
        let mut block = self;
        loop {
            match block {
                Self::Leaf(trees) => return trees[leaf_way(ordinal)].as_ref(),
                Self::Inner(blocks) => {
                    block = blocks[way(ordinal, shift)].as_ref()?;
                    shift = below(shift);
                }
            }
        }
    }

    /// The tree of an ordinal, once all shared blocks above it are copied.
    pub(super) fn tree_mut(&mut self, ordinal: u32, shift: u32) -> Option<&mut Tree> {
        match self {
            Self::Leaf(trees) => Arc::make_mut(trees)[leaf_way(ordinal)].as_mut(),
            Self::Inner(blocks) => Arc::make_mut(blocks)[way(ordinal, shift)]
                .as_mut()?
                .tree_mut(ordinal, below(shift)),
        }
    }

    /// Adds a tree at a free ordinal.
    pub(super) fn put(&mut self, ordinal: u32, shift: u32, tree: Tree) {
        match self {
            Self::Leaf(trees) => Arc::make_mut(trees)[leaf_way(ordinal)] = Some(tree),
            Self::Inner(blocks) => {
                let below = below(shift);
                match &mut Arc::make_mut(blocks)[way(ordinal, shift)] {
                    Some(block) => block.put(ordinal, below, tree),
                    none => *none = Some(Self::of_tree(ordinal, below, tree)),
                }
            }
        }
    }

    /// Removes the tree of an ordinal. Returns whether none is left.
    pub(super) fn take(&mut self, ordinal: u32, shift: u32) -> bool {
        match self {
            Self::Leaf(trees) => {
                let trees = Arc::make_mut(trees);
                trees[leaf_way(ordinal)] = None;
                trees.iter().all(Option::is_none)
            }
            Self::Inner(blocks) => {
                let blocks = Arc::make_mut(blocks);
                let block = &mut blocks[way(ordinal, shift)];
                block.take_if(|block| block.take(ordinal, below(shift)));
                blocks.iter().all(Option::is_none)
            }
        }
    }

    /// Whether both are the same allocation.
    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(a), Self::Leaf(b)) => Arc::ptr_eq(a, b),
            (Self::Inner(a), Self::Inner(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The single block below, if it has only one, and its way.
    pub(super) fn only(&self) -> Option<(usize, Self)> {
        let Self::Inner(blocks) = self else {
            return None;
        };
        let mut all = blocks.iter().enumerate();
        let (way, only) = all.find_map(|(way, block)| Some((way, block.as_ref()?)))?;
        all.all(|(_, block)| block.is_none())
            .then(|| (way, only.clone()))
    }

    pub(super) fn first(&self) -> Option<&Tree> {
        match self {
            Self::Leaf(trees) => trees.iter().flatten().next(),
            Self::Inner(blocks) => blocks.iter().flatten().next()?.first(),
        }
    }

    pub(super) fn last(&self) -> Option<&Tree> {
        match self {
            Self::Leaf(trees) => trees.iter().flatten().next_back(),
            Self::Inner(blocks) => blocks.iter().flatten().next_back()?.last(),
        }
    }

    /// The first tree at an ordinal or after it.
    pub(super) fn from(&self, ordinal: u32, shift: u32) -> Option<&Tree> {
        match self {
            Self::Leaf(trees) => trees[leaf_way(ordinal)..].iter().flatten().next(),
            Self::Inner(blocks) => {
                let way = way(ordinal, shift);
                let here = blocks[way].as_ref();
                here.and_then(|block| block.from(ordinal, below(shift)))
                    .or_else(|| blocks[way + 1..].iter().flatten().next()?.first())
            }
        }
    }

    /// The last tree at an ordinal or before it.
    pub(super) fn up_to(&self, ordinal: u32, shift: u32) -> Option<&Tree> {
        match self {
            Self::Leaf(trees) => trees[..=leaf_way(ordinal)].iter().flatten().next_back(),
            Self::Inner(blocks) => {
                let way = way(ordinal, shift);
                let here = blocks[way].as_ref();
                here.and_then(|block| block.up_to(ordinal, below(shift)))
                    .or_else(|| blocks[..way].iter().flatten().next_back()?.last())
            }
        }
    }

    /// Checks the block, whose first ordinal is `first`, and counts the providers.
    pub(super) fn check(&self, first: u32, shift: u32, len: &mut usize) -> Result<(), String> {
        let ordinal = |way: usize| first + ((way as u32) << shift);
        let mut is_empty = true;
        match self {
            Self::Leaf(trees) if shift == 0 => {
                for (way, tree) in trees.iter().enumerate() {
                    let Some(tree) = tree else { continue };
                    is_empty = false;
                    *len += tree.len();
                    let root = Some(ordinal(way));
                    let mut all = tree.iter().map(|one| one.path().root_ordinal());
                    if !all.all(|one| one == root) {
                        return Err(format!("{root:?} is not the root of all in its tree"));
                    }
                    tree.check()?;
                }
            }
            Self::Inner(blocks) if shift > 0 => {
                for (way, block) in blocks.iter().enumerate() {
                    let Some(block) = block else { continue };
                    is_empty = false;
                    block.check(ordinal(way), below(shift), len)?;
                }
            }
            _ => return Err(format!("the block from {first} on is on another level")),
        }
        if is_empty {
            return Err(format!("the block from {first} on is empty"));
        }
        Ok(())
    }
}

/// All trees, in the order of their roots.
#[derive(Clone)]
pub(in crate::forest) struct Trees<'a> {
    /// The rest of a leaf.
    trees: slice::Iter<'a, Option<Tree>>,
    /// The rest of the blocks above it.
    above: Vec<slice::Iter<'a, Option<Block>>>,
}

impl<'a> Trees<'a> {
    pub(super) fn of(root: Option<&'a Block>) -> Self {
        let mut all = Self {
            trees: [].iter(),
            above: Vec::new(),
        };
        if let Some(root) = root {
            all.enter(root);
        }
        all
    }

    fn enter(&mut self, block: &'a Block) {
        match block {
            Block::Leaf(trees) => self.trees = trees.iter(),
            Block::Inner(blocks) => self.above.push(blocks.iter()),
        }
    }
}

impl<'a> Iterator for Trees<'a> {
    type Item = &'a Tree;

    fn next(&mut self) -> Option<&'a Tree> {
        loop {
            if let Some(tree) = self.trees.find_map(Option::as_ref) {
                return Some(tree);
            }
            match self.above.last_mut()?.find_map(Option::as_ref) {
                Some(block) => self.enter(block),
                None => {
                    self.above.pop();
                }
            }
        }
    }
}
