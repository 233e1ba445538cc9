//! Freeing a state node by node, for reclamation only.
//!
//! Dropping a version frees everything that only it has in one go, which may be a whole
//! forest. A teardown keeps a list of what is left to free instead. It takes a node out of
//! its `Arc`: if that was the last reference, the nodes below join the list; else others
//! still have them. If several threads release a node at once, exactly one of them gets it.
//!
//! Nodes are blocks of the outline, nodes and tables of the indices, and trees. A tree of up
//! to 32 providers is freed as a whole, and counts as its providers: they are one
//! allocation, but each has shared parts of its own. The last state of a larger tree is
//! freed a few providers at a time. An older state of one shares most of its maps with a
//! newer one and is freed as a whole.

use std::sync::Arc;

use smallvec::SmallVec;

use super::forest::Forest;
use super::index::{Node, Table};
use super::outline::{Block, Tree};

/// A state of the forest that is being freed, node by node.
pub(crate) struct Teardown {
    /// Nodes left to free, to which there is no other reference. The last one is freed
    /// first, so there are few at a time.
    left: SmallVec<[Part; 8]>,
}

enum Part {
    Node(Arc<Node>),
    Table(Arc<Table>),
    Block(Block),
    Tree(Tree),
}

impl Teardown {
    /// Nothing is freed yet. Cost: O(1).
    pub(crate) fn new(forest: Forest) -> Self {
        let indices = [forest.by_uuid, forest.by_name].map(|index| index.into_root());
        let mut teardown = Self {
            left: SmallVec::new(),
        };
        for root in indices.into_iter().flatten() {
            teardown.add(Part::Node(root));
        }
        if let Some(root) = forest.outline.into_root() {
            teardown.add(Part::Block(root));
        }
        teardown
    }

