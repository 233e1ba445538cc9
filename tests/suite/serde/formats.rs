//! Each format reads back what it wrote, and no type is guessed.

use std::collections::BTreeSet;
use std::fmt::Debug;

use provider_tree::{
    Change, Inventory, NewProvider, Place, ProviderRecord, Resource, ResourceClass, Snapshot, Trait,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cases::new_tree;

/// A forest with present, empty and absent fields.
fn forest() -> Snapshot {
    let tree = new_tree();
    tree.update(|transaction| {
        let host = transaction
            .new_root(NewProvider::new("h\u{f6}st \"1\": 'a'\n#").generation(u64::MAX))?;
        transaction.new_child("12345", host)?;
        transaction.new_root(NewProvider::new("null").generation(0))?;
        transaction.new_root(NewProvider::new("1e5").uuid(Uuid::max()))?;
        let mut full = Inventory::new(2_147_483_647);
        full.reserved = Some(0);
        full.min_unit = Some(1);
        full.max_unit = Some(2_147_483_647);
        full.step_size = Some(2);
        full.allocation_ratio = Some(0.1);
        let mut half = Inventory::new(8);
        half.reserved = Some(8);
        half.max_unit = Some(3);
        let mut ratio = Inventory::new(1);
        ratio.allocation_ratio = Some(16.0);
        let inventory = [
            (ResourceClass::VCPU, full),
            (ResourceClass::VGPU, half),
            (ResourceClass::PGPU, ratio),
            (ResourceClass::FPGA, Inventory::new(1)),
        ];
        transaction.update_inventory("12345", inventory, 0)?;
        transaction.update_traits(host, ["B", "A_1", "123"], None)?;
        transaction.update_aggregates(host, [Uuid::max(), Uuid::nil()], None)?;
        let mut namespace = Resource::new(ResourceClass::FPGA, "0");
        namespace
            .metadata
            .insert("path".to_owned(), "1.5".to_owned());
        let bare = Resource::new(ResourceClass::FPGA, "");
        transaction.update_resources("12345", [namespace, bare])
    })
    .unwrap_or_else(|error: provider_tree::Error| panic!("{error}"));
    tree.snapshot()
}

/// A changed forest and its predecessor.
fn changes() -> Vec<Change> {
    let before = forest();
    let tree = crate::cases::fork(before.clone());
    tree.remove("null").unwrap();
    tree.new_root("last").unwrap();
    tree.set_generation("12345", 1).unwrap();
    let changes = tree.snapshot().diff(&before);
    assert_eq!(changes.len(), 3);
    changes
}

/// A foreign program's view of changes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mirrored {
    Added {
        provider: ProviderRecord,
        place: MirroredPlace,
    },
    Removed {
        provider: ProviderRecord,
    },
    Updated {
        before: ProviderRecord,
        after: ProviderRecord,
        place: Option<MirroredPlace>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MirroredPlace {
    Last,
    Before(Uuid),
}

fn mirrored(changes: &[Change]) -> Vec<Mirrored> {
    let place = |place: &Place| match place {
        Place::Last => MirroredPlace::Last,
        Place::Before(next) => MirroredPlace::Before(*next),
    };
    let mirrored = |change: &Change| match change {
        Change::Added {
            provider,
            place: at,
            ..
        } => Mirrored::Added {
            provider: provider.into(),
            place: place(at),
        },
        Change::Removed { provider, .. } => Mirrored::Removed {
            provider: provider.into(),
        },
        Change::Updated {
            before,
            after,
            place: at,
            ..
        } => Mirrored::Updated {
            before: before.into(),
            after: after.into(),
            place: at.as_ref().map(place),
        },
    };
    changes.iter().map(mirrored).collect()
}

/// A format that writes a value and reads it as another type.
trait Format {
    fn write<T: Serialize>(value: &T) -> Vec<u8>;
    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String>;
}

fn assert_same<F: Format, T: Serialize, U: DeserializeOwned + PartialEq + Debug>(
    written: &T,
    expected: &U,
) {
    assert_eq!(F::read::<U>(&F::write(written)).as_ref(), Ok(expected));
}

fn assert_round_trips<F: Format>() {
    let snapshot = forest();
    assert_same::<F, _, _>(&snapshot, &snapshot);
    assert_same::<F, _, _>(&Snapshot::default(), &Snapshot::default());
    let records: Vec<ProviderRecord> = snapshot.to_records().collect();
    assert_same::<F, _, _>(&records, &records);
    for provider in snapshot.iter() {
        let record = ProviderRecord::from(provider);
        assert_same::<F, _, _>(provider, &record);
        assert_same::<F, _, _>(&provider.inventory(), &provider.inventory().to_vec());
        let resources: BTreeSet<Resource> = provider.resources().iter().cloned().collect();
        assert_same::<F, _, _>(&resources, &resources);
        let traits: Vec<Trait> = provider.traits().to_vec();
        assert_same::<F, _, _>(&traits, &traits);
    }
    let changes = changes();
    assert_same::<F, _, _>(&changes, &mirrored(&changes));
}

struct Json;

impl Format for Json {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        serde_json::to_vec(value).unwrap()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

struct Yaml;

impl Format for Yaml {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        serde_saphyr::to_string(value).unwrap().into_bytes()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        serde_saphyr::from_slice(bytes).map_err(|error| error.to_string())
    }
}

struct Ron;

impl Format for Ron {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        ron::to_string(value).unwrap().into_bytes()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        ron::de::from_bytes(bytes).map_err(|error| error.to_string())
    }
}

struct CompactMessagePack;

impl Format for CompactMessagePack {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        rmp_serde::to_vec(value).unwrap()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
    }
}

