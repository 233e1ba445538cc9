//! Compares this library's verdicts on 114 inventories, names, UUIDs and traits with those
//! of the real Placement.

use provider_tree::{Error, NewProvider, Snapshot, Trait};
use uuid::{Uuid, uuid};

use crate::cases::new_tree;

/// Recorded from Placement 16.0.0 at microversion 1.39, as the first line says. Each other
/// line has the status of a response and the request: the JSON of inventories; the first
/// twelve characters of a name or trait and its length, to which the last character is
/// repeated; or the peculiarity of a new provider.
const VERDICTS: &str = include_str!("verdicts.txt");

/// Verdicts that differ on purpose. `docs::limits` has the reasons.
const DIFFERENCES: &[&str] = &["200 name is another's UUID"];

const HOST: Uuid = uuid!("0000000a-0000-4000-8000-00000000000b");
const NEW: Uuid = uuid!("0000000c-0000-4000-8000-00000000000d");

#[test]
fn every_verdict_equals_placements_or_is_a_documented_difference() {
    let verdicts: Vec<&str> = VERDICTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(verdicts.len(), 114);
    let differences: Vec<&str> = verdicts
        .into_iter()
        .filter(|line| {
            let (status, sent) = line.split_once(' ').unwrap();
            let is_taken = status.starts_with('2');
            assert!(is_taken || status.starts_with('4'), "{line}");
            is_taken != is_taken_here(sent)
        })
        .collect();
    assert_eq!(differences, DIFFERENCES);
}

fn is_taken_here(sent: &str) -> bool {
    match sent.split_once(' ') {
        Some(("inventory", json)) => {
            let provider =
                format!(r#"{{"uuid": "{HOST}", "name": "host", "inventories": {json}}}"#);
            let document = format!(r#"{{"resource_providers": [{provider}]}}"#);
            serde_json::from_str::<Snapshot>(&document).is_ok()
        }
        Some(("name", shown)) if shown.starts_with('\'') => {
            new_tree().new_root(&expand(shown)).is_ok()
        }
        Some(("trait", shown)) => Trait::new(expand(shown)).is_ok(),
        _ => is_provider_accepted(sent),
    }
}

/// Expands a text given by its start and length.
fn expand(shown: &str) -> String {
    let (quoted, length) = shown.rsplit_once(" x").unwrap();
    let start = quoted
        .strip_prefix('\'')
        .unwrap()
        .strip_suffix('\'')
        .unwrap();
    let start = start.replace("\\x00", "\0").replace("\\n", "\n");
    assert!(!start.contains('\\'), "{shown}");
    let length: usize = length.parse().unwrap();
    let last = start.chars().last();
    let rest = last.into_iter().cycle();
    let text: String = start.chars().chain(rest).take(length).collect();
    assert_eq!(text.chars().count(), length, "{shown}");
    text
}

/// Whether a provider can be added to a forest with `host`.
fn is_provider_accepted(what: &str) -> bool {
    let tree = new_tree();
    if what != "host" {
        tree.new_root(NewProvider::new("host").uuid(HOST)).unwrap();
    }
    let host = HOST.to_string();
    let spelled = |name: &str, text: &str| {
        let uuid = Uuid::try_parse(text).unwrap();
        tree.new_root(NewProvider::new(name).uuid(uuid)).map(drop)
    };
    let added: Result<(), Error> = match what {
        "host" => tree.new_root(NewProvider::new("host").uuid(HOST)).map(drop),
        "name differs in case alone" => tree.new_root(NewProvider::new("HOST").uuid(NEW)).map(drop),
        "name differs by a blank at its end" => {
            tree.new_root(NewProvider::new("host ").uuid(NEW)).map(drop)
        }
        "name is another's UUID" => tree.new_root(NewProvider::new(&host).uuid(NEW)).map(drop),
        "same name" => tree.new_root(NewProvider::new("host").uuid(NEW)).map(drop),
        "same UUID" => tree
            .new_root(NewProvider::new("other").uuid(HOST))
            .map(drop),
        "name is own UUID" => tree
            .new_root(NewProvider::new(&NEW.to_string()).uuid(NEW))
            .map(drop),
        "UUID without hyphens" => spelled("other", &NEW.simple().to_string()),
        "UUID in upper case" => spelled("other", &NEW.to_string().to_uppercase()),
        "the same in lower case" => {
            spelled("other", &NEW.to_string().to_uppercase()).unwrap();
            spelled("another", &NEW.to_string())
        }
        "UUID in braces" => spelled("other", &NEW.braced().to_string()),
        "nil UUID" => tree
            .new_root(NewProvider::new("other").uuid(Uuid::nil()))
            .map(drop),
        _ => panic!("no test of `{what}`"),
    };
    added.is_ok()
}
