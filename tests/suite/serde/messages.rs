//! Error messages: each names the field, and the provider as far as it is known.

use provider_tree::Snapshot;
use serde_json::json;

fn error_of(text: &str) -> String {
    serde_json::from_str::<Snapshot>(text)
        .unwrap_err()
        .to_string()
}

#[test]
fn each_error_names_the_provider_and_the_field() {
    let subject = "provider `host` (00000000-0000-0000-0000-000000000001): ";
    for (field, value, wrong) in [
        (
            "generation",
            json!("1"),
            "generation: invalid type: string \"1\", expected an integer from 0 to 18446744073709551615",
        ),
        (
            "generation",
            json!(-1),
            "generation: invalid value: integer `-1`, expected an integer from 0 to 18446744073709551615",
        ),
        (
            "generation",
            json!(1.5),
            "generation: invalid type: floating point `1.5`, expected an integer from 0 to 18446744073709551615",
        ),
        (
            "generation",
            json!(9_007_199_254_740_992.0),
            "generation: invalid value: floating point `9007199254740992.0`, expected an \
             integer from 0 to 18446744073709551615 (as a float, to 9007199254740991)",
        ),
        (
            "parent_provider_uuid",
            json!("x"),
            "parent_provider_uuid: UUID parsing failed",
        ),
        (
            "parent_provider_uuid",
            json!(1),
            "parent_provider_uuid: invalid type: integer `1`",
        ),
        (
            "inventories",
            json!([]),
            "inventories: invalid type: sequence, expected an object of resource classes",
        ),
        (
            "inventories",
            json!({"vcpu": {"total": 1}}),
            "inventories: `vcpu` is not a resource class",
        ),
        (
            "inventories",
            json!({"VCPU": 8}),
            "inventories.VCPU: invalid type: integer `8`",
        ),
        (
            "inventories",
            json!({"VCPU": [8]}),
            "inventories.VCPU: invalid type: sequence",
        ),
        (
            "inventories",
            json!({"VCPU": {}}),
            "inventories.VCPU: missing field `total`",
        ),
        (
            "inventories",
            json!({"VCPU": {"totl": 8}}),
            "inventories.VCPU: unknown field `totl`",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 0}}),
            "inventories: total of VCPU is 0",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": "8"}}),
            "inventories.VCPU.total: invalid type: string",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 4_294_967_296_u64}}),
            "inventories.VCPU.total: invalid value: integer `4294967296`, \
             expected an integer from 1 to 2147483647",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 1, "reserved": 4_294_967_296_u64}}),
            "inventories.VCPU.reserved: invalid value: integer `4294967296`, \
             expected an integer from 0 to 2147483647",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 8.5}}),
            "inventories.VCPU.total: invalid type: float",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 8, "reserved": null}}),
            "inventories.VCPU.reserved: invalid type: null",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 8, "reserved": 9}}),
            "inventories: 9 of VCPU are reserved, but the total is 8",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 1, "allocation_ratio": 1e300}}),
            "inventories: allocation_ratio of VCPU is 1e300: it must be 0 to 3.40282e38",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 1, "allocation_ratio": -1}}),
            "inventories: allocation_ratio of VCPU is -1.0: it must be 0 to 3.40282e38",
        ),
        ("traits", json!(["gold"]), "traits: `gold` is not a trait"),
        (
            "traits",
            json!("GOLD"),
            "traits: invalid type: string \"GOLD\"",
        ),
        (
            "traits",
            json!([true]),
            "traits: invalid type: boolean `true`",
        ),
        (
            "aggregates",
            json!(["one"]),
            "aggregates: UUID parsing failed",
        ),
        (
            "resources",
            json!([{"class": "vcpu", "identifier": "a"}]),
            "resources: `vcpu` is no",
        ),
    ] {
        let uuid = "00000000-0000-0000-0000-000000000001";
        let error = error_of(&format!(
            r#"{{"resource_providers": [{{"uuid": "{uuid}", "name": "host", "{field}": {value}}}]}}"#
        ));
        assert!(error.starts_with(&format!("{subject}{wrong}")), "{error}");
    }
}

