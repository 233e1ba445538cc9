//! What differs between two outlines.

use std::cmp::Ordering;
use std::iter;

use im::ordmap::DiffItem;

use super::block::{self, Block, Cover, way};
use super::{Outline, Rest, Tree};
use crate::provider::provider::Provider;

/// A provider that two outlines have at the same path, or that only one of them has.
pub(in crate::forest) type Difference<'a> = (Option<&'a Provider>, Option<&'a Provider>);

/// What one of two outlines has in the current range of ordinals: a single block, of that
/// level or below.
type Part<'a> = Option<(&'a Block, Cover)>;

impl Outline {
    /// What differs from an older outline, in the order of paths. Shared parts cost
    /// nothing.
    pub(in crate::forest) fn diff<'a>(
        &'a self,
        older: &'a Self,
        differ: &mut impl FnMut(Difference<'a>),
    ) {
        self.diff_trees(older, &mut |old, new| Tree::diff(old, new, differ));
    }

    /// The trees that differ from those of an older outline, paired if their roots have the
    /// same ordinal. Shared parts cost nothing.
    pub(in crate::forest) fn diff_trees<'a>(
        &'a self,
        older: &'a Self,
        differ: &mut impl FnMut(Option<&'a Tree>, Option<&'a Tree>),
    ) {
        let old = older.root.as_ref().map(|root| (root, older.cover));
        let new = self.root.as_ref().map(|root| (root, self.cover));
        let covers = [old, new].into_iter().flatten().map(|(_, cover)| cover);
        let common = covers.reduce(|mut a, b| {
            while !(a.has(b.first) && a.shift >= b.shift) {
                a = a.above();
            }
            a
        });
        if let Some(cover) = common {
            blocks(old, new, cover.shift, differ);
        }
    }
}

/// Compares what two outlines have in the range of a block.
fn blocks<'a>(
    old: Part<'a>,
    new: Part<'a>,
    shift: u32,
    differ: &mut impl FnMut(Option<&'a Tree>, Option<&'a Tree>),
) {
    match (old, new) {
        (None, None) => return,
        (Some((old, _)), Some((new, _))) if old.ptr_eq(new) => return,
        _ => {}
    }
    if shift > 0 {
        for at in 0..block::WAYS {
            let [old, new] = [old, new].map(|part| part_of(part, shift, at));
            blocks(old, new, block::below(shift), differ);
        }
        return;
    }
    for at in 0..block::LEAF_WAYS {
        let [old, new] = [old, new].map(|part| match part?.0 {
            Block::Leaf(trees) => trees[at].as_ref(),
            Block::Inner(_) => None,
        });
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) if old.ptr_eq(new) => {}
            (old, new) => differ(old, new),
        }
    }
}

/// What a part has in one way of a block.
fn part_of(part: Part<'_>, shift: u32, at: usize) -> Part<'_> {
    let (block, cover) = part?;
    match block {
        Block::Inner(blocks) if cover.shift == shift => {
            Some((blocks[at].as_ref()?, cover.below(at)))
        }
        _ => part.filter(|(_, cover)| way(cover.first, shift) == at),
    }
}

impl Tree {
    /// What differs between two trees, or everything in the only one, in the order of
    /// paths.
    pub(in crate::forest) fn diff<'a>(
        old: Option<&'a Self>,
        new: Option<&'a Self>,
        differ: &mut impl FnMut(Difference<'a>),
    ) {
        if let (Some(Self::Many(old)), Some(Self::Many(new))) = (old, new) {
            for item in new.diff(old) {
                differ(match item {
                    DiffItem::Remove(_, old) => (Some(old), None),
                    DiffItem::Add(_, new) => (None, Some(new)),
                    DiffItem::Update { old, new } => (Some(old.1), Some(new.1)),
                });
            }
            return;
        }
        let [old, new] = [old, new].map(|tree| tree.map_or_else(Rest::none, Self::iter));
        merged(old, new)
            .filter(|(old, new)| old != new)
            .for_each(differ);
    }
}

/// The providers of both, paired if their paths are the same.
fn merged<'a>(old: Rest<'a>, new: Rest<'a>) -> impl Iterator<Item = Difference<'a>> {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path().cmp(new.path()),
        };
        Some((
            old.next_if(|_| order.is_le()),
            new.next_if(|_| order.is_ge()),
        ))
    })
}
