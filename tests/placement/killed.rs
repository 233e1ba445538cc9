//! A service of its own for each test: one that is killed in the middle of a push, and one
//! that answers several writers with errors.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use provider_tree::placement::{Mirror, Retry, Scope, State};
use provider_tree::{Inventory, NewProvider, ProviderTree, ResourceClass};
use uuid::Uuid;

use crate::service::{client_of, root, unique};
use crate::truth;

crate::tests![
    a_service_killed_in_the_middle_of_a_push_gets_the_rest_later,
    writers_of_a_locked_database_converge,
];

/// Placement on sqlite with several threads.
struct Service(PathBuf);

impl Service {
    fn start(name: &str) -> Self {
        let service = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        service.run(&["start", "--no-keystone", "--sqlite", "--threads", "4"]);
        service
    }

    fn run(&self, arguments: &[&str]) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/placement/service");
        let mut command = Command::new(script);
        command.env("PROVIDER_TREE_SERVICE_DIR", &self.0);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn url(&self) -> String {
        let lines = self.run(&["url"]);
        let url = lines
            .lines()
            .find_map(|line| line.strip_prefix("PROVIDER_TREE_PLACEMENT_URL="));
        url.unwrap().to_owned()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.run(&["stop"]);
    }
}

fn mirror(url: &str, root: Uuid) -> Mirror {
    let quick = Retry::default()
        .first(Duration::from_millis(5))
        .cap(Duration::from_millis(50));
    let tree = Arc::new(ProviderTree::new());
    Mirror::new(tree, client_of(url), Scope::Trees(vec![root])).retry(quick)
}

fn state(mirror: &Mirror, root: Uuid) -> State {
    let snapshot = mirror.tree().snapshot();
    State::of(&snapshot, &Scope::Trees(vec![root]), [])
}

fn sync_until_complete(mirror: &Mirror) {
    for _ in 0..100 {
        if mirror.sync().is_ok_and(|synced| synced.is_complete()) {
            return;
        }
    }
    panic!("100 times in a row not complete");
}

fn a_service_killed_in_the_middle_of_a_push_gets_the_rest_later() {
    let service = Service::start("killed");
    let url = service.url();
    let mut interrupted = 0;
    for delay in [10, 50, 100, 200] {
        let root = Uuid::new_v4();
        let mirror = mirror(&url, root);
        mirror.pull().unwrap();
        let edits = mirror.tree().update(|transaction| {
            transaction.new_root(NewProvider::new(&unique("root")).uuid(root))?;
            for _ in 0..16 {
                let child = transaction.new_child(&unique("child"), root)?;
                let cpus = (ResourceClass::VCPU, Inventory::new(8));
                transaction.update_inventory(child, [cpus], None)?;
                transaction.add_traits(child, ["HW_NUMA_ROOT"])?;
            }
            Ok(())
        });
        edits.unwrap();
        let wanted = state(&mirror, root);
        thread::scope(|scope| {
            let pushing = scope.spawn(|| mirror.push());
            thread::sleep(Duration::from_millis(delay));
            service.run(&["kill"]);
            let pushed = pushing.join().unwrap().unwrap();
            interrupted += usize::from(!pushed.is_complete() && !pushed.done.is_empty());
        });
        assert!(state(&mirror, root).agrees_with(&wanted), "{delay}");
        service.run(&["resume"]);
        sync_until_complete(&mirror);
        let theirs = truth::read(&client_of(&url), root);
        assert!(theirs.agrees_with(&wanted), "{delay}: {theirs:#?}");
        assert_eq!(state(&mirror, root), theirs, "{delay}");
        // Each provider got its inventory and its traits once.
        let children = theirs.iter().filter(|(uuid, _)| *uuid != root);
        for (_, provider) in children {
            assert_eq!(provider.generation(), Some(2), "{delay}: {provider:?}");
        }
    }
    assert!(interrupted > 0, "no push was interrupted half-way");
}

fn writers_of_a_locked_database_converge() {
    const EDITS: usize = 10;
    let service = Service::start("locked");
    let url = service.url();
    let root = root(&client_of(&url));
    let mirrors: Vec<Mirror> = (0..4).map(|_| mirror(&url, root)).collect();
    thread::scope(|scope| {
        for (writer, mirror) in mirrors.iter().enumerate() {
            scope.spawn(move || {
                sync_until_complete(mirror);
                for edit in 0..EDITS {
                    let tree = mirror.tree();
                    let name = format!("CUSTOM_LOCKED_{writer}_{edit}");
                    tree.add_traits(root, [name]).unwrap();
                    let child = tree.new_child(&unique("child"), root).unwrap().value;
                    let cpus = (ResourceClass::VCPU, Inventory::new(8));
                    tree.update_inventory(child, [cpus], None).unwrap();
                    sync_until_complete(mirror);
                }
            });
        }
    });
    let theirs = truth::read(&client_of(&url), root);
    for mirror in &mirrors {
        sync_until_complete(mirror);
        assert_eq!(state(mirror, root), theirs);
    }
    let traits = theirs.get(root).unwrap().traits();
    assert_eq!(traits.len(), mirrors.len() * EDITS);
    assert_eq!(theirs.len(), 1 + mirrors.len() * EDITS);
}
