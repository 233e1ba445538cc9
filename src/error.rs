//! The one error type: what was wrong, and what to do about it.

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;

use uuid::Uuid;

use crate::provider::name::ResourceClass;
use crate::text::Escaped;

/// How many characters of a caller's text an error quotes.
const EXCERPT: usize = 200;

/// How many UUIDs the text of an error lists. Its fields hold them all.
const LISTED: usize = 10;

/// Why a call was refused. A refused call changes nothing.
///
/// Every variant carries what you need to act on it. Its text says the same in words, with
/// control characters escaped, and quotes at most 200 characters of what you passed in.
///
/// To decide what to do next, ask [`is_not_found`](Self::is_not_found),
/// [`is_taken`](Self::is_taken), [`is_conflict`](Self::is_conflict) or
/// [`is_invalid`](Self::is_invalid): exactly one of them holds.
///
/// ```
/// use provider_tree::ProviderTree;
///
/// let tree = ProviderTree::new();
/// tree.new_root("host")?;
/// assert!(tree.new_root("host").unwrap_err().is_taken());
/// assert!(tree.remove("hots").unwrap_err().is_not_found());
/// assert!(tree.new_root("").unwrap_err().is_invalid());
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No provider has that name or UUID.
    #[error(
        "no provider has the name or UUID `{}`: check its spelling, or add it first",
        Escaped(key)
    )]
    #[non_exhaustive]
    UnknownProvider {
        /// The name or UUID that was looked up.
        key: String,
    },
    /// A new provider has the UUID of an existing one.
    #[error(
        "provider `{}` already has the UUID {uuid}: choose another, or update that provider",
        Escaped(name)
    )]
    #[non_exhaustive]
    UuidTaken {
        /// The UUID that both would have.
        uuid: Uuid,
        /// The name of the provider that has it.
        name: String,
    },
    /// The name belongs to another provider, anywhere in the forest, or spells the same
    /// UUID as that provider's name.
    #[error(
        "provider {uuid} has the name `{}`{}: choose another, or rename that provider",
        Escaped(held),
        as_asked_for(name, held)
    )]
    #[non_exhaustive]
    NameTaken {
        /// The name that was asked for.
        name: String,
        /// The provider that has it.
        uuid: Uuid,
        /// The name as that provider has it. It differs from `name` if the two spell one
        /// UUID differently.
        held: String,
    },
    /// The name spells the UUID of another provider, so looking it up would be ambiguous.
    #[error(
        "the name `{}` is the UUID of another provider: choose another",
        Escaped(name)
    )]
    #[non_exhaustive]
    NameIsUuid {
        /// The name that was asked for.
        name: String,
        /// The provider that has it as its UUID.
        uuid: Uuid,
    },
    /// The UUID is spelled by the name of another provider, so looking it up would be
    /// ambiguous.
    #[error(
        "the UUID {uuid} is the name of provider {named}: choose another, or rename that provider"
    )]
    #[non_exhaustive]
    UuidIsName {
        /// The UUID that was asked for.
        uuid: Uuid,
        /// The provider whose name spells it.
        named: Uuid,
    },
    /// `populate`, `replace_all` or `apply` was given providers with parents that are
    /// neither given nor left in the forest.
    #[error(
        "these parents are neither given nor in the forest: {}: give them too",
        list(uuids)
    )]
    #[non_exhaustive]
    MissingParents {
        /// All missing parents, sorted.
        uuids: Vec<Uuid>,
    },
    /// A provider would be its own ancestor.
    #[error(
        "these providers would be their own ancestors: {}: change the parent of one",
        list(uuids)
    )]
    #[non_exhaustive]
    Cycle {
        /// The providers on the cycle, each followed by its parent.
        uuids: Vec<Uuid>,
    },
    /// A tree would have more than [`Forest::MAX_LEVELS`](crate::Forest::MAX_LEVELS) levels.
    #[error(
        "provider {uuid} would be deeper than {limit} levels: choose a parent nearer to the root"
    )]
    #[non_exhaustive]
    TooDeep {
        /// The provider that would be too deep.
        uuid: Uuid,
        /// The most levels that a tree can have.
        limit: usize,
    },
    /// A provider would have more children, or the forest more roots, than can be numbered.
    #[error("more than {limit} siblings are not supported: choose another parent")]
    #[non_exhaustive]
    TooManySiblings {
        /// The largest number of siblings.
        limit: u64,
    },
    /// A call that takes a root was given another provider.
    #[error("provider {uuid} is not a root: use its root {root}")]
    #[non_exhaustive]
    NotARoot {
        /// The provider that was given.
        uuid: Uuid,
        /// The root of its tree.
        root: Uuid,
    },
    /// A record names a root other than the one that its parents lead to.
    #[error(
        "the record of provider {uuid} names the root {given}, but its parents lead to {actual}: \
         correct the root or leave it out"
    )]
    #[non_exhaustive]
    RootMismatch {
        /// The provider whose record is wrong.
        uuid: Uuid,
        /// The root that its record names.
        given: Uuid,
        /// The root that its parents lead to.
        actual: Uuid,
    },
    /// `populate` or `replace_all` was given two records of one provider, or `apply` two
    /// changes of one.
    #[error("provider {uuid} is given twice: give each provider once")]
    #[non_exhaustive]
    DuplicateProvider {
        /// The provider that was given twice.
        uuid: Uuid,
    },
    /// The changes can't be applied here: some providers differ from what they were when
    /// the changes were computed.
    #[error(
        "these providers differ from what the changes expect: {}: compare with this forest again",
        list(uuids)
    )]
    #[non_exhaustive]
    ChangedMeanwhile {
        /// The providers in the way: changed, removed, already there, or below a provider
        /// that the changes remove.
        uuids: Vec<Uuid>,
    },
    /// `populate` or `replace_all` was given a record with an invalid name or inventory.
    #[error("provider {uuid}: {reason}")]
    #[non_exhaustive]
    InvalidRecord {
        /// The provider whose record is invalid.
        uuid: Uuid,
        /// What is wrong with it.
        reason: Box<Error>,
    },
    /// An inventory was given two records for one class.
    #[error("the inventory has two records for {class}: give each class once")]
    #[non_exhaustive]
    DuplicateResourceClass {
        /// The class that was given twice.
        class: ResourceClass,
    },
    /// A provider's generation is not the expected one: someone else has updated it.
    #[error(
        "provider {uuid} {}: read it again, then retry",
        not_expected(*actual, *expected)
    )]
    #[non_exhaustive]
    GenerationConflict {
        /// The provider.
        uuid: Uuid,
        /// The generation that the caller expected.
        expected: u64,
        /// The generation that the provider has, if any.
        actual: Option<u64>,
    },
    /// A provider's name is empty or longer than 200 characters.
    #[error(
        "the name `{}` has {length} characters: a name has 1 to 200",
        Escaped(name)
    )]
    #[non_exhaustive]
    InvalidName {
        /// The name, cut off with `...` after 200 characters.
        name: String,
        /// Its length, in characters.
        length: usize,
    },
    /// A resource class is not 1 to 255 of the characters `A-Z0-9_`.
    #[error(
        "`{}` is not a resource class: use 1 to 255 of the characters A-Z, 0-9 and _",
        Escaped(name)
    )]
    #[non_exhaustive]
    InvalidResourceClass {
        /// The text that was given.
        name: String,
    },
    /// A trait is not 1 to 255 of the characters `A-Z0-9_`.
    #[error(
        "`{}` is not a trait: use 1 to 255 of the characters A-Z, 0-9 and _",
        Escaped(name)
    )]
    #[non_exhaustive]
    InvalidTrait {
        /// The text that was given.
        name: String,
    },
    /// A field of an inventory record is out of range.
    #[error("{field} of {class} is {value}: it must be {range}")]
    #[non_exhaustive]
    InvalidInventory {
        /// The class of the record.
        class: ResourceClass,
        /// The name of the field.
        field: &'static str,
        /// The value that was given.
        value: String,
        /// The values that the field can have.
        range: &'static str,
    },
    /// An inventory record reserves more than its total.
    #[error(
        "{reserved} of {class} are reserved, but the total is {total}: reserve at most {total}"
    )]
    #[non_exhaustive]
    ReservedAboveTotal {
        /// The class of the record.
        class: ResourceClass,
        /// The amount to reserve.
        reserved: u32,
        /// The total of the record.
        total: u32,
    },
    /// `update` was called inside the closure of an `update` of the same tree. Its commit
    /// would make the outer one retry forever.
    #[error("this thread is in an update of the same tree: edit through its transaction instead")]
    #[non_exhaustive]
    NestedUpdate,
    /// The closure of an `update` replaced its transaction with another one.
    #[error("the closure replaced its transaction with another: edit the one it is given")]
    #[non_exhaustive]
    ForeignTransaction,
    /// An `update` lost to other commits too often for it to be chance. Most likely its
    /// closure commits to the same tree in another way, waits for a thread that does, or
    /// runs for more than a second.
    #[error(
        "the update lost to another commit {attempts} times: keep its closure short, and let it \
         neither commit to the same tree nor wait for a thread that does"
    )]
    #[non_exhaustive]
    Contended {
        /// How often the closure ran.
        attempts: u64,
    },
}

