//! The client of Placement: against the real services where their addresses are
//! in the environment (`tests/run` starts them), and against recorded answers
//! and small local servers anywhere. Tests without their service count as ignored.

mod auth;
mod calls;
mod convergence;
mod events;
mod fake;
mod faults;
mod host;
mod keystone;
mod killed;
mod limits;
#[path = "../common/events.rs"]
mod listen;
mod mirror_alone;
mod mirror_conflicts;
mod mirror_outages;
mod mirror_pulls;
mod mirror_pushes;
mod mirror_requests;
mod mirror_run;
mod other_servers;
mod proxy;
mod proxy_faults;
mod reader;
mod recorded;
mod redaction;
mod refusals;
mod service;
mod tls;
mod truth;
mod waits;
mod writer;

use libtest_mimic::{Arguments, Trial};

/// A test that needs nothing.
type Local = (&'static str, fn());

fn main() {
    if writer::is_writer() {
        return;
    }
    let arguments = Arguments::from_args();
    let local = [
        auth::TESTS,
        events::TESTS,
        limits::TESTS,
        mirror_alone::TESTS,
        mirror_outages::LOCAL,
        mirror_pulls::LOCAL,
        other_servers::TESTS,
        recorded::TESTS,
        redaction::TESTS,
        tls::TESTS,
    ];
    let mut trials: Vec<Trial> = local.concat().into_iter().map(trial).collect();

    let placement = [
        calls::TESTS,
        convergence::TESTS,
        faults::TESTS,
        killed::TESTS,
        mirror_conflicts::TESTS,
        mirror_outages::TESTS,
        mirror_pulls::TESTS,
        mirror_pushes::TESTS,
        mirror_requests::TESTS,
        mirror_run::TESTS,
        proxy_faults::TESTS,
        refusals::TESTS,
    ]
    .concat();
    let has_placement = service::address("PROVIDER_TREE_PLACEMENT_URL").is_some();
    let keystone = keystone::TESTS;
    let has_keystone = service::address("PROVIDER_TREE_KEYSTONE_URL").is_some();
    for (tests, is_there, what) in [
        (&placement[..], has_placement, "Placement"),
        (keystone, has_keystone, "Keystone"),
    ] {
        if !is_there {
            eprintln!(
                "{} tests left out, which need a real {what}: run tests/run",
                tests.len()
            );
        }
        let tests = tests.iter().copied().map(trial);
        trials.extend(tests.map(|trial| trial.with_ignored_flag(!is_there)));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial((name, test): Local) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// Names tests by their functions.
#[macro_export]
macro_rules! tests {
    ($($test:ident),* $(,)?) => {
        pub const TESTS: &[(&str, fn())] = &[$((
            concat!(module_path!(), "::", stringify!($test)),
            $test as fn(),
        )),*];
    };
}
