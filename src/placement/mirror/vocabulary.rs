//! Creates the custom resource classes and traits that content needs.

use std::collections::BTreeSet;

use super::push::Push;
use super::report::Reason;
use crate::placement::error::Error;
use crate::placement::plan::{Call, is_custom};

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
    /// Another client may have deleted one, or it was never created: on PostgreSQL, Placement
    /// answers 204, as if the class existed, if another class gets its number at the same
    /// moment (16.0.0: `ResourceClass.create` waits for a `DBDuplicateEntry` of the column
    /// `id`, which oslo.db calls `classes`).
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
