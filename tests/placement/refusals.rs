//! Every refusal that the calls document, by its predicate and its text.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use provider_tree::placement::{
    AtGeneration, Auth, Client, Error, Filter, Headers, HttpTransport, Inventories, NoAuth,
    Request, Response, Transport, TransportError,
};
use provider_tree::{ResourceClass, Trait};
use uuid::Uuid;

use crate::service::{allocate, class, client, placement, root, trait_, unique, vcpus};

crate::tests![
    a_missing_provider_is_not_found,
    a_name_or_uuid_that_is_taken_is_a_duplicate,
    a_parent_must_be_there_and_not_below,
    children_keep_their_parent_from_being_deleted,
    allocations_keep_what_they_use,
    another_generation_is_a_conflict,
    whoever_loses_a_race_for_traits_may_get_a_500,
    a_reshape_is_refused_as_a_whole,
    names_that_are_not_known_are_bad_requests,
    only_custom_names_can_be_created,
    no_token_is_unauthorized,
    a_missing_role_is_named,
    a_microversion_that_is_too_high_is_refused_with_the_range,
];

/// What a refusal is, by predicates that exclude each other.
fn kind(error: &Error) -> &'static str {
    let kinds = [
        ("conflict", error.is_conflict()),
        ("in use", error.is_in_use()),
        ("duplicate", error.is_duplicate()),
        ("parent", error.is_parent()),
        ("not found", error.is_not_found()),
        ("unauthorized", error.is_unauthorized()),
        ("forbidden", error.is_forbidden()),
    ];
    assert!(
        !error.is_unavailable() && !error.is_unknown_outcome(),
        "{error:?}"
    );
    let refusal = error.refusal().unwrap();
    assert!(
        refusal.request_id.as_ref().unwrap().starts_with("req-"),
        "{error:?}"
    );
    let mut found = kinds.iter().filter(|(_, is)| *is).map(|(name, _)| *name);
    let first = found.next();
    assert_eq!(found.next(), None, "{error:?}");
    first.unwrap_or(match refusal.status {
        400 => "bad request",
        _ => "?",
    })
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, expected: &str, text: &str) {
    let error = result.unwrap_err();
    assert_eq!(kind(&error), expected, "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
}

fn a_missing_provider_is_not_found() {
    let client = client();
    let nobody = Uuid::new_v4();
    let text = &nobody.to_string();
    refused(client.get_provider(nobody), "not found", text);
    refused(
        client.update_provider(nobody, "name", None),
        "not found",
        text,
    );
    refused(client.delete_provider(nobody), "not found", text);
    refused(client.get_inventories(nobody), "not found", text);
    refused(
        client.put_inventories(nobody, 0, &Inventories::new()),
        "not found",
        text,
    );
    refused(client.get_traits(nobody), "not found", text);
    refused(
        client.put_traits(nobody, 0, &BTreeSet::new()),
        "not found",
        text,
    );
    refused(client.get_aggregates(nobody), "not found", text);
    refused(
        client.put_aggregates(nobody, 0, &BTreeSet::new()),
        "not found",
        text,
    );
}

fn a_name_or_uuid_that_is_taken_is_a_duplicate() {
    let client = client();
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    let (name, other) = (unique("taken"), unique("other"));
    client.create_provider(a, &name, None).unwrap();
    client.create_provider(b, &other, None).unwrap();
    refused(
        client.create_provider(Uuid::new_v4(), &name, None),
        "duplicate",
        &name,
    );
    refused(
        client.create_provider(a, &unique("new"), None),
        "duplicate",
        &a.to_string(),
    );
    refused(client.update_provider(b, &name, None), "duplicate", &name);
}

fn a_parent_must_be_there_and_not_below() {
    let client = client();
    let uuid = root(&client);
    let child = Uuid::new_v4();
    let name = unique("child");
    refused(
        client.create_provider(child, &name, Some(Uuid::new_v4())),
        "bad request",
        "parent provider UUID does not exist",
    );
    client.create_provider(child, &name, Some(uuid)).unwrap();
    refused(
        client.update_provider(uuid, &unique("root"), Some(child)),
        "bad request",
        "loop",
    );
    refused(
        client.update_provider(child, &name, Some(Uuid::new_v4())),
        "bad request",
        "parent",
    );
}

fn children_keep_their_parent_from_being_deleted() {
    let client = client();
    let uuid = root(&client);
    client
        .create_provider(Uuid::new_v4(), &unique("child"), Some(uuid))
        .unwrap();
    refused(
        client.delete_provider(uuid),
        "parent",
        "child resource providers",
    );
}

fn allocations_keep_what_they_use() {
    let client = client();
    let uuid = root(&client);
    client
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap();
    allocate(uuid, 1);
    let generation = client.get_provider(uuid).unwrap().generation;
    refused(
        client.put_inventories(uuid, generation, &Inventories::new()),
        "in use",
        "VCPU",
    );
    refused(client.delete_provider(uuid), "in use", "allocations");
    let nothing = AtGeneration {
        generation,
        content: Inventories::new(),
    };
    refused(
        client.reshape(&BTreeMap::from([(uuid, nothing)])),
        "in use",
        "VCPU",
    );
}

fn another_generation_is_a_conflict() {
    let client = client();
    let uuid = root(&client);
    client
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap();
    for stale in [0, 2] {
        let text = "generation";
        refused(
            client.put_inventories(uuid, stale, &Inventories::new()),
            "conflict",
            text,
        );
        refused(
            client.put_traits(uuid, stale, &BTreeSet::new()),
            "conflict",
            text,
        );
        refused(
            client.put_aggregates(uuid, stale, &BTreeSet::new()),
            "conflict",
            text,
        );
    }
    assert_eq!(client.get_provider(uuid).unwrap().generation, 1);
}

fn whoever_loses_a_race_for_traits_may_get_a_500() {
    let client = client();
    let names: Vec<_> = (0..8)
        .map(|n| trait_(&format!("CUSTOM_RACE_{n}")))
        .collect();
    for name in &names {
        client.create_trait(name).unwrap();
    }
    for _ in 0..5 {
        let uuid = root(&client);
        let put = |name| client.put_traits(uuid, 0, &BTreeSet::from([Trait::clone(name)]));
        let results: Vec<_> = thread::scope(|scope| {
            let writers: Vec<_> = names
                .iter()
                .map(|name| scope.spawn(move || put(name)))
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .collect()
        });
        let there = client.get_traits(uuid).unwrap();
        for (name, result) in names.iter().zip(results) {
            match result {
                Ok(_) => assert_eq!(there.content, BTreeSet::from([name.clone()])),
                Err(error) => {
                    assert!(
                        error.is_conflict() || error.is_unknown_outcome(),
                        "{error:?}"
                    );
                }
            }
        }
    }
}

fn a_reshape_is_refused_as_a_whole() {
    let client = client();
    let (a, b) = (root(&client), root(&client));
    let at = |generation| AtGeneration {
        generation,
        content: Inventories::from([vcpus(2)]),
    };
    let both = BTreeMap::from([(a, at(0)), (b, at(1))]);
    refused(client.reshape(&both), "conflict", &b.to_string());
    let unknown = BTreeMap::from([(a, at(0)), (Uuid::new_v4(), at(0))]);
    refused(client.reshape(&unknown), "bad request", "not found");
    for uuid in [a, b] {
        assert_eq!(
            client.get_inventories(uuid).unwrap(),
            AtGeneration::default()
        );
    }
}

fn names_that_are_not_known_are_bad_requests() {
    let client = client();
    let uuid = root(&client);
    let mut unknown = Inventories::from([vcpus(1)]);
    unknown.insert(class("CUSTOM_NOT_KNOWN"), unknown[&ResourceClass::VCPU]);
    let name = "CUSTOM_NOT_KNOWN";
    refused(
        client.put_inventories(uuid, 0, &unknown),
        "bad request",
        name,
    );
    let traits = BTreeSet::from([trait_(name)]);
    refused(client.put_traits(uuid, 0, &traits), "bad request", name);
    let filter = Filter::default().required(&trait_(name));
    refused(client.list_providers(&filter), "bad request", name);
    let mut wrong = Inventories::from([vcpus(1)]);
    wrong.values_mut().next().unwrap().reserved = Some(2);
    refused(
        client.put_inventories(uuid, 0, &wrong),
        "bad request",
        "reserved",
    );
    assert_eq!(
        client.get_inventories(uuid).unwrap(),
        AtGeneration::default()
    );
}

fn only_custom_names_can_be_created() {
    let client = client();
    refused(
        client.create_trait(&trait_("HW_CPU_X86_AVX")),
        "bad request",
        "HW_CPU_X86_AVX",
    );
    refused(
        client.create_resource_class(&ResourceClass::VCPU),
        "bad request",
        "VCPU",
    );
}

fn no_token_is_unauthorized() {
    struct Nobody;
    impl Auth for Nobody {
        fn headers(&self) -> Result<Headers, Error> {
            Ok(Headers::default())
        }
        fn invalidate(&self, _: &Headers) {}
    }
    let nobody = Client::builder(placement()).auth(Nobody).build().unwrap();
    refused(
        nobody.list_providers(&Filter::default()),
        "unauthorized",
        "401 Unauthorized",
    );
}

fn a_missing_role_is_named() {
    let with = |roles| {
        let auth = NoAuth::new("someone", roles);
        Client::builder(placement()).auth(auth).build().unwrap()
    };
    let result = with(&["reader"]).list_providers(&Filter::default());
    refused(
        result,
        "forbidden",
        "the user needs the role `admin` or `service`",
    );
    let error = with(&["admin"]).reshape(&BTreeMap::new()).unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.policy(), Some("placement:reshaper:reshape"));
    refused(
        Err::<(), _>(error),
        "forbidden",
        "the user needs the role `service`",
    );
}

fn a_microversion_that_is_too_high_is_refused_with_the_range() {
    /// Asks for a microversion of the future.
    struct Future(HttpTransport);
    impl Transport for Future {
        fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
            let headers = request.headers.iter().map(|(name, value)| match name {
                "openstack-api-version" => (name, "placement 9.99"),
                _ => (name, value),
            });
            let headers = headers.collect();
            self.0.send(&Request::new(
                request.method,
                request.url,
                &headers,
                request.body,
            ))
        }
    }
    let future = Client::builder(placement())
        .auth(NoAuth::admin())
        .transport(Future(HttpTransport::builder().build().unwrap()))
        .build()
        .unwrap();
    let (min, max) = client().microversions().unwrap();
    let error = future.list_providers(&Filter::default()).unwrap_err();
    let range = format!("is needed, and the service has {min} to {max}");
    assert!(error.to_string().ends_with(&range), "{error}");
    assert!(!error.is_unavailable() && !error.is_unknown_outcome());
}
