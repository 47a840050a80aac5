//! The layers of the settings, and which of them set each value.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeTable;
use toml::{Table, Value};

use super::{DEFAULT, Error, Settings, check, secret, suggestion};

/// The layer that set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults, which are compiled in.
    Default,
    /// A settings file.
    File {
        /// Name of the file.
        name: String,
        /// Number of the line, counted from 1.
        line: usize,
    },
    /// The environment variable of this name.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "line {line} of {name}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A settings file.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Name of the file, for messages.
    pub name: &'a str,
    /// Content of the file.
    pub text: &'a str,
}

/// An environment variable that sets a value.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Name of the variable.
    pub name: String,
    /// Key of the setting, as `section.key`.
    pub key: String,
    /// The value.
    pub text: String,
}

/// A setting with its value in effect.
#[derive(Debug, Clone, PartialEq)]
pub struct Effective {
    /// Key of the setting, as `section.key`.
    pub key: String,
    /// The value. Secrets in it are masked.
    pub value: Value,
    /// The layer that set it.
    pub origin: Origin,
}

impl Effective {
    /// The setting as a line of a settings file. A masked secret is not in quotes, because it is no value.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { key, value, .. } = self;
        match value.as_str() {
            Some(secret::MASK) => format!("{key} = {}", secret::MASK),
            // The texts, numbers and booleans of JSON are those of TOML, except that TOML also escapes DEL.
            _ => format!("{key} = {}", serde_json::to_string(value).unwrap_or_default().replace('\u{7f}', "\\u007f")),
        }
    }
}

/// The defaults with the layers over them.
#[derive(Debug)]
pub struct Layers {
    table: Table,
    /// Origins of the values that are not defaults, by key.
    origins: BTreeMap<String, Origin>,
    /// The keys of all settings and sections.
    keys: Vec<String>,
}

impl Layers {
    /// The defaults.
    ///
    /// # Errors
    /// Never, because a test reads the defaults.
    pub fn defaults() -> Result<Self, Error> {
        let table: Table = DEFAULT.parse().map_err(|error| Error::new("config/default.toml", error))?;
        let mut keys = Vec::new();
        visit(&table, "", &mut |key, _| keys.push(key.to_owned()));
        Ok(Self { table, origins: BTreeMap::new(), keys })
    }

    /// Replaces the values that `file` sets.
    ///
    /// # Errors
    /// The file is not TOML, or the first setting in it that does not exist or has another type.
    pub fn apply_file(&mut self, file: File<'_>) -> Result<(), Error> {
        let File { name, text } = file;
        let origin = |byte: usize| Origin::File { name: name.to_owned(), line: line_of(text, byte) };
        let not_toml = |error: toml::de::Error| match error.span() {
            Some(span) => Error::new("--config", format!("{} ({})", error.message(), origin(span.start))),
            None => Error::new("--config", format!("{} ({name})", error.message())),
        };
        let table: Table = text.parse().map_err(not_toml)?;
        let mut starts = BTreeMap::new();
        collect_starts(DeTable::parse(text).map_err(not_toml)?.get_ref(), "", &mut starts);
        let mut overlay = Overlay { layers: self, origin: &|key| origin(starts.get(key).copied().unwrap_or(0)) };
        overlay.apply(table, "")
    }

    /// Replaces the value that `variable` sets. Its text is parsed as the type of the default.
    ///
    /// # Errors
    /// There is no such setting, or the text has another type.
    pub fn apply_variable(&mut self, variable: Variable) -> Result<(), Error> {
        let Variable { name, key, text } = variable;
        let of_type = |wanted: &str| Error::new(&key, format!("{text:?} is not {wanted} ({name})"));
        let Some(value) = leaf(&mut self.table, &key) else { return Err(self.unknown_variable(&key, &name)) };
        *value = match value {
            Value::Integer(_) => text.parse().map(Value::Integer).map_err(|_| of_type("an integer"))?,
            Value::Boolean(_) => text.parse().map(Value::Boolean).map_err(|_| of_type("true or false"))?,
            _ => Value::String(text),
        };
        self.origins.insert(key, Origin::Variable(name));
        Ok(())
    }

