//! How a command signs in at a server: from the environment, or with the password of the settings.

use secrecy::SecretString;

use super::{Error, Settings};

/// A means to act as an administrator.
#[derive(Debug)]
pub enum Credentials {
    /// The access token of a session.
    Token(SecretString),
    /// Name and password.
    Password {
        /// Name of the administrator.
        user: String,
        /// The password.
        password: SecretString,
    },
}

/// Reads `TRADEPOST_TOKEN`, or `TRADEPOST_PASSWORD` with `TRADEPOST_USER`, whose default is `admin.user`. Without them,
/// `admin.password` of the settings is used.
///
/// # Errors
/// If there is neither a token nor a password, or if a variable is not UTF-8.
pub fn read(settings: &Settings) -> Result<Credentials, Error> {
    if let Some(token) = variable("TRADEPOST_TOKEN")? {
        return Ok(Credentials::Token(token.into()));
    }
    let user = variable("TRADEPOST_USER")?.unwrap_or_else(|| settings.admin.user.as_str().to_owned());
    let of_settings = || Some(settings.admin.password.expose().to_owned()).filter(|password| !password.is_empty());
    match variable("TRADEPOST_PASSWORD")?.or_else(of_settings) {
        Some(password) => Ok(Credentials::Password { user, password: password.into() }),
        None => {
            Err(Error::new("TRADEPOST_PASSWORD", "is not set: set it, or TRADEPOST_TOKEN to the token of a session"))
        }
    }
}

/// The value of an environment variable; `None` if it is not set or empty.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var_os(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value).filter(|value| !value.is_empty())),
        Some(Err(_)) => Err(Error::new(name, "is not UTF-8")),
    }
}
