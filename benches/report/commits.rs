//! Sequential commits in one thread: the time of each kind, and the slowest.

use std::time::{Duration, Instant};

use crate::keys::{Changes, Cursor, Keys};
use crate::median;
use crate::peers::Peer;
use crate::slice::next_pair;
use crate::table::{NONE, Table, grouped};

/// How many commits of two updates a round has: once for the mean, and once for the slowest.
const COMMITS: usize = 5_000;

/// The minimum number of structural commits of one kind in a round.
const STRUCTURAL: usize = 500;

/// The measured kinds, in the order of the figures.
const KINDS: [&str; 7] = [
    "two updates",
    "slowest of 5,000",
    "add a child",
    "remove it",
    "add a tree of ten",
    "remove it",
    "move a leaf",
];

/// Microseconds for each of the kinds.
pub type Figures = [f64; KINDS.len()];

/// One round of all kinds. Afterwards only the VCPUs of the forest differ.
pub fn round<P: Peer>(peer: &P, keys: &Keys, changes: &Changes) -> Figures {
    let mut pairs = Cursor::new(&keys.pairs, 0, 1);
    let mut update = || {
        let (from, to) = next_pair(&mut pairs);
        peer.update_two(from, to);
    };
    let two = each(COMMITS, &mut update);
    let (mut slowest, mut before) = (Duration::ZERO, Instant::now());
    for _ in 0..COMMITS {
        update();
        let after = Instant::now();
        slowest = slowest.max(after - before);
        before = after;
    }
    let Changes {
        children,
        trees,
        moves,
    } = changes;
    let [add_child, remove_child] = there_and_back(
        children,
        |child| peer.add_child(child),
        |child| peer.remove(child.uuid),
    );
    let [add_tree, remove_tree] = there_and_back(
        trees,
        |tree| peer.add_tree(tree),
        |tree| peer.remove(tree[0].uuid),
    );
    let [there, back] = there_and_back(
        moves,
        |&(leaf, _, other)| peer.move_to(leaf, other),
        |&(leaf, home, _)| peer.move_to(leaf, home),
    );
    let slowest = slowest.as_secs_f64() * 1e6;
    let moved = f64::midpoint(there, back);
    [
        two,
        slowest,
        add_child,
        remove_child,
        add_tree,
        remove_tree,
        moved,
    ]
}

/// Applies an operation to a whole list, then undoes it, repeatedly: the times of both.
fn there_and_back<T>(list: &[T], mut there: impl FnMut(&T), mut back: impl FnMut(&T)) -> [f64; 2] {
    let times = STRUCTURAL.div_ceil(list.len());
    let rounds = (0..times).map(|_| {
        let mut all = list.iter();
        let there = each(list.len(), || all.next().map(&mut there));
        let mut all = list.iter();
        let back = each(list.len(), || all.next().map(&mut back));
        [there, back]
    });
    let rounds: Vec<_> = rounds.collect();
    [0, 1].map(|at| rounds.iter().map(|round| round[at]).sum::<f64>() / times as f64)
}

/// Microseconds per call.
fn each<T>(count: usize, mut call: impl FnMut() -> T) -> f64 {
    let begun = Instant::now();
    for _ in 0..count {
        call();
    }
    begun.elapsed().as_secs_f64() * 1e6 / count as f64
}

/// The figures of all implementations at one size, as medians of the rounds.
pub fn table<'a>(size: usize, all: impl Iterator<Item = (&'a str, &'a [Figures])>) -> Table {
    let lines = all.map(|(peer, rounds)| {
        let figures = (0..KINDS.len()).map(|kind| match rounds {
            [] => NONE.to_owned(),
            rounds => format!("{:.2}", median(rounds.iter().map(|round| round[kind]))),
        });
        [peer.to_owned()].into_iter().chain(figures).collect()
    });
    Table {
        title: format!(
            "{} providers: time per commit in microseconds, one thread. {NONE}: skipped, since \
            each commit copies all providers",
            grouped(size)
        ),
        head: ["implementation"]
            .into_iter()
            .chain(KINDS)
            .map(str::to_owned)
            .collect(),
        lines: lines.collect(),
    }
}
