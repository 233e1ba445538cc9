//! A fixed push with each fault at each of its requests, on the real service.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use provider_tree::placement::{
    Client, FieldConflict, Method, Mirror, NoAuth, Pushed, Retry, Scope, State,
};
use provider_tree::{Inventory, ProviderTree, ResourceClass, Trait};
use uuid::Uuid;

use crate::proxy::{Fault, Proxy};
use crate::service::{address, class, client, placement, trait_, vcpus};
use crate::truth;

crate::tests![
    a_push_without_a_fault_sends_what_is_needed,
    a_dropped_request_anywhere,
    a_dropped_answer_anywhere,
    a_cut_answer_anywhere,
    a_delayed_request_anywhere,
    a_request_that_outlives_its_caller_anywhere,
    a_repeated_request_anywhere,
    a_500_anywhere,
    a_500_for_what_was_done_anywhere,
    a_503_anywhere,
    a_401_anywhere,
    garbage_anywhere,
    garbage_for_what_was_done_anywhere,
    a_404_of_another_server_anywhere,
    a_409_of_another_server_anywhere,
    another_clients_edit_before_any_request,
    another_clients_edit_after_a_lost_answer,
    another_clients_edit_of_the_same_field_is_never_overwritten,
    a_service_that_is_gone_loses_nothing,
];

/// How long requests may take: on a busy machine, too, none is late unless it is meant to be.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long they may take if one is to outlive its caller, and when that one arrives.
const SHORT_TIMEOUT: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_millis(1_300);

/// A tree in Placement, and a mirror of it whose tree has edits to send.
struct Case {
    direct: Client,
    proxy: Proxy,
    tree: Arc<ProviderTree>,
    mirror: Mirror,
    root: Uuid,
    filled: Uuid,
    tagged: Uuid,
}

impl Case {
    fn new() -> Self {
        Self::with_timeout(TIMEOUT)
    }

    fn with_timeout(timeout: Duration) -> Self {
        let direct = client();
        let proxy = Proxy::start(&placement());
        let tree = Arc::new(ProviderTree::new());
        let id = Uuid::new_v4();
        let name = |what: &str| format!("{what} {id}");
        let create = |what: &str, parent| {
            let uuid = Uuid::new_v4();
            direct.create_provider(uuid, &name(what), parent).unwrap();
            uuid
        };
        let root = create("root", None);
        let filled = create("filled", Some(root));
        let tagged = create("tagged", Some(root));
        let old = create("old", Some(root));
        create("older", Some(old));
        truth::set_inventory(&direct, filled, &ResourceClass::VCPU, 8);

        let through = Client::builder(proxy.url())
            .auth(NoAuth::admin())
            .timeout(timeout)
            .build()
            .unwrap();
        let quick = Retry::default()
            .first(Duration::from_millis(1))
            .cap(Duration::from_millis(20));
        let scope = Scope::Trees(vec![root]);
        let mirror = Mirror::new(Arc::clone(&tree), through, scope).retry(quick);
        mirror.pull().unwrap();
        proxy.reset();

        let custom = class(&format!("CUSTOM_C_{}", simple(id)));
        let edits = tree.update(|transaction| {
            transaction.update_inventory(filled, [vcpus(16)], None)?;
            // They swap their names, and one moves.
            transaction.rename(filled, &name("between"))?;
            transaction.rename(tagged, &name("filled"))?;
            transaction.rename(filled, &name("tagged"))?;
            transaction.move_to(filled, tagged)?;
            transaction.add_traits(tagged, [format!("CUSTOM_T_{}", simple(id))])?;
            transaction.add_aggregates(tagged, [id])?;
            transaction.remove(old)?;
            let new = transaction.new_child(&name("new"), root)?;
            transaction.update_inventory(new, [(custom.clone(), Inventory::new(2))], None)?;
            transaction.add_traits(new, ["HW_NUMA_ROOT"])?;
            transaction.new_child(&name("newer"), new)
        });
        edits.unwrap();
        Self {
            direct,
            proxy,
            tree,
            mirror,
            root,
            filled,
            tagged,
        }
    }

