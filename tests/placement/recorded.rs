//! The client against answers of the real service that were recorded once
//! (`recorded.json` says where): what it sends is what was sent then, and what it
//! makes of the answer is what the answer says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use provider_tree::placement::{
    AtGeneration, Client, Error, Filter, Inventories, ListedProvider, NoAuth,
};
use provider_tree::{Inventory, Trait};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fake::{Fake, Sent, answer};

crate::tests![
    the_client_sends_what_was_sent_and_reads_what_was_answered,
    fields_that_are_not_known_are_ignored,
    an_answer_that_is_cut_short_is_malformed,
];

fn exchanges() -> Vec<Value> {
    let document: Value = serde_json::from_str(include_str!("recorded.json")).unwrap();
    document["exchanges"].as_array().unwrap().clone()
}

fn the_client_sends_what_was_sent_and_reads_what_was_answered() {
    let exchanges = exchanges();
    assert_eq!(exchanges.len(), 59);
    for exchange in &exchanges {
        let (result, sent) = play(exchange, &exchange["response"]["body"].to_string());
        check_request(exchange, &sent);
        check_answer(exchange, result);
    }
}

fn fields_that_are_not_known_are_ignored() {
    fn grow(value: &mut Value, is_by_class: bool) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    grow(field, name == "inventories");
                }
                if !is_by_class {
                    fields.insert("not_known_yet".to_owned(), json!([{"a": 1.5}]));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| grow(item, false)),
            _ => {}
        }
    }
    for exchange in exchanges() {
        let mut body = exchange["response"]["body"].clone();
        grow(&mut body, false);
        check_answer(&exchange, play(&exchange, &body.to_string()).0);
    }
}

fn an_answer_that_is_cut_short_is_malformed() {
    let mut cut = 0;
    for exchange in exchanges() {
        let body = exchange["response"]["body"].to_string();
        for length in [0, 1, body.len() / 2, body.len() - 1] {
            let (result, _) = play(&exchange, &body[..length]);
            match status(&exchange) {
                // No body, or none that matters.
                201 | 204 => {
                    result.unwrap();
                }
                200 => {
                    let error = result.unwrap_err();
                    assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
                    let is_get = exchange["request"]["method"] == "GET";
                    assert_eq!(error.is_unknown_outcome(), !is_get);
                    cut += 1;
                }
                406 => assert!(matches!(
                    result.unwrap_err(),
                    Error::UnsupportedMicroversion {
                        min: None,
                        max: None,
                        ..
                    }
                )),
                status => assert_eq!(result.unwrap_err().refusal().unwrap().status, status),
            }
        }
    }
    assert!(cut > 100, "{cut}");
}

fn status(exchange: &Value) -> u16 {
    exchange["response"]["status"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap()
}

/// Makes the call of a recorded request, and lets it have this body in answer.
fn play(exchange: &Value, body: &str) -> (Result<Value, Error>, Sent) {
    let body = if exchange["response"]["body"].is_null() {
        ""
    } else {
        body
    };
    let headers = exchange["response"]["headers"].as_object().unwrap();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (&**name, value.as_str().unwrap()))
        .collect();
    let response = answer(status(exchange), &headers, body);
    let fake = Arc::new(Fake::new(move |_, _| Ok(response.clone())));
    let client = Client::builder("http://recorded")
        .auth(NoAuth::admin())
        .transport(Arc::clone(&fake))
        .build()
        .unwrap();
    let result = call(&client, &exchange["request"]);
    let sent = fake.sent();
    // A 401 is tried once more.
    assert_eq!(sent.len(), if status(exchange) == 401 { 2 } else { 1 });
    (result, sent[0].clone())
}

/// Makes the call that sends a request, and gives its result in Placement's words.
fn call(client: &Client, request: &Value) -> Result<Value, Error> {
    let path = request["path"].as_str().unwrap();
    let body = &request["body"];
    let generation = body["resource_provider_generation"].as_u64();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let nothing = |()| Value::Null;
    let uuid = |text: &str| Uuid::parse_str(text).unwrap();
    let parent = || body["parent_provider_uuid"].as_str().map(uuid);
    let name = || body["name"].as_str().unwrap();
    match (request["method"].as_str().unwrap(), &parts[..]) {
        ("GET", [""]) => client.microversions().map(|(min, max)| {
            json!({"versions": [
                {"min_version": min.to_string(), "max_version": max.to_string()}
            ]})
        }),
        ("GET", ["resource_classes"]) => client.list_resource_classes().map(|classes| {
            let named = classes.iter().map(|class| json!({"name": class}));
            json!({"resource_classes": named.collect::<Vec<_>>()})
        }),
        ("PUT", ["resource_classes", class]) => client
            .create_resource_class(&(*class).try_into().unwrap())
            .map(nothing),
        ("PUT", ["traits", name]) => client
            .create_trait(&(*name).try_into().unwrap())
            .map(nothing),
        ("POST", ["reshaper"]) => {
            let inventories = body["inventories"].as_object().unwrap().iter();
            let by_uuid: BTreeMap<_, _> = inventories
                .map(|(key, at)| {
                    let generation = at["resource_provider_generation"].as_u64().unwrap();
                    let content = inventories_of(&at["inventories"]);
                    (
                        uuid(key),
                        AtGeneration {
                            generation,
                            content,
                        },
                    )
                })
                .collect();
            client.reshape(&by_uuid).map(nothing)
        }
        ("POST", ["resource_providers"]) => client
            .create_provider(uuid(body["uuid"].as_str().unwrap()), name(), parent())
            .map(listed),
        ("GET", [list]) => {
            let mut filter = Filter::default();
            if let Some((_, condition)) = list.split_once('?') {
                let (key, value) = condition.split_once('=').unwrap();
                filter = match key {
                    "in_tree" => filter.in_tree(uuid(value)),
                    "uuid" => filter.uuid(uuid(value)),
                    "name" => filter.name(value),
                    _ => panic!("{condition}"),
                };
            }
            let all = client.list_providers(&filter)?.into_iter().map(listed);
            Ok(json!({"resource_providers": all.collect::<Vec<_>>()}))
        }
        ("GET", [_, of]) => client.get_provider(uuid(of)).map(listed),
        ("PUT", [_, of]) => client
            .update_provider(uuid(of), name(), parent())
            .map(listed),
        ("DELETE", [_, of]) => client.delete_provider(uuid(of)).map(nothing),
        ("GET", [_, of, "inventories"]) => client.get_inventories(uuid(of)).map(inventories),
        ("PUT", [_, of, "inventories"]) => client
            .put_inventories(
                uuid(of),
                generation.unwrap(),
                &inventories_of(&body["inventories"]),
            )
            .map(inventories),
        ("GET", [_, of, "traits"]) => client.get_traits(uuid(of)).map(traits),
        ("PUT", [_, of, "traits"]) => {
            let names: BTreeSet<Trait> = serde_json::from_value(body["traits"].clone()).unwrap();
            client
                .put_traits(uuid(of), generation.unwrap(), &names)
                .map(traits)
        }
        ("GET", [_, of, "aggregates"]) => client.get_aggregates(uuid(of)).map(aggregates),
        ("PUT", [_, of, "aggregates"]) => {
            let uuids: BTreeSet<Uuid> = serde_json::from_value(body["aggregates"].clone()).unwrap();
            client
                .put_aggregates(uuid(of), generation.unwrap(), &uuids)
                .map(aggregates)
        }
        other => panic!("{other:?}"),
    }
}

