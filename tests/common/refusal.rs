//! Expected errors: the library's own can be matched, but not constructed, outside it.

use provider_tree::{Error, ResourceClass};
use uuid::Uuid;

/// Mirrors [`Error`] variant by variant. The two are equal if their `Debug` output is.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    UnknownProvider {
        key: String,
    },
    UuidTaken {
        uuid: Uuid,
        name: String,
    },
    NameTaken {
        name: String,
        uuid: Uuid,
        held: String,
    },
    NameIsUuid {
        name: String,
        uuid: Uuid,
    },
    UuidIsName {
        uuid: Uuid,
        named: Uuid,
    },
    MissingParents {
        uuids: Vec<Uuid>,
    },
    Cycle {
        uuids: Vec<Uuid>,
    },
    TooDeep {
        uuid: Uuid,
        limit: usize,
    },
    TooManySiblings {
        limit: u64,
    },
    NotARoot {
        uuid: Uuid,
        root: Uuid,
    },
    RootMismatch {
        uuid: Uuid,
        given: Uuid,
        actual: Uuid,
    },
    DuplicateProvider {
        uuid: Uuid,
    },
    ChangedMeanwhile {
        uuids: Vec<Uuid>,
    },
    InvalidRecord {
        uuid: Uuid,
        reason: Box<Refusal>,
    },
    DuplicateResourceClass {
        class: ResourceClass,
    },
    GenerationConflict {
        uuid: Uuid,
        expected: u64,
        actual: Option<u64>,
    },
    InvalidName {
        name: String,
        length: usize,
    },
    InvalidResourceClass {
        name: String,
    },
    InvalidTrait {
        name: String,
    },
    InvalidInventory {
        class: ResourceClass,
        field: &'static str,
        value: String,
        range: &'static str,
    },
    ReservedAboveTotal {
        class: ResourceClass,
        reserved: u32,
        total: u32,
    },
    NestedUpdate,
    ForeignTransaction,
    Contended {
        attempts: u64,
    },
}

impl PartialEq<Refusal> for Error {
    fn eq(&self, expected: &Refusal) -> bool {
        format!("{self:?}") == format!("{expected:?}")
    }
}

/// Whether the call failed with this error.
impl<T> PartialEq<Refusal> for Result<T, Error> {
    fn eq(&self, expected: &Refusal) -> bool {
        self.as_ref().err().is_some_and(|error| error == expected)
    }
}