    /// Another client's edits of what the push changes, but of other fields.
    fn foreign_edits(&self) -> impl FnOnce() + Send + use<> {
        let (direct, filled, tagged) = (self.direct.clone(), self.filled, self.tagged);
        move || {
            truth::set_inventory(&direct, filled, &ResourceClass::DISK_GB, 99);
            truth::add_trait(&direct, tagged, &foreign_trait());
        }
    }

    /// What Placement is to have in the end.
    fn wanted(&self, with_foreign_edits: bool) -> State {
        let fork = ProviderTree::from(self.tree.snapshot());
        let edits = fork.update(|transaction| {
            if with_foreign_edits {
                let disks = (ResourceClass::DISK_GB, Inventory::new(99));
                transaction.update_inventory(self.filled, [vcpus(16), disks], None)?;
                transaction.add_traits(self.tagged, [foreign_trait()])?;
            }
            Ok(())
        });
        edits.unwrap();
        State::of(&fork.snapshot(), &self.scope(), [])
    }

    fn scope(&self) -> Scope {
        Scope::Trees(vec![self.root])
    }

    fn ours(&self) -> State {
        State::of(&self.tree.snapshot(), &self.scope(), [])
    }

    fn theirs(&self) -> State {
        truth::read(&self.direct, self.root)
    }

    /// Pushes, and does so again until all is sent; returns all conflicts.
    fn push_until_done(&self) -> Vec<FieldConflict> {
        let mut conflicts = Vec::new();
        let first: Option<Pushed> = self.mirror.push().ok();
        conflicts.extend(first.into_iter().flat_map(|pushed| pushed.conflicts));
        for _ in 0..3 {
            if let Ok(synced) = self.mirror.sync() {
                conflicts.extend(synced.pulled.conflicts.iter().cloned());
                conflicts.extend(synced.pushed.conflicts.iter().cloned());
                // A second one shows that nothing is left.
                if synced.is_complete() && synced.pushed.done.is_empty() {
                    return conflicts;
                }
            }
        }
        conflicts
    }

    /// Whether that request renames or moves a provider.
    fn is_rename(&self, number: usize) -> bool {
        let seen = self.proxy.seen();
        let renames = |path: &str| path.split('/').count() == 3 && path.starts_with("/resource_p");
        { seen.get(number) }.is_some_and(|seen| seen.method == "PUT" && renames(&seen.path))
    }

    /// How many renames, moves, creations and deletions Placement has made.
    fn structural_changes(&self) -> usize {
        let seen = self.proxy.seen();
        let made = seen.iter().filter(|seen| {
            let is_change = seen.method != "GET" && !seen.path.contains("/resource_classes");
            let parts = seen.path.split('/').count();
            let is_structural = seen.path.starts_with("/resource_providers") && parts <= 3;
            is_change && is_structural && seen.status.is_some_and(|status| status < 300)
        });
        made.count()
    }
}

/// Leaves no provider behind, and so no trait in use. Tests that read many are the slower
/// for each of them.
impl Drop for Case {
    fn drop(&mut self) {
        if !thread::panicking() {
            truth::delete(&self.direct, self.root);
        }
    }
}

/// The generations by name, without what differs from case to case.
fn generations(state: &State) -> BTreeMap<String, Option<u64>> {
    let generations = state.iter().map(|(_, provider)| {
        let name = provider.name().split(' ').next().unwrap();
        (name.to_owned(), provider.generation())
    });
    generations.collect()
}

fn simple(id: Uuid) -> String {
    id.simple().to_string().to_uppercase()
}

fn foreign_trait() -> Trait {
    trait_("CUSTOM_FOREIGN")
}

/// What a push without a fault is like.
struct Model {
    requests: usize,
    structural_changes: usize,
    generations: BTreeMap<String, Option<u64>>,
}

impl Model {
    fn new(with_foreign_edits: bool) -> Self {
        let case = Case::new();
        let wanted = case.wanted(with_foreign_edits);
        if with_foreign_edits {
            case.foreign_edits()();
        }
        let pushed = case.mirror.push().unwrap();
        assert!(pushed.is_complete(), "{:?}", pushed.failed);
        assert_eq!(pushed.conflicts, []);
        let theirs = case.theirs();
        assert!(theirs.agrees_with(&wanted), "{theirs:#?}\n{wanted:#?}");
        assert_eq!(case.ours(), theirs);
        Self {
            requests: case.proxy.seen().len(),
            structural_changes: case.structural_changes(),
            generations: generations(&theirs),
        }
    }
}

