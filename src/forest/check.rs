//! The invariants of the outline and the indices, for tests to check.

use std::ptr;

use uuid::Uuid;

use super::forest::Forest;
use crate::provider::path::Path;

impl Forest {
    /// Returns an error that names the first invariant that does not hold. Cost: O(n log
    /// n).
    #[doc(hidden)]
    pub fn check_invariants(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| holds.then_some(()).ok_or_else(|| what.to_owned());
        ensure(
            self.by_uuid.len() == self.len() && self.by_name.len() == self.len(),
            "the indices differ in size",
        )?;
        self.outline.check_invariants()?;
        self.by_uuid.check_invariants()?;
        self.by_name.check_invariants()?;
        for provider in self {
            let path = provider.path();
            let at = |what: &str| format!("{what}: {provider:?}");
            ensure(
                self.get(provider.uuid())
                    .is_some_and(|found| ptr::eq(found, provider)),
                &at("another one by its UUID"),
            )?;
            ensure(
                self.find(provider.name())
                    .is_some_and(|found| ptr::eq(found, provider)),
                &at("another one by its name"),
            )?;
            let parent = provider.parent_uuid().map(|uuid| self.get(uuid));
            ensure(
                match parent {
                    None => Path::TOP.is_parent_of(path),
                    Some(None) => false,
                    Some(Some(parent)) => {
                        parent.path().contains(path)
                            && parent.path() != path
                            && parent.path().is_parent_of(path)
                    }
                },
                &at("not below its parent"),
            )?;
            let other = |uuid| uuid != provider.uuid();
            ensure(
                self.holder_of_name(provider.name(), other).is_none()
                    && self.named_as(provider.uuid(), other).is_none(),
                &at("two of one name"),
            )?;
            let spelled = Uuid::try_parse(provider.name())
                .ok()
                .filter(|uuid| other(*uuid));
            ensure(
                spelled.is_none_or(|uuid| self.get(uuid).is_none()),
                &at("named as another one's UUID"),
            )?;
            let strictly_sorted = provider.inventory().is_sorted_by(|(a, _), (b, _)| a < b)
                && provider.traits().is_sorted_by(|a, b| a < b)
                && provider.aggregates().is_sorted_by(|a: &Uuid, b| a < b)
                && provider.resources().is_sorted_by(|a, b| a < b);
            ensure(strictly_sorted, &at("its sets are not sorted"))?;
        }
        Ok(())
    }
}
