//! The forest as plain data.

use super::forest::Forest;
use crate::provider::record::ProviderRecord;

impl Forest {
    /// All providers as plain data, in the order of [`iter`](Self::iter), with their roots:
    /// an export that `populate` and `replace_all` read back.
    ///
    /// Cost: O(size of the provider) each.
    pub fn to_records(&self) -> impl Iterator<Item = ProviderRecord> {
        let mut root = None;
        self.iter().map(move |provider| {
            if provider.parent_uuid().is_none() {
                root = Some(provider.uuid());
            }
            let mut record = ProviderRecord::from(provider);
            record.root_uuid = root;
            record
        })
    }
}
