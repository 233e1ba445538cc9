//! Names that are too short, too long or taken, and odd ones that work.

use crate::cases::refusal::Refusal;
use provider_tree::NewProvider;

use super::edit::{Edit, edit};
use super::{ALIAS, HOST, IRONIC, NEW, NUMA, excerpt, record};
use crate::cases::name_taken;

/// Checks every edit that names a provider, `NEW` or `numa0`.
fn each_edit(name: &str, check: impl Fn(Edit<'_>)) {
    for edit in [
        edit!(new_root(NewProvider::new(name).uuid(NEW))),
        edit!(new_child(NewProvider::new(name).uuid(NEW), HOST)),
        edit!(populate([record(NEW, name)])),
        edit!(rename(NUMA, name)),
        edit!(rename("numa0", name)),
    ] {
        check(edit);
    }
}

/// The error as `populate` returns it.
fn of_record(edit: &Edit<'_>, error: Refusal) -> Refusal {
    if edit.text.starts_with("populate") {
        let reason = Box::new(error);
        Refusal::InvalidRecord { uuid: NEW, reason }
    } else {
        error
    }
}

#[test]
fn an_empty_or_overlong_name_is_refused() {
    for name in [
        String::new(),
        "a".repeat(201),
        "é".repeat(201),
        "🦀".repeat(201),
        "\u{202e}".repeat(201),
        "a\n".repeat(1_000_000),
    ] {
        let expected = Refusal::InvalidName {
            name: excerpt(&name),
            length: name.chars().count(),
        };
        each_edit(&name, |edit| {
            edit.fails_with(&of_record(&edit, expected.clone()));
        });
    }
}

#[test]
fn any_other_text_is_a_name() {
    for name in [
        "a".repeat(200),
        "é".repeat(200),
        "🦀".repeat(200),
        "e\u{301}".repeat(100),
        "\u{0}".repeat(200),
    ] {
        assert_eq!(name.chars().count(), 200);
        works_as_a_name(&name);
    }
    for name in [
        "x",
        " ",
        "\n",
        "\0",
        "two\nlines",
        "\r\n\t\u{b}\u{c}\u{85}",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{7f}\u{9b}",
        "🦀",
        "👩‍👩‍👧‍👦",
        "\u{202e}backwards\u{202c}",
        "\u{feff}",
        "\u{200b}",
        "\u{10ffff}",
        "שלום",
        "名前",
        "host ",
        "HOST",
        "None",
        "'; DROP TABLE resource_providers; --",
        "%s{}{0}\\",
        " 00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-00000000001",
        "urn:uuid:",
        "{}",
    ] {
        works_as_a_name(name);
    }
}

fn works_as_a_name(name: &str) {
    each_edit(name, |edit| {
        let snapshot = edit.works().snapshot();
        let named = snapshot.find(name).unwrap();
        assert_eq!(named.name(), name);
        assert!([NEW, NUMA].contains(&named.uuid()));
        let drawing = snapshot.to_string();
        assert_eq!(drawing.lines().count(), snapshot.len(), "{drawing}");
        assert!(!drawing.replace('\n', "").contains(char::is_control));
        assert!(!format!("{snapshot:?}").is_empty());
    });
}

#[test]
fn a_name_that_another_provider_has_is_refused() {
    let ironic = IRONIC.to_string();
    for (name, uuid) in [("host", HOST), (&ironic, IRONIC)] {
        let expected = name_taken(name, uuid);
        each_edit(name, |edit| edit.fails_with(&expected));
    }
}

#[test]
fn renaming_to_the_current_name_is_no_change() {
    for edit in [
        edit!(rename(NUMA, "numa0")),
        edit!(rename("numa0", "numa0")),
    ] {
        let tree = edit.works();
        assert_eq!(tree.version(), super::forest().version());
    }
}

#[test]
fn a_name_is_free_once_its_holder_is_renamed_or_removed() {
    let tree = super::forest();
    tree.rename("host", "host2").unwrap();
    tree.rename("numa0", "host").unwrap();
    tree.rename(ALIAS, "numa0").unwrap();
    tree.remove("host").unwrap();
    tree.new_root(NewProvider::new("host").uuid(NEW)).unwrap();
    assert_eq!(tree.find("numa0").unwrap().uuid(), ALIAS);
    tree.snapshot().check_invariants().unwrap();
}