    /// Frees or releases `nodes` nodes, or a few more; returns how many. A node that others
    /// share only loses a reference, and counts; a tree counts as its providers.
    pub(crate) fn step(&mut self, nodes: usize) -> usize {
        let mut taken = 0;
        while taken < nodes
            && let Some(part) = self.left.pop()
        {
            taken += self.free(part, nodes - taken);
        }
        taken
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// Releases a reference: if it is the last, the node joins the list.
    #[inline(always)]
    fn add(&mut self, part: Part) {
        if part.is_unshared() {
            self.left.push(part);
        } else {
            // Another thread may release the other reference right now: then this is the
            // last, after all.
            self.free(part, 0);
        }
    }

    /// Releases a reference. If it was the last, frees the node and releases those below
    /// it; of a large tree, it frees about `most` nodes. Returns how many nodes that were.
    ///
    /// If several threads release the last references to a node at once, exactly one of
    /// them frees it.
    #[inline(always)]
    fn free(&mut self, part: Part, most: usize) -> usize {
        match part {
            Part::Node(node) => {
                let below = Arc::into_inner(node).map(|node| self.free_node(node));
                1 + below.unwrap_or(0)
            }
            Part::Block(Block::Inner(blocks)) => {
                let below = Arc::into_inner(blocks).map(|all| self.add_all(all, Part::Block));
                1 + below.unwrap_or(0)
            }
            Part::Block(Block::Leaf(trees)) => {
                let below = Arc::into_inner(trees).map(|all| self.add_all(all, Part::Tree));
                1 + below.unwrap_or(0)
            }
            // They have no nodes below.
            Part::Table(table) => {
                drop(table);
                1
            }
            Part::Tree(tree) => {
                let (nodes, left) = tree.free(most);
                self.left.extend(left.map(Part::Tree));
                nodes
            }
        }
    }

    #[inline(never)]
    fn free_node(&mut self, node: Node) -> usize {
        let (tables, nodes) = node.into_parts();
        self.add_all(tables, Part::Table) + self.add_all(nodes, Part::Node)
    }

    /// Releases references, nearly always to nodes that others share: a hundred or more for
    /// each commit. Returns how many there were.
    #[inline(never)]
    fn add_all<T, const WAYS: usize>(
        &mut self,
        all: [Option<T>; WAYS],
        part: impl Fn(T) -> Part,
    ) -> usize {
        let mut count = 0;
        all.into_iter().flatten().for_each(|one| {
            self.add(part(one));
            count += 1;
        });
        count
    }
}

impl Part {
    /// Whether there is no other reference: then there never will be, as the teardown alone
    /// can get at this one.
    ///
    /// `strong_count` is a relaxed load. It chooses how the part is freed, and either choice
    /// is right:
    ///
    /// - If it says one, that is so. A count that is out of date could only lack references
    ///   that were cloned from this one, through the part above. The thread that cloned it
    ///   has since released the part above. `Arc::into_inner` or `Arc::try_unwrap` acquired
    ///   that release before it handed this reference out, so the load shows the clone or a
    ///   later count. Other references keep the count above one
    ///   until they are dropped.
    /// - What they did before they dropped theirs need not have happened before the load, but
    ///   it does before the part is freed: `Arc::into_inner` acquires the count with the last
    ///   decrement, and so does dropping a table or a tree.
    /// - If it says more although the others have been dropped, [`Teardown::free`] gives up
    ///   this reference by a decrement, which tells for certain whether it is the last.
    #[inline(always)]
    fn is_unshared(&self) -> bool {
        let references = match self {
            Self::Node(node) => Arc::strong_count(node),
            Self::Table(table) => Arc::strong_count(table),
            Self::Block(Block::Inner(blocks)) => Arc::strong_count(blocks),
            Self::Block(Block::Leaf(trees)) => Arc::strong_count(trees),
            Self::Tree(Tree::Few(few)) => Arc::strong_count(few),
            Self::Tree(Tree::Many(many)) => Arc::strong_count(many),
        };
        references == 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use uuid::Uuid;

    use super::*;
    use crate::forest::edit::Editor;
    use crate::provider::new::NewProvider;
    use crate::provider::provider::Provider;
    use crate::snapshot::Snapshot;
    use crate::transaction::transaction::Transaction;

    /// A node and its 32 ways.
    const BEYOND: usize = 33;

    /// How many providers the large tree has, and as how many nodes each counts.
    const LARGE: usize = 51;
    const NODES: usize = 8;

    /// Many small trees and a large one.
    fn forest() -> Transaction {
        let mut transaction = Transaction::new(Snapshot::default());
        for number in 0..200_u128 {
            let root = Uuid::from_u128(1_000 * number);
            let name = format!("host{number}");
            transaction
                .new_root(NewProvider::new(&name).uuid(root))
                .unwrap();
            for child in 1..=if number == 7 { 50 } else { number % 4 } {
                let name = format!("host{number}_{child}");
                let uuid = Uuid::from_u128(1_000 * number + child);
                transaction
                    .new_child(NewProvider::new(&name).uuid(uuid), root)
                    .unwrap();
            }
        }
        transaction
    }

    /// A forest that nothing else shares, and clones of all its providers, which show
    /// whether it still exists.
    fn alone() -> (Forest, Vec<Provider>) {
        let transaction = forest();
        let forest = transaction.fork();
        let clones = forest.iter().cloned().collect();
        (forest, clones)
    }

    fn left(clones: &[Provider]) -> usize {
        clones.iter().filter(|one| one.is_shared()).count()
    }

    /// The reference count of each part of a forest.
    fn references(forest: &Forest) -> Vec<usize> {
        let fork = forest.fork();
        let indices = [fork.by_uuid, fork.by_name].map(|index| index.into_root());
        let mut left: Vec<_> = indices.into_iter().flatten().map(Part::Node).collect();
        left.extend(fork.outline.into_root().map(Part::Block));
        let mut references = Vec::new();
        while let Some(part) = left.pop() {
            let with_this_one = match part {
                Part::Table(table) => Arc::strong_count(&table),
                Part::Node(node) => {
                    let (tables, nodes) = Node::clone(&node).into_parts();
                    left.extend(tables.into_iter().flatten().map(Part::Table));
                    left.extend(nodes.into_iter().flatten().map(Part::Node));
                    Arc::strong_count(&node)
                }
                Part::Block(Block::Inner(blocks)) => {
                    left.extend(blocks.iter().flatten().cloned().map(Part::Block));
                    Arc::strong_count(&blocks)
                }
                Part::Block(Block::Leaf(trees)) => {
                    left.extend(trees.iter().flatten().cloned().map(Part::Tree));
                    Arc::strong_count(&trees)
                }
                Part::Tree(Tree::Few(few)) => Arc::strong_count(&few),
                Part::Tree(Tree::Many(many)) => Arc::strong_count(&many),
            };
            references.push(with_this_one - 1);
        }
        references
    }

    fn is_alone(forest: &Forest) -> bool {
        references(forest).iter().all(|count| *count == 1)
    }

    fn take_all_apart(mut teardown: Teardown) -> usize {
        let mut taken = 0;
        while !teardown.is_done() {
            taken += teardown.step(1);
        }
        taken
    }

    #[test]
    fn steps_are_bounded_and_free_everything() {
        for size in [1, 2, 7, 100, 1_000_000] {
            let (forest, clones) = alone();
            // Each part below another counts when it is released and when it is freed; a
            // tree, when it is freed, as its providers, those of a large one more than once.
            let [parts, trees] = [references(&forest).len(), forest.roots().count()];
            let of_large = LARGE * (NODES - 1);
            let expected = (parts - 3) + (parts - trees) + clones.len() + of_large;
            let mut teardown = Teardown::new(forest);
            assert_eq!(left(&clones), clones.len());
            let mut before = clones.len();
            let mut all = 0;
            while !teardown.is_done() {
                let taken = teardown.step(size);
                assert!((1..=size + BEYOND).contains(&taken), "{taken} of {size}");
                assert!(teardown.left.len() < 64, "{} wait", teardown.left.len());
                let now = left(&clones);
                assert!(before - now <= taken, "{before}, then {now}, in {taken}");
                before = now;
                all += taken;
            }
            assert_eq!((before, teardown.step(size)), (0, 0));
            assert_eq!(all, expected);
        }
    }

    #[test]
    fn nodes_shared_with_a_fork_stay_as_they_are() {
        let mut transaction = forest();
        let older = transaction.fork();
        let old = older.get(Uuid::from_u128(100_000)).cloned().unwrap();
        transaction.set_generation("host100", 1).unwrap();
        transaction.remove("host7").unwrap();
        let newer = transaction.fork();
        drop(transaction);
        let shown: Vec<_> = newer.to_records().collect();
        let gone: Vec<_> = older.descendants("host7").unwrap().cloned().collect();
        assert!(!is_alone(&newer));
        // What is shared whole is given up at once.
        assert!(Teardown::new(newer.fork()).is_done());
        let mut teardown = Teardown::new(older);
        while !teardown.is_done() {
            teardown.step(3);
        }
        newer.check_invariants().unwrap();
        assert!(is_alone(&newer));
        assert_eq!(newer.to_records().collect::<Vec<_>>(), shown);
        assert_eq!((gone.len(), left(&gone)), (50, 0));
        // The new state of that provider shares what did not change with the old one.
        assert!(old.is_shared());
        drop(newer);
        assert!(!old.is_shared());
    }

    /// As if another thread had released it at the same moment. What is below is not freed
    /// at once.
    #[test]
    fn a_reference_that_turns_out_to_be_the_last_is_taken_apart_like_any_other() {
        let (forest, clones) = alone();
        let Forest {
            by_uuid, outline, ..
        } = forest;
        let mut teardown = Teardown {
            left: SmallVec::new(),
        };
        let node = by_uuid.into_root().unwrap();
        let (tables, nodes) = Node::clone(&node).into_parts();
        let below = tables.iter().flatten().count() + nodes.iter().flatten().count();
        drop((tables, nodes));
        assert!(below > 1);
        teardown.free(Part::Node(node), 0);
        assert_eq!(teardown.left.len(), below);
        teardown.left.clear();
        // 200 trees are 12 leaves of 16 and one of 8.
        teardown.free(Part::Block(outline.into_root().unwrap()), 0);
        assert_eq!(teardown.left.len(), 13);
        let last = teardown.left.pop().unwrap();
        teardown.free(last, 0);
        assert_eq!(teardown.left.len(), 12 + 8);
        assert_eq!(left(&clones), clones.len());
        assert!(teardown.step(1) > 0);
        take_all_apart(teardown);
        assert_eq!(left(&clones), 0);
    }

    /// The large tree, and clones of its providers. The rest of the forest is gone.
    fn large_tree() -> (Tree, Vec<Provider>) {
        let (forest, mut clones) = alone();
        let Some(Block::Inner(leaves)) = forest.outline.clone().into_root() else {
            panic!("one leaf has all trees");
        };
        let Some(Block::Leaf(trees)) = &leaves[0] else {
            panic!("the first block is no leaf");
        };
        let tree = trees[7].clone().unwrap();
        drop((forest, leaves));
        clones.retain(Provider::is_shared);
        assert_eq!(clones.len(), LARGE);
        (tree, clones)
    }

    #[test]
    fn a_large_tree_is_freed_a_few_providers_at_a_time() {
        for size in [1, 10, 100] {
            let (tree, clones) = large_tree();
            let mut teardown = Teardown {
                left: SmallVec::new(),
            };
            // Even if another thread had released it at the same moment.
            teardown.free(Part::Tree(tree), 0);
            let mut before = LARGE;
            while !teardown.is_done() {
                let taken = teardown.step(size);
                let freed = before - left(&clones);
                assert_eq!(
                    (freed, taken),
                    (size.div_ceil(NODES).min(before), NODES * freed)
                );
                before -= freed;
            }
            assert_eq!(before, 0);
        }
    }

    /// Taking it apart would copy what another state shares.
    #[test]
    fn an_older_state_of_a_large_tree_is_freed_at_once() {
        let mut transaction = forest();
        let older = transaction.fork();
        transaction.set_generation("host7_1", 1).unwrap();
        let newer = transaction.fork();
        drop(transaction);
        let clones: Vec<_> = newer.iter().cloned().collect();
        let taken = take_all_apart(Teardown::new(older));
        assert!(taken < NODES * LARGE, "{taken}");
        assert_eq!(left(&clones), clones.len());
        newer.check_invariants().unwrap();
        let mut teardown = Teardown::new(newer);
        while !teardown.is_done() {
            let before = left(&clones);
            teardown.step(1);
            assert!(before - left(&clones) <= 6);
        }
        assert_eq!(left(&clones), 0);
    }

    #[test]
    fn the_last_thread_to_release_a_state_frees_it() {
        for _ in 0..100 {
            let (forest, clones) = alone();
            let forks = [(); 4].map(|()| forest.fork());
            drop(forest);
            let start = Barrier::new(forks.len());
            thread::scope(|scope| {
                for fork in forks {
                    scope.spawn(|| {
                        start.wait();
                        take_all_apart(Teardown::new(fork));
                    });
                }
            });
            assert_eq!(left(&clones), 0);
        }
    }

    #[test]
    fn several_threads_that_take_apart_what_they_share_leave_the_rest_alone() {
        for _ in 0..50 {
            let (forest, clones) = alone();
            // Forks with roots of their own, which share most of what is below.
            let forks = [10_000, 60_000, 110_000, 160_000].map(|root| {
                let mut editor = Editor::from(&forest);
                let path = editor.get(Uuid::from_u128(root)).unwrap().path().clone();
                editor.edit(&path, |one| one.head_mut().generation = Some(1));
                editor.fork()
            });
            let mut kept = Editor::from(&forest);
            drop(forest);
            let gone = kept.get(Uuid::from_u128(1_001)).unwrap().path().clone();
            drop(kept.detach(&gone));
            let shown: Vec<_> = kept.to_records().collect();
            let teardowns = forks.map(Teardown::new);
            assert!(teardowns.iter().all(|one| !one.is_done()));
            let taken: usize = thread::scope(|scope| {
                let all = teardowns.map(|one| scope.spawn(move || take_all_apart(one)));
                all.into_iter().map(|one| one.join().unwrap()).sum()
            });
            assert!(taken <= 4 * clones.len());
            kept.check_invariants().unwrap();
            assert!(is_alone(&kept));
            assert_eq!(kept.to_records().collect::<Vec<_>>(), shown);
            drop(kept);
            assert_eq!(left(&clones), 0);
        }
    }
}
