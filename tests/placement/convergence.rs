//! Several mirrors of one tree in Placement, each with a forest of its own as if in a
//! process of its own: nothing is lost, and all are equal in the end.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{
    Call, ConflictKind, Mirror, Policy, ProviderState, RunOptions, Scope, State, Step, Stop, Synced,
};
use provider_tree::{Inventory, NewProvider, Provider, ProviderTree, ResourceClass};
use uuid::Uuid;

use crate::proxy::Proxy;
use crate::service::{address, class, client, client_of, placement, root, unique};
use crate::truth;

crate::tests![
    a_thousand_edits_of_three_writers_are_all_kept,
    eight_writers_that_race_for_traits_converge,
    classes_created_at_the_same_moment_are_all_kept,
    running_mirrors_of_one_tree_converge,
    an_idle_mirror_only_looks,
];

/// One of several mirrors of a tree, and its forest.
struct Site {
    tree: Arc<ProviderTree>,
    mirror: Mirror,
    root: Uuid,
}

impl Site {
    fn new(url: &str, root: Uuid) -> Self {
        let tree = Arc::new(ProviderTree::new());
        let scope = Scope::Trees(vec![root]);
        let mirror = Mirror::new(Arc::clone(&tree), client_of(url), scope).policy(Policy::Theirs);
        mirror.pull().unwrap();
        Self { tree, mirror, root }
    }

    fn state(&self) -> State {
        State::of(&self.tree.snapshot(), &Scope::Trees(vec![self.root]), [])
    }

    fn sync_until_complete(&self) -> u64 {
        let mut redone = 0;
        for _ in 0..50 {
            let synced = self.mirror.sync().unwrap();
            redone += synced.pushed.redone;
            if synced.is_complete() {
                return redone;
            }
        }
        panic!("50 pushes in a row were not complete");
    }
}

/// Edits of one site, and what it has to show for them.
struct Writer {
    site: Site,
    number: usize,
    /// The providers that all writers edit.
    shared: Vec<Uuid>,
    /// By how much this writer has raised the class that all writers raise, and does
    /// not know yet that Placement has it.
    pending: BTreeMap<Uuid, u32>,
    edits: u32,
    conflicts: u32,
}

const WRITERS: usize = 3;
const EDITS: u32 = 350;
const CHILDREN: u32 = 5;

impl Writer {
    fn class(&self) -> ResourceClass {
        class(&format!("CUSTOM_WRITER_{}", self.number))
    }

    /// Adds to the total of a record. Two writers that give it the same value would both
    /// have their way, so that another field of it says who was the last.
    fn raise(&self, uuid: Uuid, class: &ResourceClass, by: u32) {
        let committed = self.site.tree.update(|transaction| {
            let old = transaction.get(uuid).map(Provider::inventory);
            let mut new: BTreeMap<ResourceClass, Inventory> = old
                .into_iter()
                .flatten()
                .map(|(class, record)| (class.clone(), *record))
                .collect();
            let record = new.entry(class.clone()).or_insert(Inventory::new(0));
            *record = Inventory::new(record.total + by);
            record.max_unit = Some(1 + self.number as u32);
            transaction.update_inventory(uuid, new, None)
        });
        committed.unwrap();
    }

    fn edit(&mut self) {
        let number = self.edits;
        self.edits += 1;
        let uuid = self.shared[number as usize / 4 % self.shared.len()];
        let tree = &self.site.tree;
        if number.is_multiple_of(EDITS / CHILDREN) {
            let name = unique(&format!("writer {}", self.number));
            let child = NewProvider::new(&name).uuid(Uuid::new_v4());
            tree.new_child(child, self.site.root).unwrap();
            return;
        }
        match number % 4 {
            0 => self.raise(uuid, &self.class(), 1),
            1 => {
                self.raise(uuid, &ResourceClass::VCPU, 1);
                *self.pending.entry(uuid).or_default() += 1;
            }
            2 => {
                let name = format!("CUSTOM_{}_{number}", self.number);
                tree.add_traits(uuid, [name]).unwrap();
            }
            _ => {
                let aggregate = Uuid::from_u64_pair(self.number as u64 + 1, number.into());
                tree.add_aggregates(uuid, [aggregate]).unwrap();
            }
        }
    }

    /// Sends the edits. A raise that lost to another writer's is made again, on top
    /// of that.
    fn sync(&mut self) {
        let Synced { pulled, pushed, .. } = self.site.mirror.sync().unwrap();
        let mut again = BTreeMap::new();
        for conflict in pulled.conflicts.iter().chain(&pushed.conflicts) {
            assert_eq!(conflict.kind, ConflictKind::Inventory(ResourceClass::VCPU));
            self.conflicts += 1;
            let by = self.pending.remove(&conflict.uuid);
            again.insert(conflict.uuid, by.expect("only what is pending can be lost"));
        }
        self.pending.retain(|uuid, _| {
            let failed = pushed.failed.iter().map(|failure| &failure.step);
            let mut left = failed.chain(&pushed.not_tried);
            left.any(|step| puts_inventory_of(step, *uuid))
        });
        for (uuid, by) in again {
            self.raise(uuid, &ResourceClass::VCPU, by);
            self.pending.insert(uuid, by);
        }
    }

