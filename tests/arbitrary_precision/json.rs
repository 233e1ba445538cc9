//! The suite's JSON tests with `serde_json`'s feature `arbitrary_precision`, which keeps
//! numbers as text. Any crate in a program can turn it on for all.

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
