//! Audits the API keys and the customers for whom they act. Keys, users and the journal are in one store and are read in
//! one transaction, so the rules hold at any time, without a grace period.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Findings, OwnerStores};
use crate::db::schema::{admin_act, api_key};
use crate::db::{self, with_conn};
use crate::domain::clock::Timestamp;

/// Checks that the journal has the creation and the revocation of each key, and that each user has either a password or
/// a reference.
pub fn check(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    check_keys(stores, findings)?;
    check_references(stores, findings)
}

fn check_keys(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let (keys, acts) = db::snapshot(&mut *stores.user.reader()?, |db| {
        let keys: Vec<(i64, Option<Timestamp>)> =
            with_conn!(db, api_key::table.select((api_key::api_key_id, api_key::revoke_time)).load(db))?;
        let acts = admin_act::table.filter(admin_act::act.like("api_key%"));
        let acts: Vec<(i64, String)> = with_conn!(db, acts.select((admin_act::subject_id, admin_act::act)).load(db))?;
        Ok((keys, acts))
    })?;
    let having = |name: &str| -> BTreeSet<i64> {
        acts.iter().filter(|(_, act)| act == name).map(|(subject_id, _)| *subject_id).collect()
    };
    let (created, revoked) = (having("api_key_created"), having("api_key_revoked"));
    for (id, revoke_time) in &keys {
        let violation = match revoke_time {
            _ if !created.contains(id) => Some("has no creation in the journal"),
            Some(_) if !revoked.contains(id) => Some("has no revocation in the journal"),
            None if revoked.contains(id) => Some("was revoked and is valid"),
            _ => None,
        };
        findings.check("journal_complete", violation.map(|violation| format!("API key {id} {violation}")));
    }
    let stored: BTreeSet<i64> = keys.iter().map(|(id, _)| *id).collect();
    for id in created.difference(&stored) {
        findings.check("journal_complete", Some(format!("API key {id} was created and is gone")));
    }
    Ok(())
}

/// The id of a user.
#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Users whose password does not fit their reference.
const WRONG_USERS: &str = "SELECT account.user_id AS id FROM users account \
    LEFT JOIN user_reference named ON named.user_id = account.user_id \
    WHERE (named.user_id IS NULL AND account.user_password = '') \
    OR (named.user_id IS NOT NULL AND (account.user_password <> '' OR account.user_role <> 0)) \
    ORDER BY account.user_id LIMIT 100";

fn check_references(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let db = &mut *stores.user.reader()?;
    let wrong: Vec<Id> = with_conn!(db, diesel::sql_query(WRONG_USERS).load(db))?;
    findings.add_valid("rows_have_owner", 1);
    for Id { id } in wrong {
        let violation =
            format!("user {id} has neither a password nor a reference, or can sign in in spite of a reference");
        findings.check("rows_have_owner", Some(violation));
    }
    Ok(())
}
