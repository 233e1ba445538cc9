//! One edit, tried in every way a caller can make it.

use provider_tree::{Error, ProviderKey, Transaction};

use super::{HOST, forest, records};
use crate::cases::ProviderTree;
use crate::cases::refusal::Refusal;

type Alone<'a> = dyn Fn(&ProviderTree) -> Result<(), Error> + 'a;
type Within<'a> = dyn Fn(&mut Transaction) -> Result<(), Error> + 'a;

/// One edit, as its own commit and as part of a transaction.
pub(super) struct Edit<'a> {
    pub(super) text: &'static str,
    pub(super) alone: Box<Alone<'a>>,
    pub(super) within: Box<Within<'a>>,
}

/// `edit!(remove("host"))` calls the method of that name on a tree and on a transaction.
macro_rules! edit {
    ($method:ident($($argument:expr),* $(,)?)) => {
        crate::cases::bad_input::edit::Edit {
            text: stringify!($method($($argument),*)),
            alone: Box::new(|tree| tree.$method($($argument),*).map(drop)),
            within: Box::new(|transaction| transaction.$method($($argument),*).map(drop)),
        }
    };
}
pub(super) use edit;

/// `expect_generation`, for which a tree has no shorthand.
pub(super) fn expect_generation<'a>(key: impl Into<ProviderKey<'a>>, expected: u64) -> Edit<'a> {
    let key = key.into();
    Edit {
        text: "expect_generation",
        alone: Box::new(move |tree| {
            let checked = tree.update(|transaction| transaction.expect_generation(key, expected));
            checked.map(drop)
        }),
        within: Box::new(move |transaction| transaction.expect_generation(key, expected)),
    }
}

impl Edit<'_> {
    /// Checks that the edit is refused, and that nothing changes.
    pub(super) fn fails_with(&self, expected: &Refusal) {
        let tree = forest();
        self.fails_alone(&tree, expected);
        self.fails_after_an_edit_that_is_kept(&tree, expected);
        self.fails_and_drops_the_edits_before_it(&tree, expected);
    }

    fn fails_alone(&self, tree: &ProviderTree, expected: &Refusal) {
        let before = tree.snapshot();
        let shown = records(&before);
        assert_eq!((self.alone)(tree), *expected, "{}", self.text);
        let after = tree.snapshot();
        assert!(after.ptr_eq(&before), "{} committed", self.text);
        assert_eq!(after.version(), before.version());
        assert_eq!(records(&after), shown, "{}", self.text);
        after.check_invariants().unwrap();
    }

    fn fails_after_an_edit_that_is_kept(&self, tree: &ProviderTree, expected: &Refusal) {
        let before = tree.snapshot();
        let committed = tree.update(|transaction| {
            transaction.new_child("early", HOST)?;
            let (shown, edits) = (records(transaction), transaction.edits());
            let result = (self.within)(transaction);
            assert_eq!(result, *expected, "{}", self.text);
            assert_eq!(records(transaction), shown, "{}", self.text);
            assert_eq!(transaction.edits(), edits, "{}", self.text);
            transaction.check_invariants().unwrap();
            transaction.set_generation("early", 1)
        });
        assert_eq!(committed.unwrap().version, before.version() + 1);
        let after = tree.snapshot();
        assert_eq!(after.find("early").unwrap().generation(), Some(1));
        assert_eq!(after.len(), before.len() + 1);
        after.check_invariants().unwrap();
    }

    fn fails_and_drops_the_edits_before_it(&self, tree: &ProviderTree, expected: &Refusal) {
        let before = tree.snapshot();
        let result = tree.update(|transaction| {
            transaction.set_generation("early", 2)?;
            (self.within)(transaction)
        });
        assert_eq!(result, *expected, "{}", self.text);
        assert!(tree.snapshot().ptr_eq(&before), "{}", self.text);
    }

    /// Checks that the edit works with the same result alone and in a transaction. Returns the
    /// resulting forest.
    pub(super) fn works(&self) -> ProviderTree {
        let tree = forest();
        let result = (self.alone)(&tree);
        assert_eq!(result, Ok(()), "{}", self.text);
        tree.snapshot().check_invariants().unwrap();
        let other = forest();
        let result = other.update(|transaction| (self.within)(transaction));
        assert_eq!(result.map(drop), Ok(()), "{}", self.text);
        assert_eq!(other.snapshot(), tree.snapshot(), "{}", self.text);
        tree
    }
}
