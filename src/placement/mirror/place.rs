//! Creates, renames, moves and deletes providers. Placement checks no generation for that.

use uuid::Uuid;

use super::push::Push;
use super::report::Reason;
use crate::placement::error::Error;
use crate::placement::merge::Policy;
use crate::placement::plan::Call;

impl Push<'_> {
    pub(super) fn create(
        &self,
        call: &Call,
        uuid: Uuid,
        name: &str,
        parent: Option<Uuid>,
    ) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            match self.session.once(|c| c.create_provider(uuid, name, parent)) {
                Ok(created) => {
                    let generation = Some(created.generation);
                    self.lock().agreed.acknowledge(call, generation);
                    return Ok(());
                }
                Err(error) if error.is_duplicate() => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    if self.read_again(uuid)? {
                        return self.settle(uuid);
                    }
                    if let Some(conflict) = self.name_taken(uuid, name)? {
                        return Err(self.conflict(vec![conflict]));
                    }
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) if error.is_conflict() || error.is_unknown_outcome() => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    self.session.pause(&mut failures, error)?;
                    if self.read_again(uuid)? {
                        return self.settle(uuid);
                    }
                }
                Err(error) if error.is_unavailable() => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Renames or moves a provider. Placement checks no generation, so the provider is listed
    /// right before the request and compared with what was last seen.
    pub(super) fn update(
        &self,
        call: &Call,
        uuid: Uuid,
        name: &str,
        parent: Option<Option<Uuid>>,
    ) -> Result<(), Reason> {
        let keeps_name = self.seen(uuid).is_some_and(|seen| seen.name == name);
        let mut failures = 0;
        loop {
            let Some(there) = self.look(uuid)? else {
                return self.settle(uuid);
            };
            let wanted_name = if keeps_name {
                there.name.clone()
            } else {
                name.to_owned()
            };
            let wanted_parent = parent.unwrap_or(there.parent_provider_uuid);
            let updated = || {
                let agreed = &mut *self.lock().agreed;
                agreed.acknowledge(call, None);
                // A move keeps the name that another client may have given it.
                let name = wanted_name.clone();
                let there = Call::Update {
                    uuid,
                    name,
                    parent_uuid: parent,
                };
                agreed.theirs.acknowledge(&there, None);
            };
            if there.name == wanted_name && there.parent_provider_uuid == wanted_parent {
                updated();
                return Ok(());
            }
            let is_conflict = !self.merge(uuid)?.conflicts.is_empty();
            if is_conflict && self.policy == Policy::Theirs {
                return Ok(());
            }
            let sent = self
                .session
                .once(|client| client.update_provider(uuid, &wanted_name, wanted_parent));
            match sent {
                Ok(_) => {
                    updated();
                    return Ok(());
                }
                Err(error) if error.is_duplicate() => {
                    if let Some(conflict) = self.name_taken(uuid, name)? {
                        return Err(self.conflict(vec![conflict]));
                    }
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) if is_retryable(&error) => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Deletes a provider, which is listed right before for the same reason.
    pub(super) fn delete(&self, call: &Call, uuid: Uuid) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            let is_there = self.look(uuid)?.is_some();
            if is_there && self.merge(uuid)?.service.contains(uuid) {
                // Another client has changed it, and the merge kept it.
                return Ok(());
            }
            let sent = match is_there {
                true => self.session.once(|client| client.delete_provider(uuid)),
                false => Ok(()),
            };
            match sent {
                Err(error) if error.is_not_found() => {}
                Err(error) if is_retryable(&error) => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    self.session.pause(&mut failures, error)?;
                    continue;
                }
                sent => sent?,
            }
            self.lock().agreed.acknowledge(call, None);
            return Ok(());
        }
    }
}

/// Whether the request may succeed later, or may have succeeded with its answer lost.
fn is_retryable(error: &Error) -> bool {
    error.is_conflict() || error.is_unknown_outcome() || error.is_unavailable()
}
