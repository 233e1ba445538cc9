//! The inventories of several providers in one request.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::content::Part;
use super::push::Push;
use super::report::Reason;
use crate::placement::client::{AtGeneration, Inventories};
use crate::placement::error::Error;
use crate::placement::plan::Call;

impl Push<'_> {
    /// Sends all inventories or none. The answer has no generations, so they are listed
    /// afterwards.
    pub(super) fn reshape(&self, uuids: impl Iterator<Item = Uuid>) -> Result<(), Reason> {
        let uuids = Vec::from_iter(uuids);
        let mut failures = 0;
        loop {
            let mut sent: BTreeMap<Uuid, AtGeneration<Inventories>> = BTreeMap::new();
            for &uuid in &uuids {
                if let Some((Call::PutInventories { inventory, .. }, generation)) =
                    self.wanted(uuid, Part::Inventories)?
                {
                    let content = inventory;
                    sent.insert(
                        uuid,
                        AtGeneration {
                            generation,
                            content,
                        },
                    );
                }
            }
            if sent.is_empty() {
                return Ok(());
            }
            match self.session.once(|client| client.reshape(&sent)) {
                Ok(()) => {
                    self.reshaped(&sent);
                    let expected = sent.iter().map(|(uuid, at)| (*uuid, moved(at))).collect();
                    // If this fails, the generations are read before they are next needed.
                    let _ = self.read_moved(&expected);
                    return Ok(());
                }
                Err(error) if error.is_conflict() || error.is_unknown_outcome() => {
                    for (&uuid, at) in &sent {
                        self.lock().agreed.doubt(put(uuid, at), self.ours);
                    }
                    self.session.pause(&mut failures, error)?;
                    let seen = sent.iter().map(|(uuid, at)| (*uuid, at.generation));
                    self.read_moved(&seen.collect())?;
                }
                Err(error) if error.is_unavailable() => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => {
                    let calls = sent.iter().map(|(uuid, at)| put(*uuid, at));
                    if !self.create_missing_terms(&error, &Vec::from_iter(calls))? {
                        return Err(error.into());
                    }
                    self.session.pause(&mut failures, error)?;
                }
            }
        }
    }

    fn reshaped(&self, sent: &BTreeMap<Uuid, AtGeneration<Inventories>>) {
        let agreed = &mut *self.lock().agreed;
        for (&uuid, at) in sent {
            agreed.acknowledge_content(&put(uuid, at), self.ours, None);
            if let Some(provider) = agreed.theirs.edit(uuid) {
                provider.generation = None;
            }
        }
    }

    /// Reads the providers whose generations are not the expected ones; all of them if one is
    /// too low. Other clients only raise it, so this service counts differently than
    /// [`moved`] says, and no generation tells who has written.
    fn read_moved(&self, expected: &BTreeMap<Uuid, u64>) -> Result<(), Error> {
        let known = self.lock().agreed.theirs.clone();
        let listed = self.session.list(self.scope, &known)?;
        let is_below = |(uuid, expected): (&Uuid, &u64)| {
            let listed = listed.get(uuid);
            listed.is_some_and(|listed| listed.generation < *expected)
        };
        let counts_differently = expected.iter().any(is_below);
        for (&uuid, &generation) in expected {
            match listed.get(&uuid) {
                Some(listed) if listed.generation == generation && !counts_differently => {
                    self.lock().agreed.theirs.set_generation(uuid, generation);
                }
                listed => {
                    self.saw(uuid, listed)?;
                }
            }
        }
        Ok(())
    }
}

/// The request for one provider's inventory alone.
fn put(uuid: Uuid, at: &AtGeneration<Inventories>) -> Call {
    let inventory = at.content.clone();
    Call::PutInventories { uuid, inventory }
}

/// The generation after a reshape: one more, or two if the provider has any inventory then, as
/// Placement 16.0.0 counts.
fn moved(at: &AtGeneration<Inventories>) -> u64 {
    at.generation + if at.content.is_empty() { 1 } else { 2 }
}
