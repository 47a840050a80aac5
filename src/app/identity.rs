//! Decides from what the stores say about themselves whether they are the stores of one shop.
//!
//! Setting up a shop takes two passes over its stores: the first writes the identity of each as `Preparing`, the second
//! marks each as `Complete`. So a store without an identity beside a complete one is never the rest of a start that was
//! killed. It was put there.

use crate::db::connection::identity::{Found, Identity, State};
use crate::db::migrate::Schema;

/// The platform's own store. It may be missing or new, because the platform can be switched on later.
pub const OPTIONAL: &str = "sandbox";

/// Findings at the place of each store, by owner.
pub type Inspections = [(&'static str, Found)];

/// Stores that can be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shop {
    /// All of them are complete.
    Complete,
    /// Some still need an identity: that of this shop, or of a new one for `None`.
    Prepare(Option<String>),
}

/// A store that must not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The owner of the store.
    pub owner: &'static str,
    /// The reason and what to do about it. Completes a sentence that begins with the store.
    pub problem: String,
}

fn refuse<T>(owner: &'static str, problem: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { owner, problem: problem.into() })
}

/// Decides whether a server may migrate and serve these stores.
///
/// # Errors
/// The first store that does not belong to the others.
pub fn judge(all: &Inspections) -> Result<Shop, Refusal> {
    for (owner, found) in all {
        judge_alone(owner, found)?;
    }
    let shop_id = expect_one_shop(all)?;
    match all.iter().find(|(_, found)| state(found) == Some(State::Complete)) {
        Some((complete, _)) => expect_all_identified(all, complete)?,
        None => expect_none_missing(all)?,
    }
    let is_complete = all.iter().all(|(_, found)| state(found) == Some(State::Complete));
    Ok(if is_complete { Shop::Complete } else { Shop::Prepare(shop_id) })
}

/// Decides whether a command that changes nothing can use these stores.
///
/// # Errors
/// The first store that is missing, not set up, or does not belong to the others.
pub fn judge_complete(all: &Inspections) -> Result<(), Refusal> {
    for (owner, found) in all.iter().filter(|(owner, _)| *owner != OPTIONAL) {
        if *found == Found::Nothing {
            return refuse(owner, "has no tables there");
        }
    }
    judge(all)?;
    for (owner, found) in all {
        match found {
            Found::Nothing if *owner == OPTIONAL => {}
            Found::Tables { schema: Schema::Current, .. } if state(found) == Some(State::Complete) => {}
            _ => return refuse(owner, "is from an older release or not set up: run `tradepost migrate` first"),
        }
    }
    Ok(())
}

/// The shop to which the stores belong, if they have identities.
#[must_use]
pub fn shop_of(all: &Inspections) -> Option<String> {
    expect_one_shop(all).ok().flatten()
}

/// Whether a start would find nothing to migrate and no identity to write.
#[must_use]
pub fn is_set_up(all: &Inspections) -> bool {
    let is_current = |found: &Found| matches!(found, Found::Tables { schema: Schema::Current, .. });
    judge(all) == Ok(Shop::Complete) && all.iter().all(|(_, found)| is_current(found))
}

fn identity(found: &Found) -> Option<&Identity> {
    match found {
        Found::Tables { identity, .. } => identity.as_ref(),
        Found::Nothing | Found::Foreign => None,
    }
}

fn state(found: &Found) -> Option<State> {
    identity(found).map(|identity| identity.state)
}

fn judge_alone(owner: &'static str, found: &Found) -> Result<(), Refusal> {
    let Found::Tables { schema, identity, .. } = found else {
        let is_foreign = *found == Found::Foreign;
        return if is_foreign { refuse(owner, "has other tables there: put its own store back") } else { Ok(()) };
    };
    if let Some(other) = identity.as_ref().filter(|identity| identity.owner != owner) {
        return refuse(owner, format!("has the store of {} there: put its own store back", other.owner));
    }
    if state(found) == Some(State::Copying) {
        return refuse(owner, "is part of an unfinished backup: use another backup");
    }
    match schema {
        Schema::Newer(version) => refuse(
            owner,
            format!("has a newer schema (version {version}) than this release knows: use the release that migrated it"),
        ),
        Schema::Current | Schema::Older => Ok(()),
    }
}

/// The id of the shop that all stores with an identity belong to.
fn expect_one_shop(all: &Inspections) -> Result<Option<String>, Refusal> {
    let shops: Vec<_> =
        all.iter().filter_map(|(owner, found)| identity(found).map(|identity| (*owner, &*identity.shop_id))).collect();
    let stores_of = |shop: &str| shops.iter().filter(|(_, other)| *other == shop).count();
    let Some((majority, shop)) = shops.iter().rev().max_by_key(|(_, shop)| stores_of(shop)) else { return Ok(None) };
    match shops.iter().find(|(_, other)| other != shop) {
        Some((owner, other)) => refuse(
            owner,
            format!("belongs to another shop ({other}) than {majority} ({shop}): put the store of that shop there"),
        ),
        None => Ok(Some((*shop).to_owned())),
    }
}

/// Beside a complete store, all others have an identity.
fn expect_all_identified(all: &Inspections, complete: &str) -> Result<(), Refusal> {
    match all.iter().find(|(owner, found)| *owner != OPTIONAL && identity(found).is_none()) {
        None => Ok(()),
        Some((owner, Found::Nothing)) => refuse(
            owner,
            format!(
                "has no tables there, but {complete} is in use: put the missing store back, or restore all from a backup"
            ),
        ),
        Some((owner, _)) => refuse(
            owner,
            format!(
                "does not say which shop it belongs to, but {complete} does: put the store of that shop there, or \
                 restore all from a backup"
            ),
        ),
    }
}

