//! Counts the outcomes that this thread's sequences have reached, so that a test can check
//! that none is left out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use provider_tree::Error;

thread_local! {
    static REACHED: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// Calls, each with the answers and errors that steps must reach.
pub const OF_STEPS: &[&str] = &[
    "NewRoot: New InvalidName UuidTaken NameTaken NameIsUuid UuidIsName",
    "NewChild: New InvalidName UuidTaken NameTaken NameIsUuid UuidIsName UnknownProvider",
    "Remove: Count UnknownProvider",
    "Rename: Changed(true) Changed(false) UnknownProvider InvalidName NameTaken NameIsUuid",
    "MoveTo: Changed(true) Changed(false) UnknownProvider Cycle",
    "MoveToRoot: Changed(true) Changed(false) UnknownProvider",
    "Populate: Nothing InvalidName InvalidInventory DuplicateProvider MissingParents Cycle",
    "Populate: RootMismatch NameTaken NameIsUuid UuidIsName ReservedAboveTotal",
    "ReplaceAll: Nothing InvalidName InvalidInventory DuplicateProvider MissingParents Cycle",
    "ReplaceAll: RootMismatch NameTaken NameIsUuid",
    "UpdateInventory: Changed(true) Changed(false) UnknownProvider",
    "UpdateInventory: DuplicateResourceClass InvalidInventory ReservedAboveTotal",
    "UpdateTraits: Changed(true) Changed(false) UnknownProvider InvalidTrait",
    "AddTraits: Changed(true) Changed(false) UnknownProvider InvalidTrait",
    "RemoveTraits: Changed(true) Changed(false) UnknownProvider InvalidTrait",
    "UpdateAggregates: Changed(true) Changed(false) UnknownProvider",
    "AddAggregates: Changed(true) Changed(false) UnknownProvider",
    "RemoveAggregates: Changed(true) Changed(false) UnknownProvider",
    "UpdateResources: Changed(true) Changed(false) UnknownProvider",
    "SetGeneration: Changed(true) Changed(false) UnknownProvider",
    "ExpectGeneration: Nothing GenerationConflict UnknownProvider",
    "HasInventory: true false UnknownProvider",
    "InventoryChanged: true false UnknownProvider DuplicateResourceClass InvalidInventory",
    "InventoryChanged: ReservedAboveTotal",
    "HasTraits: true false UnknownProvider InvalidTrait",
    "TraitsChanged: true false UnknownProvider InvalidTrait",
    "InAggregates: true false UnknownProvider",
    "AggregatesChanged: true false UnknownProvider",
    "ResourcesChanged: true false UnknownProvider",
    "HasSharingProvider: true false",
    "Subtree: Tree NotARoot UnknownProvider",
    "Astray: conflict",
    "Generation: alone",
    "Echo: unchanged",
    "Resync: unchanged shuffled moved rebuilt emptied",
    "Update: again",
    "Commit: conflict",
    "Follow: changed gone part left",
];

/// The same for forests of hundreds of providers.
pub const OF_SHAPES: &[&str] = &[
    "NewChild: New TooDeep",
    "NewRoot: New",
    "MoveTo: Changed(true) Changed(false) Cycle TooDeep lower",
    "MoveToRoot: Changed(true)",
    "Populate: Nothing MissingParents Cycle TooDeep",
    "ReplaceAll: Nothing MissingParents",
    "Remove: Count",
    "Echo: unchanged",
    "Resync: shuffled moved",
    "Children: hundreds",
    "Tree: grown shrunk",
    "Moved: between large",
    "Roots: come go",
    "Levels: thousand",
];

/// Counts the outcome of a call.
pub fn note(call: &str, outcome: &Result<impl Debug, Error>) {
    let outcome = match outcome {
        Ok(value) => kind(value),
        Err(Error::InvalidRecord { reason, .. }) => kind(reason),
        Err(error) => kind(error),
    };
    mark(call, &outcome);
}

/// Counts an event.
pub fn mark(call: &str, outcome: &str) {
    let mark = format!("{call}: {outcome}");
    REACHED.with_borrow_mut(|reached| *reached.entry(mark).or_default() += 1);
}

/// The count of a mark.
pub fn times(mark: &str) -> usize {
    REACHED.with_borrow(|reached| reached.get(mark).copied().unwrap_or_default())
}

/// The outcomes not reached yet. Prints the counts of the others.
pub fn missing(expected: &[&str]) -> Vec<String> {
    let calls = expected.iter().filter_map(|line| line.split_once(": "));
    let marks = calls.flat_map(|(call, outcomes)| {
        let outcomes = outcomes.split(' ');
        outcomes.map(move |outcome| format!("{call}: {outcome}"))
    });
    REACHED.with_borrow(|reached| {
        println!("{reached:#?}");
        marks.filter(|mark| !reached.contains_key(mark)).collect()
    })
}

/// The name of a variant, with its value if that is a `bool`.
pub fn kind(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find([' ', '{']).unwrap_or(text.len());
    let head = &text[..end];
    match head.find('(') {
        Some(open) if !head.starts_with("Changed") => head[..open].to_owned(),
        _ => head.to_owned(),
    }
}

/// The same for diffs of states.
pub const OF_STATES: &[&str] = &[
    "Diff: Added Removed Updated",
    "Removal: early late",
    "Arrives: Last Before",
    "Moves: Last Before",
    "OneByOne: Same Name",
    "Merge: Merged ChangedMeanwhile NameTaken MissingParents",
];
