//! Carries out one step of a plan.

use super::content::Part;
use super::push::Push;
use super::report::Reason;
use crate::placement::plan::Call;

impl Push<'_> {
    pub(super) fn carry_out(&self, call: &Call) -> Result<(), Reason> {
        match call {
            Call::CreateResourceClass { class } => {
                let _turn = self.class_turn();
                self.create_term(call, || {
                    self.session.once(|c| c.create_resource_class(class))
                })
            }
            Call::CreateTrait { name } => {
                self.create_term(call, || self.session.once(|c| c.create_trait(name)))
            }
            Call::Create {
                uuid,
                name,
                parent_uuid,
            } => self.create(call, *uuid, name, *parent_uuid),
            Call::Update {
                uuid,
                name,
                parent_uuid,
            } => self.update(call, *uuid, name, *parent_uuid),
            Call::PutInventories { uuid, .. } => self.put(*uuid, Part::Inventories),
            Call::PutTraits { uuid, .. } => self.put(*uuid, Part::Traits),
            Call::PutAggregates { uuid, .. } => self.put(*uuid, Part::Aggregates),
            Call::Reshape { inventories } => self.reshape(inventories.keys().copied()),
            Call::Delete { uuid } => self.delete(call, *uuid),
        }
    }
}
