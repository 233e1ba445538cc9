//! Fixtures of Nova 34's other tests that its `ProviderTree` accepts and this one refuses.

use crate::cases::refusal::Refusal;
use provider_tree::{ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

use super::{R, one_root, refused};
use crate::cases::{name_taken, new_tree};

#[test]
fn three_providers_with_one_name_are_refused() {
    // Nova: three roots with one name -> all are added.
    // Differs: names are unique in the forest, as in Placement.
    let tree = new_tree();
    let given = [R, Uuid::from_u128(1), Uuid::from_u128(2)];
    let records = given.map(|uuid| ProviderRecord::new(uuid, "cn"));
    let error = refused(&tree, |tree| tree.populate(&records));
    assert_eq!(error, name_taken("cn", R));
}

#[test]
fn a_trait_in_lower_case_is_refused() {
    // Nova: update_traits() of `trait1` -> True.
    // Differs: traits follow Placement's schema.
    let error = refused(&one_root(), |tree| {
        tree.update_traits("r", ["trait1"], None)
    });
    let name = "trait1".to_owned();
    assert_eq!(error, Refusal::InvalidTrait { name });
    assert!(Trait::new("trait1").is_err());
}

#[test]
fn a_resource_class_with_other_characters_is_refused() {
    // Nova: update_inventory() of the class `CUSTOM_BOGU$$` -> True.
    // Differs: resource classes follow Placement's schema.
    let name = "CUSTOM_BOGU$$".to_owned();
    let refused = ResourceClass::new(&name);
    assert_eq!(refused, Refusal::InvalidResourceClass { name });
}

#[cfg(feature = "serde")]
#[test]
fn an_inventory_record_without_a_total_is_refused() {
    // Nova: update_inventory() of {'VCPU': {'allocation_ratio': 16.0}} -> True.
    // Differs: Placement has no inventory without a total.
    let record = serde_json::json!({
        "uuid": R,
        "name": "r",
        "inventories": {"VCPU": {"allocation_ratio": 16.0}},
    });
    let refused = serde_json::from_value::<ProviderRecord>(record).unwrap_err();
    assert!(refused.to_string().contains("total"), "{refused}");
}