#[test]
fn a_provider_is_named_by_whichever_of_name_and_uuid_is_known() {
    for (provider, wrong) in [
        (r#"{"name": "host"}"#, "provider `host`: `uuid` is missing"),
        (
            r#"{"name": "host", "uuid": "x"}"#,
            "provider `host` (x): uuid: UUID parsing failed",
        ),
        (
            r#"{"name": "host", "uuid": null}"#,
            "provider `host`: uuid: ",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001"}"#,
            "provider 00000000-0000-0000-0000-000000000001: `name` is missing",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": ""}"#,
            "provider `` (00000000-0000-0000-0000-000000000001): the name `` has 0 characters",
        ),
        ("{}", "a provider without name and uuid: `uuid` is missing"),
        (
            "3",
            "invalid type: integer `3`, expected a provider, which is an object",
        ),
        (
            r#"{"uuid": "x", "name": "host", "parent_uuid": null}"#,
            "provider `host` (x): uuid: UUID parsing failed",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "parent_uuid": null}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             `parent_uuid` is not a field of a provider",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "inventories": {"\u001b[2J": 5}}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             inventories: `\\u{1b}[2J` is not a resource class",
        ),
        (
            r#"{"name": "host", "name": "host"}"#,
            "provider `host`: `name` is given twice",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "inventories": {"VCPU": {"total": 1}, "VCPU": {"total": 2}}}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             inventories: `VCPU` is given twice",
        ),
    ] {
        let error = error_of(&format!(r#"{{"resource_providers": [{provider}]}}"#));
        assert!(error.starts_with(wrong), "{error}");
    }
}

#[test]
fn errors_name_a_provider_even_if_its_name_comes_later() {
    for (field, wrong) in [
        (
            r#""generation": -1"#,
            "generation: invalid value: integer `-1`",
        ),
        (r#""generation": 1.5"#, "generation: invalid type: floating"),
        (
            r#""parent_provider_uuid": "x""#,
            "parent_provider_uuid: UUID",
        ),
        (
            r#""aggregates": ["one"]"#,
            "aggregates: UUID parsing failed",
        ),
        (
            r#""traits": ["gold", "A"]"#,
            "traits: `gold` is not a trait",
        ),
        (
            r#""resources": [{"class": "vcpu", "identifier": "a"}]"#,
            "resources: `vcpu` is no",
        ),
        (r#""x": [{"y": 0.5}]"#, "`x` is not a field of a provider"),
        (
            r#""inventories": {"vcpu": {"total": 0.5}, "VGPU": {"total": 1}}"#,
            "inventories: `vcpu` is not a resource class",
        ),
        (
            r#""inventories": {"VCPU": {"total": 1, "totl": 0.5, "reserved": 0}}"#,
            "inventories.VCPU: unknown field `totl`",
        ),
        (
            r#""inventories": {"VCPU": {}, "VGPU": {"total": 1}}"#,
            "inventories.VCPU: missing field `total`",
        ),
        (
            r#""inventories": {"VCPU": {"total": 1.5}}"#,
            "inventories.VCPU.total: invalid type: floating point `1.5`",
        ),
        (
            r#""inventories": {"VCPU": {"total": 0}}"#,
            "inventories: total of VCPU is 0",
        ),
        // The first error is reported.
        (
            r#""traits": ["gold"], "generation": -1, "generation": 2"#,
            "traits: `gold` is not a trait",
        ),
    ] {
        let uuid = "00000000-0000-0000-0000-000000000001";
        let error = error_of(&format!(
            r#"{{"resource_providers": [{{{field}, "name": "host", "uuid": "{uuid}"}}]}}"#
        ));
        let subject = format!("provider `host` ({uuid}): ");
        assert!(error.starts_with(&format!("{subject}{wrong}")), "{error}");
    }
}

#[test]
fn a_wrong_type_names_the_fields_read_before_it() {
    let uuid = "00000000-0000-0000-0000-000000000001";
    let wrong = "generation: invalid type: string \"1\", expected an integer from 0 to \
                 18446744073709551615 (as a float, to 9007199254740991) at line 1 column ";
    for (provider, subject) in [
        (
            format!(r#"{{"name": "host", "generation": "1", "uuid": "{uuid}"}}"#),
            "provider `host`".to_owned(),
        ),
        (
            format!(r#"{{"uuid": "{uuid}", "generation": "1", "name": "host"}}"#),
            format!("provider {uuid}"),
        ),
        (
            format!(r#"{{"generation": "1", "uuid": "{uuid}", "name": "host"}}"#),
            "a provider whose name and uuid were not read yet".to_owned(),
        ),
    ] {
        let error = error_of(&format!(r#"{{"resource_providers": [{provider}]}}"#));
        assert!(error.starts_with(&format!("{subject}: {wrong}")), "{error}");
    }
}

#[test]
fn an_error_is_one_line_with_one_position() {
    let error = serde_saphyr::from_str::<Snapshot>(
        "- uuid: 00000000-0000-0000-0000-000000000001\n  name: host\n  generation: x\n",
    )
    .unwrap_err()
    .without_snippet()
    .to_string();
    let subject = "provider `host` (00000000-0000-0000-0000-000000000001): generation: ";
    assert!(error.contains(subject) && !error.contains('\n'), "{error}");

    let error = error_of(r#"[{"name": "host", "traits": [true]}]"#);
    assert_eq!(error.matches(" at line ").count(), 1, "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn providers_that_do_not_fit_together_are_refused() {
    let one = "00000000-0000-0000-0000-000000000001";
    let two = "00000000-0000-0000-0000-000000000002";
    for (providers, wrong) in [
        (
            json!([{"uuid": one, "name": "a"}, {"uuid": one, "name": "b"}]),
            "is given twice",
        ),
        (
            json!([{"uuid": one, "name": "a"}, {"uuid": two, "name": "a"}]),
            "has the name `a`",
        ),
        (
            json!([{"uuid": one, "name": "a", "parent_provider_uuid": two}]),
            "these parents are",
        ),
        (
            json!([{"uuid": one, "name": "a", "parent_provider_uuid": one}]),
            "own ancestors",
        ),
        (
            json!([{"uuid": one, "name": "a", "root_provider_uuid": two}]),
            "but its parents lead to",
        ),
    ] {
        let error = error_of(&json!({"resource_providers": providers}).to_string());
        let named = error.contains(one) || error.contains(two);
        assert!(error.contains(wrong) && named, "{error}");
    }
    assert!(error_of("{}").contains("missing field `resource_providers`"));
    for (text, wrong) in [
        ("{", "EOF"),
        (
            "3",
            "expected an object with the field `resource_providers`, or its list alone",
        ),
        (
            r#"{"resource_providers": [], "resource_providers": []}"#,
            "duplicate field",
        ),
        (
            r#"{"resource_providers": [], "providers\u001b": []}"#,
            "unknown field `providers\\u{1b}`, expected `resource_providers`",
        ),
    ] {
        let error = error_of(text);
        assert!(error.contains(wrong), "{error}");
    }
}
