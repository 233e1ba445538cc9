//! Runs random sequences of valid and invalid edits and queries on the library and on a
//! plain model of it, which must agree after every step.

mod branch;
mod check;
mod content;
mod diff;
mod drawing;
mod edit;
mod follow;
mod forest;
mod names;
mod place;
mod pool;
mod populate;
mod question;
mod records;
mod shapes;
mod steps;
mod tally;
mod walk;
mod wide;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use self::diff::{States, states};
use self::shapes::{Shape, Shaping, shapings};
use self::steps::{Step, World, steps};

/// The most steps in a sequence; on average half as many.
const STEPS: usize = 80;

const SHAPINGS: usize = 20;

/// How many cases to run, unless `PROPTEST_CASES` says otherwise.
fn cases(count: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if chosen { default.cases } else { count },
        failure_persistence: None,
        max_shrink_iters: 4_096,
        ..default
    }
}

fn take_all(steps: &[Step]) {
    let mut world = World::new();
    for step in steps {
        world.take(step);
    }
    world.finish();
}

fn shape_all(shapings: &[Shaping]) {
    let mut shape = Shape::new();
    for shaping in shapings {
        shape.take(shaping);
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn sequences_of_steps_agree_with_the_model(steps in steps(STEPS)) {
        take_all(&steps);
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn deep_and_wide_forests_agree_with_the_model(shapings in shapings(SHAPINGS)) {
        shape_all(&shapings);
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_diff_turns_any_state_into_any_other(states in states()) {
        states.check();
    }
}

/// Runs the same cases each time.
fn run_deterministic<S: Strategy>(strategy: S, cases: u32, test: impl Fn(S::Value)) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new_with_rng(config, rng).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn steps_reach_every_answer_and_every_error() {
    run_deterministic(steps(STEPS), 64, |steps| take_all(&steps));
    assert_eq!(tally::missing(tally::OF_STEPS), Vec::<String>::new());
}

#[test]
fn shapes_reach_the_deepest_level() {
    run_deterministic(shapings(SHAPINGS), 32, |shapings| shape_all(&shapings));
    assert_eq!(tally::missing(tally::OF_SHAPES), Vec::<String>::new());
    assert!(tally::times("Tree: shrunk") >= 5);
}

#[test]
fn states_reach_every_change_and_every_refusal() {
    run_deterministic(states(), 512, |states: States| states.check());
    assert_eq!(tally::missing(tally::OF_STATES), Vec::<String>::new());
}
