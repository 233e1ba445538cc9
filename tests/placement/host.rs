//! A host of 17 providers, its mirror, and a proxy that counts the requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use provider_tree::placement::{Mirror, Scope, State};
use provider_tree::{ProviderTree, ResourceClass, Trait};
use uuid::Uuid;

use crate::proxy::Proxy;
use crate::service::{client, client_of, placement, trait_, unique, vcpus};
use crate::truth;

/// A host with 16 children, as a mirror of its own has it.
pub struct Host {
    pub tree: Arc<ProviderTree>,
    pub mirror: Mirror,
    pub proxy: Proxy,
    pub root: Uuid,
    pub children: Vec<Uuid>,
}

impl Host {
    /// Only in the tree yet.
    pub fn new() -> Self {
        let tree = Arc::new(ProviderTree::new());
        let name = unique("host");
        let added = tree.update(|transaction| {
            let root = transaction.new_root(&name)?;
            transaction.update_inventory(root, [vcpus(8)], None)?;
            transaction.update_traits(root, [trait_("HW_CPU_X86_VMX")], None)?;
            transaction.update_aggregates(root, [Uuid::from_u128(1)], None)?;
            let mut children = Vec::new();
            for number in 0..16 {
                let child = transaction.new_child(&format!("{name}-{number}"), root)?;
                transaction.update_inventory(child, [vcpus(number + 1)], None)?;
                transaction.update_traits(child, [trait_("HW_CPU_X86_AVX2")], None)?;
                children.push(child);
            }
            Ok((root, children))
        });
        let (root, children) = added.unwrap().value;
        Self::with(tree, root, children)
    }

    fn with(tree: Arc<ProviderTree>, root: Uuid, children: Vec<Uuid>) -> Self {
        let proxy = Proxy::start(&placement());
        let mirror = Mirror::new(
            Arc::clone(&tree),
            client_of(&proxy.url()),
            Scope::Trees(vec![root]),
        );
        Self {
            tree,
            mirror,
            proxy,
            root,
            children,
        }
    }

    /// In Placement, too, and no request counted.
    pub fn pushed() -> Self {
        let host = Self::new();
        assert!(host.mirror.sync().unwrap().is_complete());
        host.proxy.reset();
        host
    }

    /// Another tree that mirrors the same host.
    pub fn twin(&self) -> Self {
        let tree = Arc::new(ProviderTree::new());
        Self::with(tree, self.root, self.children.clone())
    }

    pub fn configured(mut self, configure: impl FnOnce(Mirror) -> Mirror) -> Self {
        self.mirror = configure(self.mirror);
        self
    }

    pub fn set_vcpus(&self, provider: Uuid, total: u32) {
        let inventory = [vcpus(total)];
        self.tree
            .update_inventory(provider, inventory, None)
            .unwrap();
    }

    pub fn vcpus(&self, provider: Uuid) -> Option<u32> {
        let snapshot = self.tree.snapshot();
        let provider = snapshot.get(provider)?;
        Some(provider.inventory_of(&ResourceClass::VCPU)?.total)
    }

    pub fn vcpus_there(&self, provider: Uuid) -> Option<u32> {
        let there = self.there();
        let inventory = there.get(provider)?.inventory();
        Some(inventory.get(&ResourceClass::VCPU)?.total)
    }

    /// What the tree has, generations included.
    pub fn here(&self) -> State {
        let scope = Scope::Trees(vec![self.root]);
        State::of(&self.tree.snapshot(), &scope, [])
    }

    /// What Placement has.
    pub fn there(&self) -> State {
        truth::read(&client(), self.root)
    }

    pub fn requests(&self) -> usize {
        self.proxy.seen().len()
    }

    #[track_caller]
    pub fn assert_in_step(&self) {
        assert_eq!(self.here(), self.there());
        self.proxy.reset();
        let synced = self.mirror.sync().unwrap();
        assert!(synced.is_complete());
        assert_eq!(self.requests(), 1, "nothing is left to do");
    }
}

/// Changes a provider's inventory in Placement, as others do.
pub fn put_vcpus(provider: Uuid, total: u32) {
    let client = client();
    let generation = client.get_provider(provider).unwrap().generation;
    let inventory = [vcpus(total)].into_iter().collect();
    client
        .put_inventories(provider, generation, &inventory)
        .unwrap();
}

/// Changes a provider's traits in Placement, as others do.
pub fn put_traits(provider: Uuid, traits: &[&str]) {
    let client = client();
    let generation = client.get_provider(provider).unwrap().generation;
    let traits: BTreeSet<Trait> = traits.iter().map(|name| trait_(name)).collect();
    client.put_traits(provider, generation, &traits).unwrap();
}
