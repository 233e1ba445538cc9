//! The model's rules for names and UUIDs, which share a namespace.

use crate::cases::refusal::Refusal;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::forest::Refusals;

/// The UUID that a text spells: simple, hyphenated, hyphenated in braces or a URN, in upper
/// or lower case.
pub fn spelled(text: &str) -> Option<Uuid> {
    let text = text.as_bytes();
    let bare = match text.len() {
        32 | 36 => text,
        38 if text[0] == b'{' && text[37] == b'}' => &text[1..37],
        45 if text[..9].eq_ignore_ascii_case(b"urn:uuid:") => &text[9..],
        _ => return None,
    };
    let mut number = 0;
    for (at, byte) in bare.iter().enumerate() {
        if bare.len() == 36 && [8, 13, 18, 23].contains(&at) {
            if *byte != b'-' {
                return None;
            }
        } else {
            number = number << 4 | u128::from(char::from(*byte).to_digit(16)?);
        }
    }
    Some(Uuid::from_u128(number))
}

/// The part of a text that errors repeat.
pub fn start_of(text: &str) -> String {
    let start: String = text.chars().take(200).collect();
    if start == text { start } else { start + "..." }
}

pub fn invalid_name(name: &str) -> Option<Refusal> {
    let length = name.chars().count();
    (length == 0 || length > 200).then(|| Refusal::InvalidName {
        name: start_of(name),
        length,
    })
}

/// Why a provider's name or UUID clashes with other providers. Only a new provider's UUID
/// can.
pub fn clashes<'a>(
    one: &ProviderRecord,
    is_new: bool,
    others: impl IntoIterator<Item = &'a ProviderRecord>,
) -> Refusals {
    let mut refusals = Vec::new();
    let spells = spelled(&one.name);
    for other in others.into_iter().filter(|other| other.uuid != one.uuid) {
        let other_spells = spelled(&other.name);
        if one.name == other.name || spells.is_some() && spells == other_spells {
            refusals.push(Refusal::NameTaken {
                name: one.name.clone(),
                uuid: other.uuid,
                held: other.name.clone(),
            });
        }
        if spells == Some(other.uuid) {
            refusals.push(Refusal::NameIsUuid {
                name: one.name.clone(),
                uuid: other.uuid,
            });
        }
        if is_new && other_spells == Some(one.uuid) {
            refusals.push(Refusal::UuidIsName {
                uuid: one.uuid,
                named: other.uuid,
            });
        }
    }
    refusals
}
