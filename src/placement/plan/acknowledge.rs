//! Applies accepted requests to a state.

use std::sync::Arc;

use super::Call;
use crate::placement::state::{ProviderState, State};

impl State {
    /// Applies a request that Placement has accepted, with the generation in the answer, if
    /// there is one.
    ///
    /// With all requests of a [`Plan`](super::Plan) applied, the state is what Placement has;
    /// with some, it is what to plan the rest from. A reshape answers no generations: read
    /// them, then [`set`](Self::set_generation) them. Providers that the state does not have
    /// are skipped. Cost: O(log n) for each provider that the request names, and its size.
    pub fn acknowledge(&mut self, request: &Call, generation: Option<u64>) {
        let (uuid, change): (_, &dyn Fn(&mut ProviderState)) = match request {
            Call::CreateResourceClass { .. } | Call::CreateTrait { .. } => return,
            Call::Create {
                uuid,
                name,
                parent_uuid,
            } => {
                let provider = ProviderState {
                    name: name.clone(),
                    parent_uuid: *parent_uuid,
                    generation,
                    inventory: Default::default(),
                    traits: Default::default(),
                    aggregates: Default::default(),
                };
                return self.put(*uuid, Some(Arc::new(provider)));
            }
            Call::Delete { uuid } => return self.put(*uuid, None),
            Call::Reshape { inventories } => {
                for (uuid, inventory) in inventories {
                    if let Some(provider) = self.edit(*uuid) {
                        provider.inventory.clone_from(inventory);
                    }
                }
                return;
            }
            Call::Update {
                uuid,
                name,
                parent_uuid,
            } => (uuid, &|provider| {
                provider.name.clone_from(name);
                provider.parent_uuid = parent_uuid.unwrap_or(provider.parent_uuid);
            }),
            Call::PutInventories { uuid, inventory } => {
                (uuid, &|provider| provider.inventory.clone_from(inventory))
            }
            Call::PutTraits { uuid, traits } => {
                (uuid, &|provider| provider.traits.clone_from(traits))
            }
            Call::PutAggregates { uuid, aggregates } => {
                (uuid, &|provider| provider.aggregates.clone_from(aggregates))
            }
        };
        if let Some(provider) = self.edit(*uuid) {
            change(provider);
            provider.generation = generation.or(provider.generation);
        }
    }
}
