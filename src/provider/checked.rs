//! Parsing names: the only way to make one, so every name has been checked.

use std::str::FromStr;

use super::name::{ResourceClass, Trait};
use crate::error::{Error, excerpt};

/// Whether a text is a valid name of a resource class or a trait: Placement's
/// `^[A-Z0-9_]+$`, of 1 to 255 bytes.
fn is_legal(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

macro_rules! checked {
    ($name:ident, $invalid:ident) => {
        impl $name {
            /// Checks a name without storing it.
            pub(crate) fn check(name: &str) -> Result<(), Error> {
                if is_legal(name) {
                    Ok(())
                } else {
                    Err(Error::$invalid {
                        name: excerpt(name),
                    })
                }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;

            fn try_from(name: &str) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(name: String) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl TryFrom<&&str> for $name {
            type Error = Error;

            fn try_from(name: &&str) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = Error;

            fn try_from(name: &String) -> Result<Self, Error> {
                Self::new(name)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self, Error> {
                Self::new(name)
            }
        }
    };
}

checked!(ResourceClass, InvalidResourceClass);
checked!(Trait, InvalidTrait);

impl ResourceClass {
    /// Checks a name and makes it a resource class.
    ///
    /// Cost: O(length). A class that is not standard takes one allocation, which all clones
    /// share.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResourceClass`] unless the name is 1 to 255 of the characters
    /// `A-Z0-9_`.
    pub fn new(name: impl AsRef<str>) -> Result<Self, Error> {
        let name = name.as_ref();
        Self::check(name)?;
        Ok(Self::from_checked(name))
    }
}

impl Trait {
    /// Checks a name and makes it a trait.
    ///
    /// Cost: O(length). A name of more than 23 bytes takes one allocation, which all clones
    /// share.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidTrait`] unless the name is 1 to 255 of the characters `A-Z0-9_`.
    pub fn new(name: impl AsRef<str>) -> Result<Self, Error> {
        let name = name.as_ref();
        Self::check(name)?;
        Ok(Self::from_checked(name))
    }
}