/// Makes the fault at each request of the push. Every other push has another client's
/// edits before it; with `PROVIDER_TREE_ALL_FAULTS` each is made with and without them.
fn anywhere(fault: impl Fn() -> Fault) {
    let models = [Model::new(false), Model::new(true)];
    let all = address("PROVIDER_TREE_ALL_FAULTS").is_some();
    for (model, with_foreign_edits) in models.iter().zip([false, true]) {
        for number in 0..model.requests {
            if all || with_foreign_edits == (number % 2 == 0) {
                fault_at(number, fault(), with_foreign_edits, model);
            }
        }
    }
}

fn fault_at(number: usize, fault: Fault, with_foreign_edits: bool, model: &Model) {
    let what = format!("at request {number}, foreign edits: {with_foreign_edits}");
    let is_late = matches!(fault, Fault::Delay(LATE));
    let case = Case::with_timeout(if is_late { SHORT_TIMEOUT } else { TIMEOUT });
    let wanted = case.wanted(with_foreign_edits);
    if with_foreign_edits {
        case.foreign_edits()();
    }
    case.proxy.inject(number, fault);
    let pushed = case.mirror.push().unwrap();
    // The service checks no generation: a rename that arrives after those that were sent later
    // has the last word, and nobody can tell it from somebody else's.
    let has_last_word = is_late && case.is_rename(number);
    if !has_last_word {
        // One thing that goes wrong once is no reason to report a failure.
        assert!(pushed.is_complete(), "{what}: {:?}", pushed.failed);
        assert_eq!(pushed.conflicts, [], "{what}");
    }
    let conflicts = case.push_until_done();
    if is_late {
        thread::sleep(LATE - SHORT_TIMEOUT);
    }
    if has_last_word {
        return;
    }
    assert_eq!(conflicts, [], "{what}");
    let theirs = case.theirs();
    assert!(
        theirs.agrees_with(&wanted),
        "{what}: {theirs:#?}\nwanted: {wanted:#?}"
    );
    assert_eq!(case.ours(), theirs, "{what}");
    // Each PUT of content that is made twice moves a generation twice.
    assert_eq!(generations(&theirs), model.generations, "{what}");
    let changes = case.structural_changes();
    let most = model.structural_changes + usize::from(is_late);
    assert!(changes <= most, "{what}: {:#?}", case.proxy.seen());
}

fn a_push_without_a_fault_sends_what_is_needed() {
    let case = Case::new();
    let plan = case.mirror.plan().unwrap();
    let pushed = case.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(pushed.done, plan.steps());
    let changes = |method: Method| case.proxy.count(method.as_str(), "");
    let sent = changes(Method::Put) + changes(Method::Post) + changes(Method::Delete);
    // Placement may lose the class if another test creates one at the same moment. Then the
    // inventory is refused, and both requests are made again.
    let lost = case.proxy.count("PUT", "/resource_classes") - 1;
    assert_eq!(sent, plan.len() + 2 * lost, "{:#?}", case.proxy.seen());
    assert_eq!(pushed.requests as usize, case.proxy.seen().len());
}

fn a_dropped_request_anywhere() {
    anywhere(|| Fault::DropRequest);
}

fn a_dropped_answer_anywhere() {
    anywhere(|| Fault::DropAnswer);
}

fn a_cut_answer_anywhere() {
    anywhere(|| Fault::CutAnswer);
}

fn a_delayed_request_anywhere() {
    anywhere(|| Fault::Delay(Duration::from_millis(100)));
}

fn a_request_that_outlives_its_caller_anywhere() {
    anywhere(|| Fault::Delay(LATE));
}

fn a_repeated_request_anywhere() {
    anywhere(|| Fault::Repeat);
}

fn a_500_anywhere() {
    anywhere(|| Fault::Answer(500, "oh"));
}