/// What the caller should do about an error.
#[derive(PartialEq)]
enum Remedy {
    Add,
    ChooseAnother,
    ReadAgain,
    Correct,
}

impl Error {
    /// Whether the call named a provider that is not in the forest: check the spelling, or
    /// add it first.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.remedy() == Remedy::Add
    }

    /// Whether another provider has the name or UUID that was asked for: choose another.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.remedy() == Remedy::ChooseAnother
    }

    /// Whether someone else changed the forest in the meantime: read it again, then retry.
    /// The same call may then succeed. True of [`Contended`](Self::Contended) too, but don't
    /// retry that one in a loop: the update has already retried, possibly for seconds.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.remedy() == Remedy::ReadAgain
    }

    /// Whether the call is malformed or does not fit this forest, like a move that would
    /// close a cycle: correct it before you try again.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.remedy() == Remedy::Correct
    }

    fn remedy(&self) -> Remedy {
        match self {
            Self::UnknownProvider { .. } | Self::MissingParents { .. } => Remedy::Add,
            Self::UuidTaken { .. }
            | Self::NameTaken { .. }
            | Self::NameIsUuid { .. }
            | Self::UuidIsName { .. } => Remedy::ChooseAnother,
            Self::ChangedMeanwhile { .. }
            | Self::GenerationConflict { .. }
            | Self::Contended { .. } => Remedy::ReadAgain,
            Self::InvalidRecord { reason, .. } => reason.remedy(),
            Self::Cycle { .. }
            | Self::TooDeep { .. }
            | Self::TooManySiblings { .. }
            | Self::NotARoot { .. }
            | Self::RootMismatch { .. }
            | Self::DuplicateProvider { .. }
            | Self::DuplicateResourceClass { .. }
            | Self::InvalidName { .. }
            | Self::InvalidResourceClass { .. }
            | Self::InvalidTrait { .. }
            | Self::InvalidInventory { .. }
            | Self::ReservedAboveTotal { .. }
            | Self::NestedUpdate
            | Self::ForeignTransaction => Remedy::Correct,
        }
    }

    pub(crate) fn unknown(key: impl fmt::Display) -> Self {
        Self::UnknownProvider {
            key: excerpt(&key.to_string()),
        }
    }

    pub(crate) fn name_taken(name: &str, uuid: Uuid, held: &str) -> Self {
        Self::NameTaken {
            name: name.to_owned(),
            uuid,
            held: held.to_owned(),
        }
    }
}

// Lets a call accept both checked names and text that it has to check.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The start of a caller's text, short enough to quote in an error.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// How the name asked for differs from the name that is taken.
fn as_asked_for(name: &str, held: &str) -> String {
    if name == held {
        " already".to_owned()
    } else {
        format!(", which spells the same UUID as `{}`", Escaped(name))
    }
}

/// How a provider's generation differs from the expected one.
fn not_expected(actual: Option<u64>, expected: u64) -> String {
    match actual {
        Some(actual) => format!("is at generation {actual}, not at {expected}"),
        None => format!("has no generation, but {expected} was expected"),
    }
}

/// The first few UUIDs, and how many more there are.
fn list(uuids: &[Uuid]) -> String {
    let listed: Vec<String> = uuids.iter().take(LISTED).map(Uuid::to_string).collect();
    let listed = listed.join(", ");
    match uuids.len().saturating_sub(LISTED) {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}
