//! Providers as values, and what they consist of. Nothing here knows of forests or threads.

pub(crate) mod provider;

pub(crate) mod checked;
pub(crate) mod inventory;
pub(crate) mod key;
pub(crate) mod name;
pub(crate) mod new;
pub(crate) mod path;
pub(crate) mod record;
pub(crate) mod resource;
pub(crate) mod sorted;
