//! The suite's tests of JSON, where `serde_json` keeps numbers as text, as any
//! crate of a program may have it do.

#[path = "../suite/serde/json.rs"]
mod json;
#[path = "../suite/placement/verdicts.rs"]
mod verdicts;

mod cases {
    pub fn new_tree() -> provider_tree::ProviderTree {
        provider_tree::ProviderTree::new()
    }
}

#[test]
fn numbers_are_kept_as_text() {
    let long = "0.10000000000000000000000000000000000001";
    let value: serde_json::Value = serde_json::from_str(long).unwrap();
    assert_eq!(value.to_string(), long);
}
