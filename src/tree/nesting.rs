//! Which trees this thread is updating, so that an update inside an update of
//! the same tree is refused rather than retried for ever.

use std::cell::RefCell;

use crate::Error;

thread_local! {
    static UPDATING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
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
        UPDATING.with_borrow_mut(|updating| updating.push(address));
        Ok(Self { address })
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        UPDATING.with_borrow_mut(|updating| updating.retain(|&other| other != self.address));
    }
}

/// Whether this thread is updating that tree.
pub(super) fn is_updating<T>(tree: &T) -> bool {
    UPDATING.with_borrow(|updating| updating.contains(&address_of(tree)))
}

fn address_of<T>(tree: &T) -> usize {
    std::ptr::from_ref(tree).addr()
}