    fn unknown_variable(&self, key: &str, name: &str) -> Error {
        let settings = self.keys.iter().filter(|key| value_of(&self.table, key).is_some_and(|value| !value.is_table()));
        let like = suggestion::nearest(key, settings.map(String::as_str));
        let like: Vec<String> = like.into_iter().map(super::variable_of).collect();
        Error::new(key, format!("there is no such setting ({name}){}", suggestion::sentence(&like)))
    }

    /// Converts the values into settings and checks them.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn settings(&self) -> Result<Settings, Error> {
        let mut settings: Settings = serde_path_to_error::deserialize(self.table.clone()).map_err(|error| {
            let key = error.path().to_string();
            self.with_origin(Error::new(&key, error.into_inner().message()))
        })?;
        check::check(&settings).map_err(|error| self.with_origin(error))?;
        settings.effective = self.effective();
        Ok(settings)
    }

    /// Adds to `error` where the value of its setting comes from, unless that is the default.
    fn with_origin(&self, error: Error) -> Error {
        match self.origins.get(&error.key) {
            Some(origin) => Error::new(&error.key, format!("{} ({origin})", error.why)),
            None => error,
        }
    }

    /// All settings with their values, in the order of their keys. Secrets are masked.
    #[must_use]
    pub fn effective(&self) -> Vec<Effective> {
        let mut all = Vec::new();
        visit(&self.table, "", &mut |key, value| {
            if !value.is_table() {
                let origin = self.origins.get(key).cloned().unwrap_or(Origin::Default);
                all.push(Effective { key: key.to_owned(), value: secret::masked(key, value), origin });
            }
        });
        all.sort_by(|one, other| one.key.cmp(&other.key));
        all
    }
}

/// Replaces values of the defaults by those of a file.
struct Overlay<'a> {
    layers: &'a mut Layers,
    /// The origin of the setting of a key.
    origin: &'a dyn Fn(&str) -> Origin,
}

impl Overlay<'_> {
    /// Applies the values of `from`, the table with the key `section`.
    fn apply(&mut self, from: Table, section: &str) -> Result<(), Error> {
        for (key, value) in from {
            let key = joined(section, &key);
            match (leaf_or_table(&mut self.layers.table, &key), value) {
                (Some(Value::Table(_)), Value::Table(inner)) => self.apply(inner, &key)?,
                (Some(default), value) if default.same_type(&value) => self.set(&key, value),
                // It used to be an integer.
                (Some(_), Value::Integer(number)) if key == "node.id" => {
                    self.set(&key, Value::String(number.to_string()));
                }
                (Some(default), value) => {
                    let (wanted, found) = (default.type_str(), value.type_str());
                    let origin = (self.origin)(&key);
                    return Err(Error::new(&key, format!("must be of type {wanted}, not {found} ({origin})")));
                }
                (None, _) => {
                    let like = suggestion::nearest(&key, self.layers.keys.iter().map(String::as_str));
                    let (origin, like) = ((self.origin)(&key), suggestion::sentence(&like));
                    return Err(Error::new(&key, format!("there is no such setting ({origin}){like}")));
                }
            }
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: Value) {
        if let Some(place) = leaf_or_table(&mut self.layers.table, key) {
            *place = value;
            self.layers.origins.insert(key.to_owned(), (self.origin)(key));
        }
    }
}

fn joined(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

/// Calls `with` for each section and setting of `table`.
fn visit(table: &Table, section: &str, with: &mut impl FnMut(&str, &Value)) {
    for (key, value) in table {
        let key = joined(section, key);
        with(&key, value);
        if let Value::Table(inner) = value {
            visit(inner, &key, with);
        }
    }
}

/// Collects at which byte of the file each section and setting begins.
fn collect_starts(table: &DeTable<'_>, section: &str, starts: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = joined(section, key.get_ref());
        if let Some(inner) = value.get_ref().as_table() {
            collect_starts(inner, &path, starts);
        }
        starts.insert(path, key.span().start);
    }
}

/// The number of the line of `byte`, counted from 1.
fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

/// The value or the section at `key`.
fn leaf_or_table<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut Value> {
    match key.split_once('.') {
        Some((section, rest)) => leaf_or_table(table.get_mut(section)?.as_table_mut()?, rest),
        None => table.get_mut(key),
    }
}

/// The value of the setting `key`; `None` if it is a section or does not exist.
fn leaf<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut Value> {
    leaf_or_table(table, key).filter(|value| !value.is_table())
}

fn value_of<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((section, rest)) => value_of(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}
