//! Audits the files of SQLite stores: every page can be read, and every index agrees with its table. The servers of
//! other engines verify their own files.

use super::{Findings, OwnerStores};
use crate::db::connection::verify::Verification;
use crate::db::{self, Class};

/// Checks the file of each owner.
pub fn check(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let stores = [
        ("coupon", &stores.coupon),
        ("goods", &stores.goods),
        ("user", &stores.user),
        ("order", &stores.order),
        ("pay", &stores.pay),
    ];
    for (owner, store) in stores {
        let problems = match store.problems(Verification::All) {
            Ok(Some(problems)) => problems,
            Ok(None) => continue,
            // SQLite reports the worst damage as an error.
            Err(error) if error.class == Class::Damaged => vec![error.source.to_string()],
            Err(error) => return Err(error),
        };
        findings.add_valid("files_intact", u64::from(problems.is_empty()));
        for problem in problems {
            findings.check("files_intact", Some(format!("the file of {owner}: {problem}")));
        }
    }
    Ok(())
}
