//! Every error names what was wrong and says what to do about it.

use super::*;

const FIRST: Uuid = Uuid::from_u128(0x1111);
const SECOND: Uuid = Uuid::from_u128(0x2222);

/// Every kind of error, with what its text must name.
fn errors() -> Vec<(Error, Vec<String>)> {
    let (first, second) = (FIRST.to_string(), SECOND.to_string());
    let name = || "gpu0".to_owned();
    let invalid_name = Error::InvalidName {
        name: name(),
        length: 201,
    };
    vec![
        (Error::UnknownProvider { key: name() }, vec![name()]),
        (
            Error::UuidTaken {
                uuid: FIRST,
                name: name(),
            },
            vec![first.clone(), name()],
        ),
        (
            Error::name_taken("gpu0", FIRST, "gpu0"),
            vec![name(), first.clone(), "already".to_owned()],
        ),
        (
            Error::NameTaken {
                name: SECOND.to_string(),
                uuid: FIRST,
                held: SECOND.simple().to_string(),
            },
            vec![
                first.clone(),
                second.clone(),
                SECOND.simple().to_string(),
                "the same UUID".to_owned(),
            ],
        ),
        (
            Error::NameIsUuid {
                name: first.clone(),
                uuid: FIRST,
            },
            vec![first.clone()],
        ),
        (
            Error::UuidIsName {
                uuid: FIRST,
                named: SECOND,
            },
            vec![first.clone(), second.clone()],
        ),
        (
            Error::MissingParents {
                uuids: vec![FIRST, SECOND],
            },
            vec![format!("{first}, {second}")],
        ),
        (
            Error::Cycle {
                uuids: vec![FIRST, SECOND],
            },
            vec![format!("{first}, {second}")],
        ),
        (
            Error::TooDeep {
                uuid: FIRST,
                limit: 1_024,
            },
            vec![first.clone(), "1024".to_owned()],
        ),
        (Error::TooManySiblings { limit: 77 }, vec!["77".to_owned()]),
        (
            Error::NotARoot {
                uuid: FIRST,
                root: SECOND,
            },
            vec![first.clone(), second.clone()],
        ),
        (
            Error::RootMismatch {
                uuid: FIRST,
                given: SECOND,
                actual: Uuid::max(),
            },
            vec![first.clone(), second, Uuid::max().to_string()],
        ),
        (
            Error::DuplicateProvider { uuid: FIRST },
            vec![first.clone()],
        ),
        (
            Error::ChangedMeanwhile { uuids: vec![FIRST] },
            vec![first.clone(), "compare".to_owned()],
        ),
        (
            Error::InvalidRecord {
                uuid: FIRST,
                reason: Box::new(invalid_name.clone()),
            },
            vec![first.clone(), invalid_name.to_string()],
        ),
        (
            Error::DuplicateResourceClass {
                class: ResourceClass::VGPU,
            },
            vec!["VGPU".to_owned()],
        ),
        (
            Error::GenerationConflict {
                uuid: FIRST,
                expected: 5,
                actual: Some(77),
            },
            vec![first.clone(), "5".to_owned(), "77".to_owned()],
        ),
        (
            Error::GenerationConflict {
                uuid: FIRST,
                expected: 5,
                actual: None,
            },
            vec![
                first,
                "5 was expected".to_owned(),
                "no generation".to_owned(),
            ],
        ),
        (
            invalid_name,
            vec![name(), "201".to_owned(), "200".to_owned()],
        ),
        (
            Error::InvalidResourceClass { name: name() },
            vec![name(), "255".to_owned(), "A-Z".to_owned()],
        ),
        (
            Error::InvalidTrait { name: name() },
            vec![name(), "255".to_owned(), "A-Z".to_owned()],
        ),
        (
            Error::InvalidInventory {
                class: ResourceClass::VGPU,
                field: "step_size",
                value: "0".to_owned(),
                range: "1 to 2147483647",
            },
            ["VGPU", "step_size", "0", "1 to 2147483647"]
                .map(str::to_owned)
                .to_vec(),
        ),
        (
            Error::ReservedAboveTotal {
                class: ResourceClass::VGPU,
                reserved: 77,
                total: 5,
            },
            vec![
                "77 of VGPU".to_owned(),
                "the total is 5".to_owned(),
                "reserve at most 5".to_owned(),
            ],
        ),
        (Error::NestedUpdate, vec!["the same tree".to_owned()]),
        (
            Error::ForeignTransaction,
            vec!["replaced its transaction".to_owned()],
        ),
        (
            Error::Contended { attempts: 10_000 },
            vec!["10000".to_owned()],
        ),
    ]
}

#[test]
fn every_error_names_what_was_wrong() {
    for (error, named) in errors() {
        let text = error.to_string();
        for what in named {
            assert!(text.contains(&what), "`{text}` does not name {what}");
        }
    }
}

#[test]
fn every_error_says_it_in_one_line_without_a_full_stop() {
    for (error, _) in errors() {
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.contains("  "), "{text}");
        assert!(!text.ends_with('.'), "{text}");
    }
}

#[test]
fn every_error_says_what_to_do_after_a_colon() {
    for (error, _) in errors() {
        let text = error.to_string();
        let advice = text.split_once(": ").map_or("", |(_, advice)| advice);
        assert!(!advice.is_empty(), "{text}");
    }
}

#[test]
fn each_kind_of_error_has_its_own_text() {
    let mut texts: Vec<String> = errors()
        .iter()
        .map(|(error, _)| error.to_string())
        .collect();
    let count = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), count);
}

#[test]
fn each_error_says_one_thing_to_do_about_it() {
    for (error, _) in errors() {
        let remedies = [
            error.is_not_found(),
            error.is_taken(),
            error.is_conflict(),
            error.is_invalid(),
        ];
        assert_eq!(remedies.iter().filter(|one| **one).count(), 1, "{error}");
    }
}
