//! What is written is read back equal, in every format; what is wrong is refused
//! with the provider's name.

mod formats;
mod json;
mod messages;
