//! The real services, as `tests/placement/service url` names them.

use std::env;

use provider_tree::placement::{
    Client, Headers, HttpTransport, Method, NoAuth, Request, Response, Transport,
};
use provider_tree::{Inventory, ResourceClass, Trait};
use uuid::Uuid;

pub fn address(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

pub fn needed(name: &str) -> String {
    address(name).unwrap_or_else(|| panic!("{name} is not set"))
}

/// Placement without authentication.
pub fn placement() -> String {
    needed("PROVIDER_TREE_PLACEMENT_URL")
}

pub fn client() -> Client {
    client_of(&placement())
}

pub fn client_of(url: &str) -> Client {
    Client::builder(url).auth(NoAuth::admin()).build().unwrap()
}

/// A name that no other test uses.
pub fn unique(what: &str) -> String {
    format!("{what}-{}", Uuid::new_v4())
}

/// A new root.
pub fn root(client: &Client) -> Uuid {
    let uuid = Uuid::new_v4();
    client.create_provider(uuid, &unique("root"), None).unwrap();
    uuid
}

pub fn class(name: &str) -> ResourceClass {
    name.try_into().unwrap()
}

pub fn trait_(name: &str) -> Trait {
    name.try_into().unwrap()
}

pub fn vcpus(total: u32) -> (ResourceClass, Inventory) {
    (ResourceClass::VCPU, Inventory::new(total))
}

/// Makes a class known. Placement on PostgreSQL may lose one that is created at the same
/// moment as another one.
pub fn create_class(client: &Client, name: &ResourceClass) {
    while !client.list_resource_classes().unwrap().contains(name) {
        client.create_resource_class(name).unwrap();
    }
}

/// Sends a request that the client has no method for.
pub fn raw(method: Method, path: &str, body: &str) -> Response {
    let headers = Headers::from_iter([
        ("x-auth-token", "admin"),
        ("x-roles", "admin,service"),
        ("openstack-api-version", "placement 1.39"),
        ("content-type", "application/json"),
    ]);
    let transport = HttpTransport::builder().build().unwrap();
    let url = placement() + path;
    let request = Request::new(method, &url, &headers, Some(body.as_bytes()));
    transport.send(&request).unwrap()
}

/// Lets a consumer take CPUs of a provider, and returns the consumer.
pub fn allocate(provider: Uuid, vcpus: u32) -> Uuid {
    let consumer = Uuid::new_v4();
    let body = format!(
        r#"{{"allocations": {{"{provider}": {{"resources": {{"VCPU": {vcpus}}}}}}},
            "project_id": "p", "user_id": "u", "consumer_generation": null,
            "consumer_type": "INSTANCE"}}"#
    );
    let response = raw(Method::Put, &format!("/allocations/{consumer}"), &body);
    assert_eq!(
        response.status,
        204,
        "{:?}",
        String::from_utf8(response.body)
    );
    consumer
}
