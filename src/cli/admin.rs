//! `tradepost admin`: gives an administrator a new password, or removes the second factor, for example because one is lost.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::Subcommand;

use super::help;
use crate::actor::task::ask;
use crate::actor::{Context, OwnerActor, OwnerAddr};
use crate::app::bootstrap::secret;
use crate::app::stores::Stores;
use crate::app::{self, membership};
use crate::config::{self, Settings};
use crate::domain::clock::Clock;
use crate::domain::status::Role;
use crate::domain::text::{Password, Reason, UserName};
use crate::http::security::first_passwords::FirstPasswords;
use crate::http::security::password::Passwords;
use crate::journal::Request;
use crate::user::User;
use crate::user::message::session::{AccountChange, ChangeAccount};
use crate::user::message::{Credential, FindCredential, SetPassword};

/// Commands about administrators.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set a new password for an administrator and end the sessions of the old one. On SQLite, the server must be stopped.
    #[command(after_help = help::ADMIN_PASSWORD)]
    Password {
        /// Name of the administrator. Default: the setting admin.user.
        name: Option<String>,
        /// Read the password from the first line of standard input. Otherwise it is generated and printed.
        #[arg(long)]
        stdin: bool,
    },
    /// Remove the second factor of an administrator and end their sessions. On SQLite, the server must be stopped.
    #[command(after_help = help::ADMIN_REMOVE_SECOND_FACTOR)]
    RemoveSecondFactor {
        /// Name of the administrator. Default: the setting admin.user.
        name: Option<String>,
    },
}

/// Runs one command.
pub fn run(settings: &Settings, command: Command) -> anyhow::Result<ExitCode> {
    let name_or_default = |name: Option<String>| name.unwrap_or_else(|| settings.admin.user.as_str().to_owned());
    match command {
        Command::Password { name, stdin } => new_password(settings, &name_or_default(name), stdin),
        Command::RemoveSecondFactor { name } => remove_second_factor(settings, &name_or_default(name)),
    }
}

fn new_password(settings: &Settings, name: &str, stdin: bool) -> anyhow::Result<ExitCode> {
    if name == settings.admin.user.as_str() && !settings.admin.password.expose().is_empty() {
        let reason = "it is set, and becomes the password at every start: change it there";
        return Err(config::Error::new("admin.password", reason).into());
    }
    let stores = Stores::open(settings)?;
    stores.expect_complete()?;
    // A server that runs on these files must not be disturbed.
    let _locks = stores.lock()?;
    let password = if stdin { read_password()? } else { secret::password()? };
    actix_web::rt::System::new().block_on(set(settings, stores, name, &password))?;
    let first = FirstPasswords::in_folder(&app::secrets_folder(settings)?);
    first.delete().with_context(|| format!("cannot delete {}", first.path().display()))?;
    let shown = if stdin { String::new() } else { format!("  password: {password}") };
    writeln!(std::io::stdout(), "administrator: {name}{shown}")?;
    Ok(ExitCode::SUCCESS)
}

fn remove_second_factor(settings: &Settings, name: &str) -> anyhow::Result<ExitCode> {
    let stores = Stores::open(settings)?;
    stores.expect_complete()?;
    let _locks = stores.lock()?;
    let had_one = actix_web::rt::System::new().block_on(remove(settings, stores, name))?;
    let outcome = if had_one { "the second factor is removed" } else { "there is no second factor" };
    writeln!(std::io::stdout(), "administrator: {name}  {outcome}")?;
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Sets the password of the administrator `name`. Must be called inside an actix system.
async fn set(settings: &Settings, stores: Stores, name: &str, password: &str) -> anyhow::Result<()> {
    let password = Password::try_from(password.to_owned()).context("the password")?;
    let clock = Clock::default();
    let membership = membership::join_for_command(settings, &stores, "admin password", &clock).await?;
    let user = start(settings, stores, membership.context(settings, &clock));
    let found = find(&user, name).await?;
    let passwords = Passwords::new(1)?;
    let hashed = passwords.hash(password).await;
    let password_hash = hashed.map_err(|problem| anyhow::anyhow!("cannot hash the password: {problem}"))?;
    let set = SetPassword { user_id: found.user_id, password_hash };
    ask(&user, set).await?.with_context(|| format!("there is no user {name}"))?;
    Ok(())
}

/// Removes the second factor of the administrator `name`; false if there is none. Must be called inside an actix system.
async fn remove(settings: &Settings, stores: Stores, name: &str) -> anyhow::Result<bool> {
    let clock = Clock::default();
    let membership = membership::join_for_command(settings, &stores, "admin remove-second-factor", &clock).await?;
    let user = start(settings, stores, membership.context(settings, &clock));
    let found = find(&user, name).await?;
    // The journal has no author for the person at the command line, so the reason says where it was done.
    let reason = Reason::try_from("tradepost admin remove-second-factor".to_owned()).map_err(anyhow::Error::msg)?;
    let (change, request) = (AccountChange::RemoveSecondFactor, Request { admin: found.user_id, key: None });
    let change = ChangeAccount { user_id: found.user_id, change, reason: Some(reason), request };
    ask(&user, change).await?.with_context(|| format!("there is no user {name}"))?;
    Ok(found.state.second_factor_time.is_some())
}

/// Starts User alone.
fn start(settings: &Settings, stores: Stores, context: Context) -> OwnerAddr<User> {
    let owner = Arc::new(User { context, points_per_unit: settings.points.per_unit });
    OwnerActor::start(owner, stores.owners.user, settings.owners.limits()).0
}

/// The administrator `name`.
async fn find(user: &OwnerAddr<User>, name: &str) -> anyhow::Result<Credential> {
    let user_name = UserName::try_from(name.to_owned()).with_context(|| format!("the name {name:?}"))?;
    let Some(found) = ask(user, FindCredential { user_name }).await? else { bail!("there is no user {name}") };
    ensure!(found.state.user_role == Role::Admin, "{name} is a customer, not an administrator");
    Ok(found)
}
