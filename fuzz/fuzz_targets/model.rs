//! Runs the model test with steps chosen by the fuzzer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::model::steps::{World, steps};

/// The most steps in a run.
const STEPS: usize = 40;

fuzz_target!(|bytes: &[u8]| {
    let mut world = World::new();
    // Four bytes seed one step, so the fuzzer moves and repeats whole steps.
    for four in bytes.chunks(4).take(STEPS) {
        let mut seed = [0; 32];
        seed[..four.len()].copy_from_slice(four);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let drawn = steps(1)
            .new_tree(&mut runner)
            .expect("the strategy filters nothing");
        for step in drawn.current() {
            world.take(&step);
        }
    }
    world.finish();
});

type Cell = provider_tree::ArcSwapCell;

#[path = "../../tests/common/refusal.rs"]
mod refusal;

/// The parts of the suite that the model uses.
mod cases {
    use provider_tree::Snapshot;

    pub(crate) use crate::refusal;

    pub type ProviderTree = provider_tree::ProviderTree<crate::Cell>;

    pub fn fork(first: Snapshot) -> ProviderTree {
        ProviderTree::from_snapshot(first)
    }
}

#[path = "../../tests/suite/model"]
mod model {
    mod branch;
    mod check;
    mod content;
    mod drawing;
    mod edit;
    mod follow;
    mod forest;
    mod names;
    mod pool;
    mod populate;
    mod question;
    mod records;
    pub mod steps;
    #[expect(
        dead_code,
        reason = "the suite asserts what was reached; the fuzzer does not"
    )]
    mod tally;
    mod walk;
}