fn a_500_for_what_was_done_anywhere() {
    anywhere(|| Fault::AnswerInstead(500, "oh"));
}

fn a_503_anywhere() {
    anywhere(|| Fault::Answer(503, "busy"));
}

fn a_401_anywhere() {
    anywhere(|| Fault::Answer(401, "who?"));
}

fn garbage_anywhere() {
    anywhere(|| Fault::Answer(200, "<html>"));
}

fn garbage_for_what_was_done_anywhere() {
    anywhere(|| Fault::AnswerInstead(200, "<html>"));
}

fn a_404_of_another_server_anywhere() {
    anywhere(|| Fault::Answer(404, "<html>no such page</html>"));
}

fn a_409_of_another_server_anywhere() {
    anywhere(|| Fault::Answer(409, "<html>busy</html>"));
}

fn another_clients_edit_before_any_request() {
    for number in 0..Model::new(false).requests {
        let case = Case::new();
        let wanted = case.wanted(true);
        let edits = case.foreign_edits();
        case.proxy.inject(number, Fault::Before(Box::new(edits)));
        assert_eq!(case.push_until_done(), [], "{number}");
        let theirs = case.theirs();
        assert!(theirs.agrees_with(&wanted), "{number}");
        assert_eq!(case.ours(), theirs, "{number}");
    }
}

fn another_clients_edit_after_a_lost_answer() {
    for number in 0..Model::new(false).requests {
        let case = Case::new();
        let wanted = case.wanted(true);
        let edits = case.foreign_edits();
        case.proxy.inject(number, Fault::DropAnswer);
        case.proxy
            .inject(number + 1, Fault::Before(Box::new(edits)));
        assert_eq!(case.push_until_done(), [], "{number}");
        let theirs = case.theirs();
        assert!(theirs.agrees_with(&wanted), "{number}");
        assert_eq!(case.ours(), theirs, "{number}");
    }
}

fn another_clients_edit_of_the_same_field_is_never_overwritten() {
    for lose_an_answer in [false, true] {
        let mut outcomes = [0, 0];
        for number in 0..Model::new(false).requests {
            let case = Case::new();
            let (direct, filled) = (case.direct.clone(), case.filled);
            let edit = move || truth::set_inventory(&direct, filled, &ResourceClass::VCPU, 99);
            if lose_an_answer {
                case.proxy.inject(number, Fault::DropAnswer);
            }
            let at = number + usize::from(lose_an_answer);
            case.proxy.inject(at, Fault::Before(Box::new(edit)));
            let conflicts = case.push_until_done();
            let total = |state: &State| {
                let inventory = state.get(filled).unwrap().inventory();
                inventory[&ResourceClass::VCPU].total
            };
            let (ours, theirs) = (case.ours(), case.theirs());
            assert_eq!(total(&theirs), 99, "{number}");
            // Ours was there first, and the edit came later: ours then has it. Or
            // the edit was first, and both stay.
            let was_first = total(&ours) == 16;
            assert_eq!(was_first, !conflicts.is_empty(), "{number}: {conflicts:?}");
            assert!(was_first || ours == theirs, "{number}");
            outcomes[usize::from(was_first)] += 1;
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
    }
}

fn a_service_that_is_gone_loses_nothing() {
    let case = Case::new();
    let wanted = case.wanted(false);
    // More than one call tries.
    for number in 0..200 {
        case.proxy.inject(number, Fault::Answer(503, "busy"));
    }
    for _ in 0..2 {
        match case.mirror.push() {
            Ok(pushed) => assert!(!pushed.is_complete() && pushed.done.is_empty()),
            Err(error) => assert!(error.is_unavailable(), "{error}"),
        }
    }
    assert!(case.proxy.seen().len() < 200);
    // What comes meanwhile is in the same push.
    case.tree
        .update_traits(case.root, ["HW_NUMA_ROOT"], None)
        .unwrap();
    assert!(!case.wanted(false).agrees_with(&wanted));
    let wanted = case.wanted(false);
    case.proxy.reset();
    assert_eq!(case.push_until_done(), []);
    assert!(case.theirs().agrees_with(&wanted));
    assert_eq!(case.ours(), case.theirs());
}
