//! Which trees this thread is updating, so that an update inside an update of
//! the same tree is refused rather than retried for ever.
//!
//! A thread that is ending may have lost its list already: then it is taken to
//! be updating nothing.

use std::cell::RefCell;

use crate::Error;
use crate::sync::thread_local;

thread_local! {
    static UPDATING: RefCell<Vec<usize>> = RefCell::default();
}

/// Marks a tree as being updated by this thread, until it is dropped.
pub(super) struct Updating {
    address: usize,
}

impl Updating {
    pub(super) fn enter<T>(tree: &T) -> Result<Self, Error> {
        if is_updating(tree) {
            return Err(Error::NestedUpdate);
        }
        let address = address_of(tree);
        let _ = UPDATING.try_with(|updating| updating.borrow_mut().push(address));
        Ok(Self { address })
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        let address = self.address;
        let _ = UPDATING.try_with(|updating| updating.borrow_mut().retain(|&one| one != address));
    }
}

/// Whether this thread is updating that tree.
pub(super) fn is_updating<T>(tree: &T) -> bool {
    UPDATING
        .try_with(|updating| updating.borrow().contains(&address_of(tree)))
        .unwrap_or(false)
}

fn address_of<T>(tree: &T) -> usize {
    std::ptr::from_ref(tree).addr()
}