    fn run(&mut self, all_are_done: &Barrier) {
        while self.edits < EDITS {
            for _ in 0..=self.edits % 8 {
                if self.edits < EDITS {
                    self.edit();
                }
            }
            self.sync();
        }
        // A raise that is made again may lose again.
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.pending.is_empty() {
            assert!(Instant::now() < deadline, "{:?}", self.pending);
            self.sync();
        }
        self.site.sync_until_complete();
        all_are_done.wait();
        self.site.sync_until_complete();
    }
}

fn puts_inventory_of(step: &Step, provider: Uuid) -> bool {
    matches!(&step.request, Call::PutInventories { uuid, .. } if *uuid == provider)
}

fn a_thousand_edits_of_three_writers_are_all_kept() {
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
    let mut writers: Vec<Writer> = (0..WRITERS)
        .map(|number| Writer {
            site: Site::new(&placement(), root),
            number,
            shared: shared.clone(),
            pending: BTreeMap::new(),
            edits: 0,
            conflicts: 0,
        })
        .collect();
    let all_are_done = Barrier::new(WRITERS);
    thread::scope(|scope| {
        for writer in &mut writers {
            scope.spawn(|| writer.run(&all_are_done));
        }
    });

    let theirs = truth::read(&direct, root);
    for writer in &writers {
        assert_eq!(writer.site.state(), theirs, "writer {}", writer.number);
    }
    assert!(writers.iter().map(|writer| writer.edits).sum::<u32>() >= 1_000);
    // Otherwise nothing was shared at all.
    assert!(writers.iter().any(|writer| writer.conflicts > 0));

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
}

fn eight_writers_that_race_for_traits_converge() {
    const ROUNDS: usize = 5;
    let direct = client();
    let root = root(&direct);
    let sites: Vec<Site> = (0..8).map(|_| Site::new(&placement(), root)).collect();
    let start = Barrier::new(sites.len());
    let redone: u64 = thread::scope(|scope| {
        let threads: Vec<_> = sites
            .iter()
            .enumerate()
            .map(|(number, site)| {
                let start = &start;
                scope.spawn(move || {
                    let mut redone = 0;
                    for round in 0..ROUNDS {
                        let name = format!("CUSTOM_RACE_{number}_{round}");
                        site.tree.add_traits(root, [name]).unwrap();
                        start.wait();
                        redone += site.sync_until_complete();
                    }
                    start.wait();
                    redone + site.sync_until_complete()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert!(redone > 0, "nobody raced");
    let theirs = truth::read(&direct, root);
    assert_eq!(
        theirs.get(root).unwrap().traits().len(),
        sites.len() * ROUNDS
    );
    for site in &sites {
        assert_eq!(site.state(), theirs);
    }
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
    let start = Barrier::new(created.len());
    thread::scope(|scope| {
        for class in &created {
            let (start, site) = (&start, Site::new(&placement(), root));
            scope.spawn(move || {
                let edit = site.tree.update(|transaction| {
                    let child = transaction.new_child(&unique("child"), root)?;
                    let record = (class.clone(), Inventory::new(1));
                    transaction.update_inventory(child, [record], None)
                });
                edit.unwrap();
                start.wait();
                let pushed = site.mirror.push().unwrap();
                assert!(pushed.is_complete(), "{:?}", pushed.failed);
            });
        }
    });
    let theirs = truth::read(&direct, root);
    for class in &created {
        let holds = |(_, provider): (_, &ProviderState)| provider.inventory().contains_key(class);
        assert!(theirs.iter().any(holds), "{class}");
    }
}

/// Waits for what must become true soon.
fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_true() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
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
        for site in &sites {
            scope.spawn(|| site.mirror.run(&options, &stop, |_| {}));
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
        wait_until("both have everything", || {
            sites.iter().all(|site| {
                let snapshot = site.tree.snapshot();
                let traits = snapshot.get(root).unwrap().traits().len();
                (traits, snapshot.len()) == (2 * EDITS, 1 + 2 * EDITS)
            })
        });
        wait_until("both agree in their generations", || {
            sites[0].state() == sites[1].state()
        });
        stop.stop();
    });
    let theirs = truth::read(&direct, root);
    for site in &sites {
        assert_eq!(site.state(), theirs);
    }
    let without = theirs
        .iter()
        .filter(|(_, provider)| provider.inventory().is_empty());
    assert_eq!(without.count(), 1, "the root alone has no inventory");
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
        proxy.reset();
        let until = Instant::now() + time;
        let mut reader = site.tree.reader();
        while Instant::now() < until {
            assert_eq!(reader.load().version(), before.version());
            thread::sleep(Duration::from_millis(1));
        }
        let seen = proxy.seen();
        let looks = proxy.count("GET", "/resource_providers?in_tree=");
        assert_eq!(looks, seen.len(), "{seen:?}");
        // As many as the interval asks for, however slow the machine.
        let most = time.as_millis() / interval.as_millis() + 1;
        assert!((1..=most as usize).contains(&looks), "{looks}");
    };
    thread::scope(|scope| {
        scope.spawn(|| site.mirror.run(&options, &stop, |_| {}));
        wait_until("it looks", || !proxy.seen().is_empty());
        thread::sleep(interval);
        idle(Duration::from_secs(seconds));
        // What it sends and commits for an edit doesn't wake it either.
        let version = site.tree.version();
        proxy.reset();
        site.tree.add_traits(root, ["HW_NUMA_ROOT"]).unwrap();
        wait_until("the edit is committed with its generation", || {
            site.tree.version() == version + 2
        });
        idle(Duration::from_secs(1));
        stop.stop();
    });
    assert_eq!(site.state(), truth::read(&direct, root));
}