/// In stores that are not set up, or of a release without identities, a store is missing only if none has rows yet.
fn expect_none_missing(all: &Inspections) -> Result<(), Refusal> {
    let filled = all.iter().find(|(_, found)| matches!(found, Found::Tables { is_filled: true, .. }));
    let missing = all.iter().find(|(owner, found)| *owner != OPTIONAL && *found == Found::Nothing);
    match (missing, filled) {
        (Some((missing, _)), Some((filled, _))) => refuse(
            missing,
            format!("has no tables there, but {filled} has rows: put the missing store back, or start with empty ones"),
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNERS: [&str; 6] = ["coupon", "goods", "user", "order", "pay", "sandbox"];

    fn of(owner: &str, shop: &str, state: State) -> Found {
        let identity = Identity { owner: owner.to_owned(), shop_id: shop.to_owned(), state, backup_time: None };
        Found::Tables { schema: Schema::Current, is_filled: true, identity: Some(identity) }
    }

    fn unnamed(is_filled: bool) -> Found {
        Found::Tables { schema: Schema::Older, is_filled, identity: None }
    }

    /// All stores as `usual` makes them, except those of `unusual`.
    fn stores(usual: impl Fn(&str) -> Found, unusual: &[(&str, Found)]) -> Vec<(&'static str, Found)> {
        let found = |owner: &str| unusual.iter().find(|(other, _)| *other == owner).map(|(_, found)| found.clone());
        OWNERS.into_iter().map(|owner| (owner, found(owner).unwrap_or_else(|| usual(owner)))).collect()
    }

    fn complete(owner: &str) -> Found {
        of(owner, "a", State::Complete)
    }

    #[track_caller]
    fn refused(all: &Inspections, owner: &str, words: &str) {
        let Refusal { owner: found, problem } = judge(all).unwrap_err();
        assert!(found == owner && problem.contains(words), "{found} {problem}");
        assert!(judge_complete(all).is_err(), "a command must not use what is not served");
    }

    #[test]
    fn the_stores_of_one_shop_are_served_with_or_without_the_sandbox() {
        assert_eq!(judge(&stores(complete, &[])), Ok(Shop::Complete));
        assert_eq!(judge_complete(&stores(complete, &[])), Ok(()));
        for sandbox in [Found::Nothing, unnamed(true)] {
            let all = stores(complete, &[("sandbox", sandbox)]);
            assert_eq!(judge(&all), Ok(Shop::Prepare(Some("a".to_owned()))), "the sandbox joins the shop");
        }
        assert_eq!(judge_complete(&stores(complete, &[("sandbox", Found::Nothing)])), Ok(()));
    }

    #[test]
    fn a_first_start_or_an_upgrade_that_was_killed_is_continued() {
        let new = stores(|_| Found::Nothing, &[]);
        assert_eq!(judge(&new), Ok(Shop::Prepare(None)));
        assert_eq!(judge(&stores(|_| Found::Nothing, &[("coupon", unnamed(false))])), Ok(Shop::Prepare(None)));
        assert_eq!(judge(&stores(|_| unnamed(true), &[])), Ok(Shop::Prepare(None)));
        let begun = of("coupon", "a", State::Preparing);
        let same = Ok(Shop::Prepare(Some("a".to_owned())));
        assert_eq!(judge(&stores(|_| unnamed(true), &[("coupon", begun.clone())])), same, "killed in the first pass");
        let preparing = |owner: &str| of(owner, "a", State::Preparing);
        let all = stores(preparing, &[("coupon", complete("coupon"))]);
        assert_eq!(judge(&all), same, "killed in the second pass");
        for all in [new, all] {
            assert!(judge_complete(&all).is_err(), "no command uses a shop that is not set up");
        }
    }

    #[test]
    fn a_missing_or_new_store_beside_stores_in_use_is_refused() {
        refused(&stores(complete, &[("pay", Found::Nothing)]), "pay", "coupon is in use");
        refused(&stores(complete, &[("pay", unnamed(false))]), "pay", "which shop it belongs to");
        refused(&stores(complete, &[("pay", unnamed(true))]), "pay", "which shop it belongs to");
        refused(&stores(|_| unnamed(true), &[("pay", Found::Nothing)]), "pay", "coupon has rows");
        let only_sandbox = stores(|_| Found::Nothing, &[("sandbox", complete("sandbox"))]);
        refused(&only_sandbox, "coupon", "sandbox is in use");
    }

    #[test]
    fn a_store_of_another_shop_is_refused_by_name() {
        for owner in OWNERS {
            let all = stores(complete, &[(owner, of(owner, "b", State::Complete))]);
            refused(&all, owner, "belongs to another shop (b) than");
            let all = stores(|_| unnamed(true), &[(owner, of(owner, "b", State::Complete))]);
            assert!(judge(&all).is_err(), "stores without an identity do not join the shop of a complete one");
        }
    }

    #[test]
    fn another_owners_store_an_unfinished_backup_and_a_newer_schema_are_refused() {
        refused(&stores(complete, &[("order", complete("pay"))]), "order", "the store of pay");
        refused(&stores(complete, &[("order", Found::Foreign)]), "order", "other tables");
        refused(&stores(complete, &[("order", of("order", "a", State::Copying))]), "order", "unfinished backup");
        let schema = Schema::Newer("7".to_owned());
        let newer = Found::Tables { schema, is_filled: true, identity: None };
        refused(&stores(complete, &[("order", newer)]), "order", "newer schema (version 7)");
    }
}
