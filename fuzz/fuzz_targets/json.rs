//! Reads arbitrary bytes as JSON. A snapshot that was read round-trips unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_tree::Snapshot;

fuzz_target!(|document: &[u8]| {
    let Ok(read) = serde_json::from_slice::<Snapshot>(document) else {
        return;
    };
    read.check_invariants().expect("the invariants hold");
    let written = serde_json::to_vec(&read).expect("JSON");
    let again: Snapshot = serde_json::from_slice(&written).expect("written JSON can be read");
    assert_eq!(again, read);
});
