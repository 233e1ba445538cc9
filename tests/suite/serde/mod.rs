//! Every format reads back an equal value, and errors name the provider.

mod formats;
mod json;
mod messages;
