//! The invariants that hold between the maps of a forest, for tests to check.

use uuid::Uuid;

use super::{Forest, foreign_uuid};
use crate::path::Path;

impl Forest {
    /// Says which invariant does not hold. Cost: O(n log n).
    #[doc(hidden)]
    pub fn check_invariants(&self) -> Result<(), String> {
        let ensure = |holds: bool, what: &str| holds.then_some(()).ok_or_else(|| what.to_owned());
        ensure(
            self.by_uuid.len() == self.by_name.len() && self.by_uuid.len() == self.outline.len(),
            "the maps differ in size",
        )?;
        let mut spelled = 0;
        self.outline.check_invariants()?;
        for provider in self.outline.trees().flat_map(|(_, tree)| tree.iter()) {
            let path = provider.path();
            let at = |what: &str| format!("{what}: {provider:?}");
            ensure(
                self.get(provider.uuid())
                    .is_some_and(|found| found.ptr_eq(provider)),
                &at("another one by its UUID"),
            )?;
            ensure(
                self.by_name.get(provider.name()) == Some(&provider.uuid()),
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
            if let Some(uuid) = foreign_uuid(provider) {
                spelled += 1;
                ensure(self.get(uuid).is_none(), &at("named as another one's UUID"))?;
                ensure(
                    self.spelled.get(&uuid) == Some(&provider.uuid()),
                    &at("the UUID that its name spells is not noted"),
                )?;
            }
            let strictly_sorted = provider.inventory().is_sorted_by(|(a, _), (b, _)| a < b)
                && provider.traits().is_sorted_by(|a, b| a < b)
                && provider.aggregates().is_sorted_by(|a: &Uuid, b| a < b)
                && provider.resources().is_sorted_by(|a, b| a < b);
            ensure(strictly_sorted, &at("its sets are not sorted"))?;
        }
        ensure(
            spelled == self.spelled.len(),
            "a UUID is noted that no name spells",
        )
    }
}
