//! Creates what a first start needs: secrets, the administrator, the demo data.

pub mod admin;
pub mod demo;
pub mod secret;

use std::time::{Duration, Instant};

use anyhow::Context;

use super::graph::Graph;
use crate::actor::Failure;
use crate::actor::task::ask;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::security::first_passwords::{Entry, FirstPasswords};
use crate::http::security::password::Passwords;
use crate::user::message::{FindCredential, Register};

/// The password of the settings, or a generated one if that is empty. A generated password is written to `first` before
/// the account is created, so that it cannot be lost.
pub fn choose(configured: &str, account: &str, name: &str, first: &FirstPasswords) -> anyhow::Result<String> {
    if !configured.is_empty() {
        return Ok(configured.to_owned());
    }
    let password = secret::password()?;
    let entry = Entry { account: account.to_owned(), name: name.to_owned(), password: password.clone() };
    first.put(entry).with_context(|| format!("cannot write {}", first.path().display()))?;
    Ok(password)
}

/// How long a step of the start is repeated while an owner is busy.
const BUSY_FOR: Duration = Duration::from_secs(10);

/// Repeats a step that may be repeated while an owner is busy: a loaded database server may take a while to open the
/// first connections.
///
/// # Errors
/// The error of the last attempt.
pub async fn while_busy<T, F>(mut step: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let until = Instant::now() + BUSY_FOR;
    loop {
        match step().await {
            Err(error) if error.downcast_ref() == Some(&Failure::Busy) && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            result => return result,
        }
    }
}

/// The notes to print: the generated passwords that still open their accounts, until the administrator has signed in.
/// Other passwords are removed from `first`.
///
/// # Errors
/// Fails if the file cannot be read or written, or the owner does not reply.
pub async fn notes(graph: &Graph, passwords: &Passwords, first: &FirstPasswords) -> anyhow::Result<Vec<String>> {
    let failed = || format!("cannot use {}", first.path().display());
    let entries = first.read().with_context(failed)?;
    let mut valid = Vec::new();
    for entry in &entries {
        let find = FindCredential { user_name: UserName::try_from(entry.name.clone())? };
        let credential = ask(&graph.owners.user, find).await.context("cannot find an account")?;
        if let Some(credential) = credential
            && admin::is_password_of(passwords, &entry.password, &credential).await?
        {
            valid.push(entry.clone());
        }
    }
    if valid != entries {
        first.write(&valid).with_context(failed)?;
    }
    let mut notes: Vec<String> = valid.iter().map(Entry::to_string).collect();
    if !notes.is_empty() {
        notes.push(format!("These passwords are in {} until the administrator signs in.", first.path().display()));
    }
    Ok(notes)
}

/// A registration with a new id, no balance and no points.
pub async fn register(
    graph: &Graph,
    passwords: &Passwords,
    user_name: UserName,
    password: &str,
    role: Role,
) -> anyhow::Result<Register> {
    Ok(Register {
        user_id: graph.ids.next(),
        user_name,
        password_hash: hash(passwords, password).await?,
        user_mobile: None,
        role,
        user_money: Money::ZERO,
        user_score: 0,
        key: None,
    })
}

async fn hash(passwords: &Passwords, password: &str) -> anyhow::Result<String> {
    let password = Password::try_from(password.to_owned())?;
    passwords.hash(password).await.map_err(|problem| anyhow::anyhow!("cannot hash a password: {problem}"))
}
