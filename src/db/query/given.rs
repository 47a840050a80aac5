//! A row that is given to a bulk update, read from its serialisation without a JSON value in between.

use serde::ser::{Error as _, Impossible, Serialize, SerializeStruct, Serializer};

/// The error of a row that is not a struct of integers and texts.
pub type Error = serde::de::value::Error;

/// A value of a given row, or the row itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Given {
    Null,
    Integer(i64),
    Text(String),
    Row(Vec<(&'static str, Self)>),
}

impl Given {
    /// Reads a row.
    ///
    /// # Errors
    /// `row` is not a struct of integers and texts, each of which may be missing.
    pub fn read(row: &impl Serialize) -> Result<Self, Error> {
        match row.serialize(Reader)? {
            row @ Self::Row(_) => Ok(row),
            _ => Err(Error::custom("the row is not a struct")),
        }
    }

    /// The field of this name, if it is an integer.
    pub fn integer(&self, name: &str) -> Option<&i64> {
        match self.field(name) {
            Some(Self::Integer(value)) => Some(value),
            _ => None,
        }
    }

    /// The field of this name, if it is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name) {
            Some(Self::Text(value)) => Some(value),
            _ => None,
        }
    }

    fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Row(fields) => fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// The fields of a row so far.
pub struct Fields(Vec<(&'static str, Given)>);

impl SerializeStruct for Fields {
    type Ok = Given;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.0.push((name, value.serialize(Reader)?));
        Ok(())
    }

    fn end(self) -> Result<Given, Error> {
        Ok(Given::Row(self.0))
    }
}

/// Reads a value.
struct Reader;

type No = Impossible<Given, Error>;

fn refused<T>(kind: &str) -> Result<T, Error> {
    Err(Error::custom(format!("a given row cannot contain {kind}")))
}

fn integer(value: impl TryInto<i64>) -> Result<Given, Error> {
    value.try_into().map(Given::Integer).map_err(|_| Error::custom("an integer of a given row is too large"))
}

impl Serializer for Reader {
    type Ok = Given;
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Fields;
    type SerializeStructVariant = No;

    fn serialize_i8(self, value: i8) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Given, Error> {
        integer(value)
    }

    fn serialize_str(self, value: &str) -> Result<Given, Error> {
        Ok(Given::Text(value.to_owned()))
    }

    fn serialize_char(self, value: char) -> Result<Given, Error> {
        Ok(Given::Text(value.into()))
    }

    fn serialize_none(self) -> Result<Given, Error> {
        Ok(Given::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Given, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Given, Error> {
        value.serialize(self)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Fields, Error> {
        Ok(Fields(Vec::with_capacity(len)))
    }

    fn serialize_bool(self, _: bool) -> Result<Given, Error> {
        refused("a boolean")
    }

    fn serialize_f32(self, _: f32) -> Result<Given, Error> {
        refused("a float")
    }

    fn serialize_f64(self, _: f64) -> Result<Given, Error> {
        refused("a float")
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Given, Error> {
        refused("bytes")
    }

    fn serialize_unit(self) -> Result<Given, Error> {
        refused("a unit")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Given, Error> {
        refused("a unit")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Given, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Given, Error> {
        refused("a variant with a value")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<No, Error> {
        refused("a list")
    }

    fn serialize_tuple(self, _: usize) -> Result<No, Error> {
        refused("a list")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, Error> {
        refused("a list")
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Error> {
        refused("a variant with values")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<No, Error> {
        refused("a map")
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<No, Error> {
        refused("a variant with values")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    struct Row<'a> {
        id: i64,
        node: Option<i32>,
        text: &'a str,
        none: Option<String>,
    }

    #[test]
    fn integers_and_texts_are_read_by_their_names() {
        let row = Given::read(&Row { id: i64::MIN, node: Some(3), text: "\"é", none: None }).unwrap();
        assert_eq!(
            (row.integer("id"), row.integer("node"), row.text("text")),
            (Some(&i64::MIN), Some(&3), Some("\"é"))
        );
        for absent in ["none", "text", "other"] {
            assert_eq!(row.integer(absent), None, "{absent}");
        }
        for absent in ["none", "id", "other"] {
            assert_eq!(row.text(absent), None, "{absent}");
        }
    }

    #[test]
    fn what_a_column_cannot_hold_is_an_error() {
        #[derive(serde::Serialize)]
        struct Of<T> {
            value: T,
        }
        Given::read(&5).unwrap_err();
        Given::read(&Of { value: u64::MAX }).unwrap_err();
        Given::read(&Of { value: 0.5 }).unwrap_err();
        Given::read(&Of { value: true }).unwrap_err();
        Given::read(&Of { value: [1, 2] }).unwrap_err();
    }
}
