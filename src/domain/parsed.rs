//! Deserialising values that are written as strings.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};

use super::Invalid;

/// Deserialises a string and parses it where it is, without a copy.
///
/// # Errors
/// An error of the deserializer, or [`Invalid`] as its custom error.
pub fn parsed<'de, T: FromStr<Err = Invalid>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Parse<T>(PhantomData<T>);

    impl<T: FromStr<Err = Invalid>> Visitor<'_> for Parse<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Parse(PhantomData))
}
