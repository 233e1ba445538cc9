//! A writer: a mirror of a tree that others edit as well, in a process of its own.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use provider_tree::placement::{Call, ConflictKind, Mirror, Policy, Scope, State, Step, Synced};
use provider_tree::{Inventory, NewProvider, Provider, ProviderTree, ResourceClass, Snapshot};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::service::{address, class, client_of, placement, unique};

/// The variable with the job of this process, if it is to be a writer.
const JOB: &str = "PROVIDER_TREE_WRITER";

/// How many edits a writer makes, and how many of them add a child.
pub const EDITS: u32 = 350;
pub const CHILDREN: u32 = 5;

#[derive(Serialize, Deserialize)]
pub struct Job {
    pub number: usize,
    pub root: Uuid,
    /// The providers that all writers edit.
    pub shared: Vec<Uuid>,
}

/// What a writer has done, and its forest at the end.
#[derive(Serialize, Deserialize)]
pub struct Outcome {
    pub edits: u32,
    pub conflicts: u32,
    pub tree: Snapshot,
}

/// Another process of this test that writes. It ends if this one does.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(job: &Job) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(JOB, serde_json::to_string(job).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// Waits until it has made its edits and sent them.
    pub fn wait_for_edits(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "sent\n", "a writer failed");
    }

    /// Lets it read what the others have sent, and end.
    pub fn finish(mut self) -> Outcome {
        self.input.write_all(b"read\n").unwrap();
        let mut outcome = String::new();
        self.output.read_to_string(&mut outcome).unwrap();
        assert!(self.child.wait().unwrap().success(), "a writer failed");
        serde_json::from_str(&outcome).unwrap()
    }
}

/// Does the job of this process. Returns whether it has one.
pub fn is_writer() -> bool {
    let Some(job) = address(JOB) else {
        return false;
    };
    let Job {
        number,
        root,
        shared,
    } = serde_json::from_str(&job).unwrap();
    let mut writer = Writer {
        site: Site::new(&placement(), root),
        number,
        shared,
        pending: BTreeMap::new(),
        edits: 0,
        conflicts: 0,
    };
    writer.run();
    println!("sent");
    let mut line = String::new();
    stdin().read_line(&mut line).unwrap();
    assert_eq!(line, "read\n", "the test has ended");
    writer.site.sync_until_complete();
    let outcome = Outcome {
        edits: writer.edits,
        conflicts: writer.conflicts,
        tree: writer.site.tree.snapshot(),
    };
    serde_json::to_writer(stdout(), &outcome).unwrap();
    true
}

/// One of several mirrors of a tree, and its forest.
pub struct Site {
    pub tree: Arc<ProviderTree>,
    pub mirror: Mirror,
    root: Uuid,
}

impl Site {
    pub fn new(url: &str, root: Uuid) -> Self {
        let tree = Arc::new(ProviderTree::new());
        let scope = Scope::Trees(vec![root]);
        let mirror = Mirror::new(Arc::clone(&tree), client_of(url), scope).policy(Policy::Theirs);
        mirror.pull().unwrap();
        Self { tree, mirror, root }
    }

    pub fn state(&self) -> State {
        State::of(&self.tree.snapshot(), &Scope::Trees(vec![self.root]), [])
    }

    pub fn sync_until_complete(&self) -> u64 {
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

    /// Makes all edits and sends them.
    fn run(&mut self) {
        while self.edits < EDITS {
            for _ in 0..=self.edits % 8 {
                if self.edits < EDITS {
                    self.edit();
                }
            }
            self.sync();
        }
        // A raise that is made again may lose again.
        let deadline = Instant::now() + Duration::from_secs(180);
        while !self.pending.is_empty() {
            assert!(Instant::now() < deadline, "{:?}", self.pending);
            self.sync();
        }
        self.site.sync_until_complete();
    }
}

fn puts_inventory_of(step: &Step, provider: Uuid) -> bool {
    matches!(&step.request, Call::PutInventories { uuid, .. } if *uuid == provider)
}
