//! A mirror of a Placement that is a function.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{
    Client, Mirror, NoAuth, Reason, Response, Retry, RunOptions, Scope, Stop, TransportError,
};
use provider_tree::{Inventory, ProviderTree};
use uuid::Uuid;

use crate::fake::{Fake, Sent, agree, answer, listing, no_content, refusal};
use crate::service::{class, vcpus};

crate::tests![
    a_provider_that_has_left_the_tree_keeps_its_traits,
    a_provider_that_leaves_the_tree_meanwhile_keeps_its_traits,
    a_run_looks_at_placement_however_busy_the_tree_is,
    classes_are_created_one_at_a_time,
    missing_classes_are_created_one_at_a_time,
    a_forbidden_request_stops_only_its_own_steps,
    a_push_that_the_tree_refuses_tells_what_was_done,
    an_absurd_pause_is_a_day,
    a_reshape_that_counts_differently_hides_no_change,
];

/// A tree and its mirror.
fn mirror<F>(scope: Scope, answer: F) -> (Arc<ProviderTree>, Mirror)
where
    F: Fn(usize, &Sent) -> Result<Response, TransportError> + Send + Sync + 'static,
{
    let client = Client::builder("http://placement").auth(NoAuth::admin());
    let client = client.transport(Fake::new(answer)).build().unwrap();
    let tree = Arc::new(ProviderTree::new());
    let quick = Retry::default().first(Duration::from_millis(1));
    let mirror = Mirror::new(Arc::clone(&tree), client, scope).retry(quick);
    (tree, mirror)
}

const ROOT: Uuid = Uuid::from_u128(1);
const MOVED: Uuid = Uuid::from_u128(2);