fn inventories_of(value: &Value) -> Inventories {
    serde_json::from_value(value.clone()).unwrap()
}

fn listed(provider: ListedProvider) -> Value {
    json!({
        "uuid": provider.uuid,
        "name": provider.name,
        "generation": provider.generation,
        "parent_provider_uuid": provider.parent_provider_uuid,
        "root_provider_uuid": provider.root_provider_uuid,
    })
}

fn inventories(read: AtGeneration<Inventories>) -> Value {
    let records = read.content.iter();
    let records: Map<String, Value> = records
        .map(|(class, record)| (class.to_string(), record_of(record)))
        .collect();
    json!({"resource_provider_generation": read.generation, "inventories": records})
}

fn record_of(record: &Inventory) -> Value {
    serde_json::to_value(record).unwrap()
}

fn traits(read: AtGeneration<BTreeSet<Trait>>) -> Value {
    json!({"resource_provider_generation": read.generation, "traits": read.content})
}

fn aggregates(read: AtGeneration<BTreeSet<Uuid>>) -> Value {
    json!({"resource_provider_generation": read.generation, "aggregates": read.content})
}

fn check_request(exchange: &Value, sent: &Sent) {
    let request = &exchange["request"];
    assert_eq!(sent.method.as_str(), request["method"]);
    let decoded = sent.url.replace("%2D", "-").replace("%5F", "_");
    let path = request["path"].as_str().unwrap();
    assert_eq!(decoded.strip_prefix("http://recorded"), Some(path));
    let body = sent.body.as_ref();
    let body = body.map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
    let mut recorded = request["body"].clone();
    if path == "/reshaper" {
        // The client sends no allocations.
        recorded["allocations"] = json!({});
    }
    assert_eq!(normal(&body), normal(&recorded), "{path}");
}

fn check_answer(exchange: &Value, result: Result<Value, Error>) {
    let recorded = &exchange["response"]["body"];
    match (status(exchange), result) {
        (200.., Ok(read)) if status(exchange) < 300 => {
            assert!(
                covers(&normal(recorded), &normal(&read)),
                "{read} of {recorded}"
            );
        }
        (406, Err(error)) => assert!(error.to_string().ends_with("1.0 to 1.39"), "{error}"),
        (expected, Err(error)) => {
            let refusal = error.refusal().unwrap();
            assert_eq!(refusal.status, expected);
            let said = recorded["errors"].get(0).unwrap_or(recorded);
            let detail = said.get("detail").or(said.get("message")).unwrap();
            let words: Vec<&str> = detail.as_str().unwrap().split_whitespace().collect();
            let words = words.join(" ");
            assert!(words.starts_with(&refusal.detail) && refusal.detail.len() > 50);
            assert_eq!(refusal.title, said["title"].as_str().unwrap());
            let code = said["code"]
                .as_str()
                .filter(|code| code.starts_with("placement."));
            assert_eq!(refusal.code.as_deref(), code);
            assert!(refusal.request_id.as_ref().unwrap().starts_with("req-"));
        }
        (expected, Ok(read)) => panic!("{expected}: {read}"),
    }
}

/// Lists that are sets are sorted; all numbers are floats.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, field)| (name.clone(), normal(field)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(normal).collect();
            items.sort_by_key(|item| match &item["name"] {
                Value::String(name) => name.clone(),
                _ => item.to_string(),
            });
            Value::Array(items)
        }
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

/// Whether all that was read stands in the answer, and every item of a list was
/// read.
fn covers(answer: &Value, read: &Value) -> bool {
    match (answer, read) {
        (Value::Object(answer), Value::Object(read)) => read.iter().all(|(name, field)| {
            let is_whole = name != "inventories"
                || answer[name].as_object().map(Map::len) == field.as_object().map(Map::len);
            is_whole && covers(&answer[name], field)
        }),
        (Value::Array(answer), Value::Array(read)) => {
            answer.len() == read.len() && answer.iter().zip(read).all(|(a, b)| covers(a, b))
        }
        _ => answer == read,
    }
}
