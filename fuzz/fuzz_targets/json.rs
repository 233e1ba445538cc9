//! Reads any bytes as JSON: whatever is read is written and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provider_tree::Snapshot;

fuzz_target!(|document: &[u8]| {
    let Ok(read) = serde_json::from_slice::<Snapshot>(document) else {
        return;
    };
    read.check_invariants()
        .expect("a forest that keeps its rules");
    let written = serde_json::to_vec(&read).expect("JSON");
    let again: Snapshot = serde_json::from_slice(&written).expect("what was written");
    assert_eq!(again, read);
});