/// A Placement with a root and so many children that they are read by traits. All have one
/// trait. It is asked `has_moved` at each request whether one child has become a root.
fn many(has_moved: impl Fn(&Sent) -> bool, sent: &Sent) -> Response {
    let has_moved = has_moved(sent);
    let all = || (1..=80).map(Uuid::from_u128);
    let name = |uuid: Uuid| uuid.to_string().replace('-', "_");
    let names: Vec<String> = all().map(name).collect();
    let listed = |is_listed: &dyn Fn(Uuid) -> bool| {
        let of_them = all().zip(&names).filter(|(uuid, _)| is_listed(*uuid));
        listing(of_them.map(|(uuid, name)| {
            let is_root = uuid == ROOT || (has_moved && uuid == MOVED);
            (uuid, &**name, 3, (!is_root).then_some(ROOT))
        }))
    };
    let path = sent.url.strip_prefix("http://placement").unwrap();
    let path = path.replace("%2D", "-").replace("%5F", "_");
    if path == "/traits?associated=true" {
        return answer(200, &[], r#"{"traits": ["COMPUTE_NODE"]}"#);
    }
    if path.starts_with(&format!("/resource_providers?in_tree={ROOT}")) {
        return listed(&|uuid| !has_moved || uuid != MOVED);
    }
    if path == format!("/resource_providers?in_tree={MOVED}") {
        return listed(&|uuid| has_moved && uuid == MOVED);
    }
    if path.ends_with("/traits") {
        let body = r#"{"resource_provider_generation": 3, "traits": ["COMPUTE_NODE"]}"#;
        return answer(200, &[], body);
    }
    no_content(&path, 3)
}

fn assert_all_have_their_trait(tree: &ProviderTree) {
    let snapshot = tree.snapshot();
    assert_eq!(snapshot.len(), 80);
    for number in 1..=80 {
        let provider = snapshot.get(Uuid::from_u128(number)).unwrap();
        assert!(provider.has_trait("COMPUTE_NODE"), "{}", provider.name());
    }
}

fn a_provider_that_has_left_the_tree_keeps_its_traits() {
    let moves = Arc::new(AtomicBool::new(false));
    let has_moved = Arc::clone(&moves);
    let (tree, mirror) = mirror(Scope::Trees(vec![ROOT]), move |_, sent| {
        Ok(many(|_| has_moved.load(Relaxed), sent))
    });
    let pulled = mirror.pull().unwrap();
    assert_all_have_their_trait(&tree);
    // Listings before and after that of the one trait.
    assert_eq!(pulled.requests, 4 + 2 * 80);
    moves.store(true, Relaxed);
    let pulled = mirror.pull().unwrap();
    assert_all_have_their_trait(&tree);
    // One listing and one read of traits for the one that has moved.
    assert_eq!(pulled.requests, 6 + 2 * 80);
    assert!(mirror.plan().unwrap().is_empty());
}

fn a_provider_that_leaves_the_tree_meanwhile_keeps_its_traits() {
    let moves = AtomicBool::new(false);
    let (tree, mirror) = mirror(Scope::Trees(vec![ROOT]), move |_, sent| {
        let has_moved = |sent: &Sent| {
            moves.fetch_or(sent.url.contains("required="), Relaxed);
            moves.load(Relaxed)
        };
        Ok(many(has_moved, sent))
    });
    mirror.pull().unwrap();
    assert_all_have_their_trait(&tree);
}

/// A Placement of one provider, which another client renames once it has been read. Its
/// generation never moves, so that it is read once.
fn renamed_later() -> (Arc<ProviderTree>, Mirror) {
    mirror(Scope::Forest, move |number, sent| {
        let name = if number == 0 { "host" } else { "renamed" };
        Ok(match &*sent.url {
            "http://placement/resource_providers" => listing([(ROOT, name, 1, None)]),
            _ => match &sent.body {
                Some(body) => answer(200, &[], body),
                None => no_content(&sent.url, 1),
            },
        })
    })
}

fn a_run_looks_at_placement_however_busy_the_tree_is() {
    let (tree, mirror) = renamed_later();
    let stop = Stop::new();
    let options = RunOptions::default().interval(Duration::from_millis(50));
    let started = Instant::now();
    let mut edits = 0;
    mirror.run(&options, &stop, |_| {
        let is_renamed = tree.find("renamed").is_some();
        if is_renamed || started.elapsed() > Duration::from_secs(10) {
            stop.stop();
        }
        // There is always an edit to send.
        edits += 1;
        tree.update_inventory(ROOT, [vcpus(edits)], None).unwrap();
    });
    assert!(tree.find("renamed").is_some());
}

/// Notes how many requests that create a class are under way at the same time.
#[derive(Default)]
struct Creations {
    under_way: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

impl Creations {
    fn answer(&self, sent: &Sent) -> Response {
        if !sent.url.contains("/resource_classes/") {
            return agree(sent);
        }
        let others = self.under_way.fetch_add(1, Relaxed);
        self.most.fetch_max(others + 1, Relaxed);
        self.all.fetch_add(1, Relaxed);
        // Long enough for the others to begin.
        thread::sleep(Duration::from_millis(50));
        self.under_way.fetch_sub(1, Relaxed);
        agree(sent)
    }
}

/// Eight providers, each with a class of its own.
fn with_classes(tree: &ProviderTree) {
    for number in 0..8 {
        let root = tree.new_root(&format!("root{number}")).unwrap().value;
        let class = class(&format!("CUSTOM_CLASS_{number}"));
        let inventory = [(class, Inventory::new(1))];
        tree.update_inventory(root, inventory, None).unwrap();
    }
}

fn classes_are_created_one_at_a_time() {
    let creations = Arc::new(Creations::default());
    let seen = Arc::clone(&creations);
    let (tree, mirror) = mirror(Scope::Forest, move |_, sent| Ok(seen.answer(sent)));
    with_classes(&tree);
    let pushed = mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(creations.all.load(Relaxed), 8);
    assert_eq!(creations.most.load(Relaxed), 1);
}

fn missing_classes_are_created_one_at_a_time() {
    let creations = Arc::new(Creations::default());
    let seen = Arc::clone(&creations);
    let refused = Mutex::new(Vec::new());
    let (tree, mirror) = mirror(Scope::Forest, move |_, sent| {
        // Each is refused once: the class got lost.
        if sent.url.ends_with("/inventories") {
            let mut refused = refused.lock().unwrap();
            if !refused.contains(&sent.url) {
                refused.push(sent.url.clone());
                return Ok(refusal(400, "placement.undefined_code"));
            }
        }
        Ok(seen.answer(sent))
    });
    with_classes(&tree);
    let pushed = mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(creations.all.load(Relaxed), 16);
    assert_eq!(creations.most.load(Relaxed), 1);
}

fn a_forbidden_request_stops_only_its_own_steps() {
    let (tree, mirror) = mirror(Scope::Forest, |_, sent| {
        Ok(match sent.url.ends_with("/traits") {
            true => refusal(403, "placement.undefined_code"),
            false => agree(sent),
        })
    });
    for name in ["a", "b"] {
        let root = tree.new_root(name).unwrap().value;
        tree.update_inventory(root, [vcpus(8)], None).unwrap();
        tree.add_traits(root, ["COMPUTE_NODE"]).unwrap();
    }
    tree.add_aggregates("a", [Uuid::from_u128(9)]).unwrap();
    let pushed = mirror.push().unwrap();
    assert_eq!((pushed.done.len(), pushed.failed.len()), (4, 2));
    // The aggregates of the same provider come after its traits.
    assert_eq!(pushed.not_tried.len(), 1);
    for failure in &pushed.failed {
        assert!(matches!(&failure.reason, Reason::Refused(error) if error.is_forbidden()));
    }
}

fn a_push_that_the_tree_refuses_tells_what_was_done() {
    let (tree, mirror) = mirror(Scope::Forest, |_, sent| {
        Ok(match sent.url.ends_with("/inventories") {
            // More is reserved than there is.
            true => answer(
                200,
                &[],
                r#"{"resource_provider_generation": 1,
                    "inventories": {"VCPU": {"total": 1, "reserved": 5}}}"#,
            ),
            false => agree(sent),
        })
    });
    let root = tree.new_root("host").unwrap().value;
    tree.update_inventory(root, [vcpus(8)], None).unwrap();
    let before = tree.version();
    let pushed = mirror.push().unwrap();
    assert_eq!((pushed.done.len(), pushed.failed.len()), (2, 0));
    assert!(!pushed.is_complete());
    assert_eq!((tree.version(), pushed.version), (before, before));
    let error = pushed.error.unwrap();
    assert!(error.to_string().contains("reserved"), "{error}");
}

fn an_absurd_pause_is_a_day() {
    let (_, mirror) = mirror(Scope::Forest, |_, _| {
        let forever = u64::MAX.to_string();
        Ok(answer(503, &[("retry-after", &forever)], ""))
    });
    let day = Duration::from_secs(24 * 3_600);
    assert_eq!(mirror.pull().unwrap_err().retry_after(), Some(day));
    let stop = Stop::new();
    let mut rounds = 0;
    mirror.run(&RunOptions::default(), &stop, |round| {
        assert_eq!(round.retry_in, Some(day));
        rounds += 1;
        stop.stop();
    });
    assert_eq!(rounds, 1);
}

/// Another client changes one of two providers right after a reshape. The service adds one to
/// the generation for a reshape where 16.0.0 adds two, so that this one has the expected one.
fn a_reshape_that_counts_differently_hides_no_change() {
    let [changed, other] = [1, 2].map(Uuid::from_u128);
    let is_reshaped = AtomicBool::new(false);
    let (tree, mirror) = mirror(Scope::Forest, move |_, sent| {
        is_reshaped.fetch_or(sent.url.ends_with("/reshaper"), Relaxed);
        let is_reshaped = is_reshaped.load(Relaxed);
        let is_changed = is_reshaped && sent.url.contains(&changed.to_string());
        let generation = match (is_reshaped, is_changed) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 3,
        };
        let at_generation = |part: &str| {
            let body = format!(r#"{{"resource_provider_generation": {generation}, {part}}}"#);
            answer(200, &[], &body)
        };
        Ok(match sent.url.rsplit('/').next().unwrap() {
            "resource_providers" => {
                let [first, second] = if is_reshaped { [3, 2] } else { [1, 1] };
                listing([(changed, "a", first, None), (other, "b", second, None)])
            }
            "inventories" if is_reshaped => {
                at_generation(r#""inventories": {"VCPU": {"total": 8}}"#)
            }
            "traits" if is_changed => at_generation(r#""traits": ["COMPUTE_NODE"]"#),
            "reshaper" => answer(204, &[], ""),
            _ => no_content(&sent.url, generation),
        })
    });
    mirror.pull().unwrap();
    for uuid in [changed, other] {
        tree.update_inventory(uuid, [vcpus(8)], None).unwrap();
    }
    assert!(mirror.push_atomic().unwrap().is_complete());
    assert!(tree.find(changed).unwrap().has_trait("COMPUTE_NODE"));
    assert_eq!(tree.find(other).unwrap().generation(), Some(2));
}
