//! How callers identify a provider.

use std::fmt;

use uuid::Uuid;

/// A provider's UUID or name, as every look-up takes it.
///
/// Make one from a [`Uuid`], from text, or from a [`Provider`](super::provider::Provider) (its
/// UUID). Text is looked up as a name first, then as a UUID in any spelling: hyphenated,
/// simple, braced or a URN, in upper or lower case. Names and UUIDs share one namespace, so
/// text finds at most one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKey<'a> {
    /// The UUID of a provider.
    Uuid(Uuid),
    /// The name of a provider, or its UUID in any spelling.
    Text(&'a str),
}

impl From<Uuid> for ProviderKey<'_> {
    #[inline]
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl From<&Uuid> for ProviderKey<'_> {
    #[inline]
    fn from(uuid: &Uuid) -> Self {
        Self::Uuid(*uuid)
    }
}

impl<'a> From<&'a str> for ProviderKey<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for ProviderKey<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

/// A name as names are compared in a forest: by its UUID if it spells one.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Text<'n> {
    Uuid(Uuid),
    Name(&'n str),
}

impl<'n> Text<'n> {
    pub(crate) fn of(name: &'n str) -> Self {
        Uuid::try_parse(name).map_or(Self::Name(name), Self::Uuid)
    }
}

impl fmt::Display for ProviderKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
