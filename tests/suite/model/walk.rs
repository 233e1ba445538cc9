//! The model's providers in top-down order, and how they are related.

use std::collections::BTreeMap;

use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::forest::Model;

/// The providers top-down, each with its depth.
#[derive(PartialEq)]
pub struct Walk<'a>(pub Vec<(usize, &'a ProviderRecord)>);

impl Model {
    pub fn walk(&self) -> Walk<'_> {
        let mut children: BTreeMap<Option<Uuid>, Vec<&ProviderRecord>> = BTreeMap::new();
        for one in self.providers.iter().rev() {
            children.entry(one.parent_uuid).or_default().push(one);
        }
        let mut walk = Vec::new();
        let roots = children.remove(&None).unwrap_or_default();
        let mut ahead: Vec<_> = roots.into_iter().map(|root| (0, root)).collect();
        while let Some((depth, one)) = ahead.pop() {
            walk.push((depth, one));
            let below = children.remove(&Some(one.uuid)).unwrap_or_default();
            ahead.extend(below.into_iter().map(|child| (depth + 1, child)));
        }
        Walk(walk)
    }
}

impl<'a> Walk<'a> {
    fn position(&self, uuid: Uuid) -> usize {
        let found = self.0.iter().position(|(_, one)| one.uuid == uuid);
        found.expect("the provider is below a root")
    }

    pub fn depth(&self, uuid: Uuid) -> usize {
        self.0[self.position(uuid)].0
    }

    /// A provider and its descendants.
    pub fn tree(&self, uuid: Uuid) -> &[(usize, &'a ProviderRecord)] {
        let start = self.position(uuid);
        let below = |(depth, _): &&(usize, _)| *depth > self.0[start].0;
        let count = self.0[start + 1..].iter().take_while(below).count();
        &self.0[start..=start + count]
    }

    pub fn root(&self, uuid: Uuid) -> &'a ProviderRecord {
        let up_to = &self.0[..=self.position(uuid)];
        let root = up_to.iter().rev().find(|(depth, _)| *depth == 0);
        root.expect("the first provider is a root").1
    }

    /// The ancestors, nearest first: each is the nearest earlier provider one level up.
    pub fn ancestors(&self, uuid: Uuid) -> Vec<Uuid> {
        let at = self.position(uuid);
        let mut level = self.0[at].0;
        let mut ancestors = Vec::new();
        for (depth, one) in self.0[..at].iter().rev() {
            if *depth < level {
                ancestors.push(one.uuid);
                level = *depth;
            }
        }
        ancestors
    }
}
