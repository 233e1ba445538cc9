//! The library's tests, as its users see it.

mod smoke;
