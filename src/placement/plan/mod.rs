//! What to send to Placement, and in which order.
//!
//! ```text
//!   classes, traits ─► create, parents first ─► rename, move ─► content ─► delete, children first
//! ```
//!
//! Content is the inventories, then the traits, then the aggregates of a provider, one after
//! another, since each answer has the generation that the next request needs. A step lists the
//! steps it depends on; all others may run at the same time.

mod acknowledge;
mod content;
mod request;
mod service;
mod structure;

use std::collections::BTreeSet;
use std::fmt;

use foldhash::HashMap;
use uuid::Uuid;

pub(in crate::placement) use self::content::is_custom;
pub use self::request::{Call, Step};
use self::structure::Structure;
use crate::placement::state::State;
use crate::provider::name::{ResourceClass, Trait};

/// The requests that lead Placement from one state to another, in order: a dry run.
///
/// The service accepts all of them, sent in this order or in any other that respects their
/// dependencies, if it is in the first state and the second is a forest. States that agree,
/// generations aside, need no request.
///
/// A name that moves from one provider to another is freed first: if necessary, a provider is
/// deleted before others are created, or gets a temporary name, so two that swap names take
/// three requests. A parent that neither state has is assumed to exist.
///
/// Prints one line per request.
///
/// ```
/// use provider_tree::placement::{Plan, State, Vocabulary};
/// use provider_tree::{Inventory, ProviderRecord, ResourceClass};
/// use uuid::Uuid;
///
/// let mut host = ProviderRecord::new(Uuid::from_u128(1), "host");
/// let theirs: State = [host.clone()].into_iter().collect();
/// host.inventory.insert(ResourceClass::new("CUSTOM_FPGA")?, Inventory::new(2));
/// let ours: State = [host].into_iter().collect();
///
/// let plan = Plan::new(&theirs, &ours, &Vocabulary::default());
/// assert_eq!(plan.to_string(), "\
/// PUT /resource_classes/CUSTOM_FPGA
/// PUT /resource_providers/00000000-0000-0000-0000-000000000001/inventories CUSTOM_FPGA: 2  # host
/// ");
/// assert_eq!(plan.steps()[1].after, [0]);
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    steps: Vec<Step>,
}

/// The custom resource classes and traits that Placement is known to have.
///
/// Others are created before their first use. Leave out standard ones: they can't be created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The resource classes.
    pub classes: BTreeSet<ResourceClass>,
    /// The traits.
    pub traits: BTreeSet<Trait>,
}

/// How the inventories of several providers are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inventories {
    Alone,
    Together,
}

impl Plan {
    /// Plans one request for each inventory. Cost: O(size of the states), and O(depth) for
    /// each provider that moves.
    #[must_use]
    pub fn new(from: &State, to: &State, known: &Vocabulary) -> Self {
        Self::with(Inventories::Alone, from, to, known)
    }

    /// Like [`new`](Self::new), with the inventories of all providers in one reshape, which is
    /// atomic, if there are two or more. It needs the role `service`.
    #[must_use]
    pub fn with_reshape(from: &State, to: &State, known: &Vocabulary) -> Self {
        Self::with(Inventories::Together, from, to, known)
    }

    fn with(inventories: Inventories, from: &State, to: &State, known: &Vocabulary) -> Self {
        let mut steps = Vec::new();
        let terms = content::create_terms(from, to, known, &mut steps);
        let mut structure = Structure::new(from, to, steps);
        structure.create_and_move();
        content::put(inventories, &terms, &mut structure);
        structure.delete_rest();
        Self {
            steps: structure.steps,
        }
    }

    /// The requests, in order. Cost: O(1).
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The number of requests. Cost: O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to send. Cost: O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))
    }
}

/// The providers of a state, each after its parent, siblings by name.
fn top_down(state: &State) -> Vec<Uuid> {
    let mut children: HashMap<Option<Uuid>, Vec<(&str, Uuid)>> = HashMap::default();
    for (uuid, provider) in state.iter() {
        let parent = provider.parent_uuid.filter(|uuid| state.contains(*uuid));
        children
            .entry(parent)
            .or_default()
            .push((&provider.name, uuid));
    }
    let mut order = Vec::with_capacity(state.len());
    // Whatever a walk from the roots does not reach is on a cycle, or below one.
    let mut waiting: Vec<(&str, Uuid)> = Vec::new();
    let mut parent = Some(None);
    while let Some(above) = parent {
        let mut below = children.remove(&above).unwrap_or_default();
        below.sort_unstable_by(|a, b| b.cmp(a));
        waiting.append(&mut below);
        parent = waiting.pop().map(|(_, uuid)| {
            order.push(uuid);
            Some(uuid)
        });
    }
    let mut cyclic: Vec<(&str, Uuid)> = children.into_values().flatten().collect();
    cyclic.sort_unstable();
    order.extend(cyclic.into_iter().map(|(_, uuid)| uuid));
    order
}
