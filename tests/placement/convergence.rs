//! Several mirrors of one tree in Placement, each with a forest of its own: nothing is
//! lost, and all are equal in the end.

use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{ProviderState, RunOptions, Scope, State, Stop};
use provider_tree::{Inventory, ResourceClass};
use uuid::Uuid;

use crate::proxy::Proxy;
use crate::reader;
use crate::service::{address, class, client, placement, root, unique};
use crate::truth;
use crate::waits::{StopOnDrop, at_once, wait_for};
use crate::writer::{CHILDREN, EDITS, Job, Outcome, Process, Site};

crate::tests![
    a_thousand_edits_of_three_processes_are_all_kept,
    eight_writers_that_race_for_traits_converge,
    classes_created_at_the_same_moment_are_all_kept,
    running_mirrors_of_one_tree_converge,
    an_idle_mirror_only_looks,
];

/// On disjoint fields and on a shared one. The processes have nothing in common but
/// Placement.
fn a_thousand_edits_of_three_processes_are_all_kept() {
    const WRITERS: usize = 3;
    let direct = client();
    let root = root(&direct);
    let shared: Vec<Uuid> = (0..4)
        .map(|_| {
            let uuid = Uuid::new_v4();
            direct
                .create_provider(uuid, &unique("shared"), Some(root))
                .unwrap();
            truth::set_inventory(&direct, uuid, &ResourceClass::VCPU, 1);
            uuid
        })
        .collect();
    let jobs = (0..WRITERS).map(|number| Job {
        number,
        root,
        shared: shared.clone(),
    });
    let mut writers: Vec<Process> = jobs.map(|job| Process::start(&job)).collect();
    for writer in &mut writers {
        writer.wait_for_edits();
    }
    let outcomes: Vec<Outcome> = writers.into_iter().map(Process::finish).collect();

    let theirs = truth::read(&direct, root);
    for (number, outcome) in outcomes.iter().enumerate() {
        let scope = Scope::Trees(vec![root]);
        assert_eq!(
            State::of(&outcome.tree, &scope, []),
            theirs,
            "writer {number}"
        );
    }
    assert!(outcomes.iter().map(|outcome| outcome.edits).sum::<u32>() >= 1_000);
    // Otherwise nothing was shared at all.
    assert!(outcomes.iter().any(|outcome| outcome.conflicts > 0));

    // Each edit, and nothing else, is there.
    let writers = WRITERS as u32;
    let numbers = 0..EDITS;
    let of_kind = |kind| {
        let rest = numbers.clone().filter(|n| n % (EDITS / CHILDREN) != 0);
        rest.filter(|n| n % 4 == kind).count() as u32
    };
    let sum = |class: &ResourceClass| -> u32 {
        let records = theirs
            .iter()
            .filter_map(|(_, provider)| provider.inventory().get(class));
        records.map(|record| record.total).sum()
    };
    assert_eq!(sum(&ResourceClass::VCPU), 4 + writers * of_kind(1));
    for number in 0..WRITERS {
        let own = class(&format!("CUSTOM_WRITER_{number}"));
        assert_eq!(sum(&own), of_kind(0), "{own}");
    }
    let traits: usize = theirs
        .iter()
        .map(|(_, provider)| provider.traits().len())
        .sum();
    assert_eq!(traits as u32, writers * of_kind(2));
    let aggregates: usize = theirs
        .iter()
        .map(|(_, provider)| provider.aggregates().len())
        .sum();
    assert_eq!(aggregates as u32, writers * of_kind(3));
    assert_eq!(theirs.len() as u32, 1 + 4 + writers * CHILDREN);

    truth::delete(&direct, root);
}

fn eight_writers_that_race_for_traits_converge() {
    const ROUNDS: usize = 5;
    let direct = client();
    let root = root(&direct);
    let sites: Vec<Site> = (0..8).map(|_| Site::new(&placement(), root)).collect();
    let mut redone = 0;
    for round in 0..ROUNDS {
        for (number, site) in sites.iter().enumerate() {
            let name = format!("CUSTOM_RACE_{number}_{round}");
            site.tree.add_traits(root, [name]).unwrap();
        }
        redone += at_once(&sites, Site::sync_until_complete)
            .iter()
            .sum::<u64>();
    }
    redone += at_once(&sites, Site::sync_until_complete)
        .iter()
        .sum::<u64>();
    assert!(redone > 0, "nobody raced");
    let theirs = truth::read(&direct, root);
    assert_eq!(
        theirs.get(root).unwrap().traits().len(),
        sites.len() * ROUNDS
    );
    for site in &sites {
        assert_eq!(site.state(), theirs);
    }
    truth::delete(&direct, root);
}

