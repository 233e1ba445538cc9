//! What the threads look at, in random order, made before anything is measured.
//!
//! Threads run through one shuffled list from different places: the order is
//! random to the forest, but the list itself is read ahead by the processor.

use uuid::Uuid;

use crate::forest::{TREE, uuid};
use crate::order::Random;

/// The UUIDs of some whole trees of ten.
pub struct Keys {
    /// All providers, shuffled.
    pub providers: Vec<Uuid>,
    /// All roots, shuffled.
    pub roots: Vec<Uuid>,
    /// Two providers of each tree, shuffled.
    pub pairs: Vec<(Uuid, Uuid)>,
}

impl Keys {
    /// Of the providers with these numbers.
    pub fn new(numbers: std::ops::Range<usize>) -> Self {
        let mut random = Random::new(numbers.len() as u64);
        let mut providers: Vec<_> = numbers.clone().map(uuid).collect();
        let roots = numbers.step_by(TREE);
        let mut pairs: Vec<_> = (roots.clone())
            .map(|root| {
                let from = random.below(TREE);
                let to = (from + 1 + random.below(TREE - 1)) % TREE;
                (uuid(root + from), uuid(root + to))
            })
            .collect();
        let mut roots: Vec<_> = roots.map(uuid).collect();
        random.shuffle(&mut providers);
        random.shuffle(&mut roots);
        random.shuffle(&mut pairs);
        Self {
            providers,
            roots,
            pairs,
        }
    }
}

/// A place in a list that is run through in circles.
pub struct Cursor<'list, T> {
    list: &'list [T],
    at: usize,
    /// How often the end was passed.
    pub rounds: usize,
}

impl<'list, T> Cursor<'list, T> {
    /// Begins where thread `thread` of `threads` does.
    pub fn new(list: &'list [T], thread: usize, threads: usize) -> Self {
        Self {
            list,
            at: list.len() * thread / threads,
            rounds: 0,
        }
    }

    /// The next of the list.
    pub fn next(&mut self) -> &'list T {
        if self.at == self.list.len() {
            self.at = 0;
            self.rounds += 1;
        }
        self.at += 1;
        &self.list[self.at - 1]
    }
}