struct NamedMessagePack;

impl Format for NamedMessagePack {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        rmp_serde::to_vec_named(value).unwrap()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// MessagePack with UUIDs as text.
struct ReadableMessagePack;

impl Format for ReadableMessagePack {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut serializer = rmp_serde::Serializer::new(&mut bytes).with_human_readable();
        value.serialize(&mut serializer).unwrap();
        bytes
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        let mut deserializer = rmp_serde::Deserializer::new(bytes).with_human_readable();
        T::deserialize(&mut deserializer).map_err(|error| error.to_string())
    }
}

struct Cbor;

impl Format for Cbor {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        ciborium::from_reader(bytes).map_err(|error| error.to_string())
    }
}

/// Not self-describing: the reader must know the types.
struct Postcard;

impl Format for Postcard {
    fn write<T: Serialize>(value: &T) -> Vec<u8> {
        postcard::to_allocvec(value).unwrap()
    }

    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
        postcard::from_bytes(bytes).map_err(|error| error.to_string())
    }
}

#[test]
fn json_round_trips() {
    assert_round_trips::<Json>();
}

#[test]
fn yaml_round_trips() {
    assert_round_trips::<Yaml>();
}

#[test]
fn ron_round_trips() {
    assert_round_trips::<Ron>();
}

#[test]
fn message_pack_without_names_round_trips() {
    assert_round_trips::<CompactMessagePack>();
}

#[test]
fn message_pack_with_names_round_trips() {
    assert_round_trips::<NamedMessagePack>();
}

#[test]
fn human_readable_message_pack_round_trips() {
    assert_round_trips::<ReadableMessagePack>();
}

#[test]
fn cbor_round_trips() {
    assert_round_trips::<Cbor>();
}

#[test]
fn postcard_round_trips() {
    assert_round_trips::<Postcard>();
}

#[test]
fn yaml_names_are_read_like_any_string() {
    let uuid = "00000000-0000-0000-0000-000000000001";
    for name in [
        "12345",
        "1e5",
        "true",
        "'12345'",
        "2026-01-01",
        "null",
        "[]",
    ] {
        let text = format!("uuid: {uuid}\nname: {name}\n");
        let record = serde_saphyr::from_str::<ProviderRecord>(&text);
        let derived = serde_saphyr::from_str::<String>(name);
        assert_eq!(
            record.map(|record| record.name).ok(),
            derived.ok(),
            "{name}"
        );
    }
    let text = format!("uuid: {uuid}\nname: 12345\n");
    let record: ProviderRecord = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(record.name, "12345");
}

#[test]
fn yaml_may_be_a_list_and_use_null_for_none() {
    let text = "- uuid: 00000000000000000000000000000001\n  name: host\n  generation: ~\n  \
                inventories:\n    VCPU: {total: 8.0, allocation_ratio: 1.5}\n";
    let snapshot: Snapshot = serde_saphyr::from_str(text).unwrap();
    let cpus = snapshot.find("host").unwrap().inventory()[0].1;
    assert_eq!(cpus.capacity(), 12.0);
    let wrong = text.replace("8.0", "8, reserved: ~");
    assert!(serde_saphyr::from_str::<Snapshot>(&wrong).is_err());
}

#[test]
fn invalid_values_are_refused_in_every_format() {
    fn error_of<F: Format>() -> String {
        let mut record = forest().to_records().next().unwrap();
        record
            .inventory
            .insert(ResourceClass::VCPU, Inventory::new(0));
        F::read::<ProviderRecord>(&F::write(&record)).unwrap_err()
    }
    for error in [
        error_of::<Json>(),
        error_of::<Yaml>(),
        error_of::<Ron>(),
        error_of::<CompactMessagePack>(),
        error_of::<NamedMessagePack>(),
        error_of::<Cbor>(),
    ] {
        let wrong = "inventories: total of VCPU is 0: it must be 1 to 2147483647";
        assert!(error.contains("provider `h\u{f6}st"), "{error}");
        assert!(error.contains(wrong), "{error}");
    }
    // Its errors have no text.
    error_of::<Postcard>();
}

#[test]
fn truncated_input_is_refused_in_every_format() {
    fn check<F: Format>() {
        let written = F::write(&forest());
        for end in 0..written.len() {
            assert!(F::read::<Snapshot>(&written[..end]).is_err(), "{end}");
        }
    }
    check::<Json>();
    check::<CompactMessagePack>();
    check::<NamedMessagePack>();
    check::<Cbor>();
    check::<Postcard>();
}
