//! Creates the custom resource classes and traits that content needs.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use super::push::Push;
use super::report::Reason;
use crate::placement::error::Error;
use crate::placement::plan::{Call, is_custom};

/// The right to create a resource class. One step at a time has it, since on PostgreSQL a
/// class may get lost if another one is created at the same moment: if that one gets its
/// number, Placement answers 204, as if the class existed (16.0.0: `ResourceClass.create`
/// waits for a `DBDuplicateEntry` of the column `id`, which oslo.db calls `classes`).
pub(super) struct ClassTurn<'p, 'a>(&'p Push<'a>);

/// Runs even if a foreign transport panics.
impl Drop for ClassTurn<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().creates_class = false;
        self.0.changed.notify_all();
    }
}

impl<'a> Push<'a> {
    /// Waits until no other step creates a class.
    pub(super) fn class_turn(&self) -> ClassTurn<'_, 'a> {
        let mut progress = self.lock();
        while progress.creates_class {
            let woken = self.changed.wait(progress);
            progress = woken.unwrap_or_else(PoisonError::into_inner);
        }
        progress.creates_class = true;
        ClassTurn(self)
    }
}

impl Push<'_> {
    /// Creates a trait or a class. Safe to repeat.
    pub(super) fn create_term(
        &self,
        call: &Call,
        send: impl Fn() -> Result<(), Error>,
    ) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            match send() {
                Ok(()) => {
                    self.lock().agreed.acknowledge(call, None);
                    return Ok(());
                }
                Err(error) if error.is_unavailable() || error.is_conflict() => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Creates the classes and traits whose absence made Placement refuse content. Returns
    /// whether there were any.
    ///
    /// Another client may have deleted one, or created another at the same moment as this
    /// mirror: see [`ClassTurn`].
    pub(super) fn create_missing_terms<'c>(
        &self,
        error: &Error,
        refused: impl IntoIterator<Item = &'c Call>,
    ) -> Result<bool, Reason> {
        match error {
            Error::Refused(refusal) if refusal.status == 400 => {}
            _ => return Ok(false),
        }
        let (mut classes, mut traits) = (BTreeSet::new(), BTreeSet::new());
        for call in refused {
            match call {
                Call::PutInventories { inventory, .. } => classes.extend(inventory.keys()),
                Call::PutTraits { traits: sent, .. } => traits.extend(sent),
                _ => {}
            }
        }
        classes.retain(|class| is_custom(class.as_str()));
        traits.retain(|name| is_custom(name.as_str()));
        let mut missing = Vec::new();
        if !classes.is_empty() {
            let known = self.session.read(|c| c.list_resource_classes())?;
            let unknown = classes.into_iter().filter(|class| !known.contains(*class));
            missing.extend(unknown.map(|class| Call::CreateResourceClass {
                class: class.clone(),
            }));
        }
        if !traits.is_empty() {
            let known = self.session.read(|c| c.list_traits())?;
            let unknown = traits.into_iter().filter(|name| !known.contains(*name));
            missing.extend(unknown.map(|name| Call::CreateTrait { name: name.clone() }));
        }
        for call in &missing {
            self.carry_out(call)?;
        }
        Ok(!missing.is_empty())
    }
}