/// Placement on PostgreSQL loses most of the classes that are created at the same moment,
/// and says that they exist.
fn classes_created_at_the_same_moment_are_all_kept() {
    let direct = client();
    let root = root(&direct);
    let id = Uuid::new_v4().simple().to_string().to_uppercase();
    let created: Vec<_> = (0..8)
        .map(|number| class(&format!("CUSTOM_{id}_{number}")))
        .collect();
    let site_with = |class: &ResourceClass| {
        let site = Site::new(&placement(), root);
        let edit = site.tree.update(|transaction| {
            let child = transaction.new_child(&unique("child"), root)?;
            let record = (class.clone(), Inventory::new(1));
            transaction.update_inventory(child, [record], None)
        });
        edit.unwrap();
        site
    };
    let sites: Vec<Site> = created.iter().map(site_with).collect();
    for pushed in at_once(&sites, |site| site.mirror.push().unwrap()) {
        assert!(pushed.is_complete(), "{:?}", pushed.failed);
    }
    let theirs = truth::read(&direct, root);
    for class in &created {
        let holds = |(_, provider): (_, &ProviderState)| provider.inventory().contains_key(class);
        assert!(theirs.iter().any(holds), "{class}");
    }
}

fn running_mirrors_of_one_tree_converge() {
    const EDITS: usize = 30;
    let direct = client();
    let root = root(&direct);
    let sites: Vec<Site> = (0..2).map(|_| Site::new(&placement(), root)).collect();
    let stop = Stop::new();
    let options = RunOptions::default().interval(Duration::from_millis(50));
    thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        for site in &sites {
            scope.spawn(|| site.mirror.run(&options, &stop, |_| {}));
            scope.spawn(|| {
                let versions = reader::check_until(&stop, &site.tree);
                assert!(versions > 1, "the reader saw no change");
            });
        }
        for edit in 0..EDITS {
            for (number, site) in sites.iter().enumerate() {
                let name = format!("CUSTOM_RUN_{number}_{edit}");
                site.tree.add_traits(root, [name]).unwrap();
                let child = unique("child");
                site.tree.new_child(&*child, root).unwrap();
                site.tree
                    .update_inventory(&*child, [(ResourceClass::VCPU, Inventory::new(1))], None)
                    .unwrap();
            }
            thread::sleep(Duration::from_millis(10));
        }
        wait_for(|| {
            sites.iter().all(|site| {
                let snapshot = site.tree.snapshot();
                let traits = snapshot.get(root).unwrap().traits().len();
                (traits, snapshot.len()) == (2 * EDITS, 1 + 2 * EDITS)
            })
        });
        // In their generations, too.
        wait_for(|| sites[0].state() == sites[1].state());
    });
    let theirs = truth::read(&direct, root);
    for site in &sites {
        assert_eq!(site.state(), theirs);
    }
    let without = theirs
        .iter()
        .filter(|(_, provider)| provider.inventory().is_empty());
    assert_eq!(without.count(), 1, "the root alone has no inventory");
    truth::delete(&direct, root);
}

/// For a few seconds, or as many as `PROVIDER_TREE_IDLE_SECONDS` says.
fn an_idle_mirror_only_looks() {
    let seconds = address("PROVIDER_TREE_IDLE_SECONDS").map_or(3, |text| text.parse().unwrap());
    let interval = Duration::from_millis(100);
    let proxy = Proxy::start(&placement());
    let direct = client();
    let root = root(&direct);
    truth::set_inventory(&direct, root, &ResourceClass::VCPU, 8);
    let site = Site::new(&proxy.url(), root);
    let stop = Stop::new();
    let options = RunOptions::default().interval(interval);
    let idle = |time: Duration| {
        let before = site.tree.snapshot();
        let started = Instant::now();
        proxy.reset();
        let mut reader = site.tree.reader();
        while started.elapsed() < time {
            assert_eq!(reader.load().version(), before.version());
            thread::sleep(Duration::from_millis(1));
        }
        wait_for(|| !proxy.seen().is_empty());
        let seen = proxy.seen();
        let elapsed = started.elapsed();
        let looks = { seen.iter() }
            .filter(|seen| seen.method == "GET" && seen.path.contains("?in_tree="))
            .count();
        assert_eq!(looks, seen.len(), "{seen:?}");
        // As many as the interval asks for, however slow the machine, and one that began
        // before and came late.
        let most = elapsed.as_millis() / interval.as_millis() + 2;
        assert!(looks as u128 <= most, "{looks} in {elapsed:?}");
    };
    thread::scope(|scope| {
        let _stop = StopOnDrop(&stop);
        scope.spawn(|| site.mirror.run(&options, &stop, |_| {}));
        wait_for(|| !proxy.seen().is_empty());
        thread::sleep(interval);
        idle(Duration::from_secs(seconds));
        // What it sends and commits for an edit doesn't wake it either.
        let version = site.tree.version();
        proxy.reset();
        site.tree.add_traits(root, ["HW_NUMA_ROOT"]).unwrap();
        // The edit is committed, and then its generation.
        wait_for(|| site.tree.version() == version + 2);
        idle(Duration::from_secs(1));
    });
    assert_eq!(site.state(), truth::read(&direct, root));
}
