//! The links of one chain: each fits the one before it, and kept heads are among them.

use serde::Serialize;

use super::kept::KeptHead;
use crate::audit::Findings;
use crate::db::ledger::chain::{Kind, Link};
use crate::domain::clock::Timestamp;

const NAME: &str = "chain_intact";

/// The head of an owner's chain, to be kept outside the database.
#[derive(Debug, Clone, Serialize)]
pub struct ChainHead {
    /// The owner.
    pub owner: &'static str,
    /// Number and hash of the last link, as `--head` takes them after the owner.
    pub head: String,
    /// When the last link was made.
    pub link_time: Timestamp,
}

/// The links of an owner's chain up to some point.
pub struct Links<'a> {
    owner: &'static str,
    /// The kept heads of this owner.
    kept: Vec<&'a KeptHead>,
    /// Number of the last kept head that is on the chain.
    confirmed: Option<i64>,
    /// Number, hash and time of the last link.
    last: Option<(i64, String, Timestamp)>,
    checked: u64,
    problems: Vec<String>,
}

impl<'a> Links<'a> {
    pub fn new(owner: &'static str, kept: &'a [KeptHead]) -> Self {
        let mut kept: Vec<&KeptHead> = kept.iter().filter(|head| head.owner == owner).collect();
        kept.sort_by_key(|head| head.number);
        Self { owner, kept, confirmed: None, last: None, checked: 0, problems: Vec::new() }
    }

    /// The number that the next link should have.
    pub fn next(&self) -> i64 {
        self.last.as_ref().map_or(0, |(number, ..)| number.saturating_add(1))
    }

    /// Begins after `link`, which is not checked itself.
    pub fn begin_after(&mut self, link: &Link) {
        self.last = Some((link.link_number, link.hash.clone(), link.link_time));
    }

    /// Checks the next link.
    pub fn check(&mut self, link: &Link) {
        self.checked += 1;
        let (number, at) = (link.link_number, link.link_time);
        let previous = self.last.as_ref().map_or("", |(_, hash, _)| hash.as_str());
        if number != self.next() {
            self.problems.push(format!("link {} is missing: {number} of {at} follows", self.next()));
        } else if link.expected_hash(previous) != link.hash {
            self.problems.push(format!("link {number} of {at} does not fit the link before it, or its own lines"));
        } else if number == 0 && link.kind != Kind::Begin {
            self.problems.push("link 0 does not begin the chain".to_owned());
        }
        self.check_kept(link);
        self.last = Some((number, link.hash.clone(), at));
    }

    fn check_kept(&mut self, link: &Link) {
        let (number, at) = (link.link_number, link.link_time);
        for kept in self.kept.iter().filter(|kept| kept.number == number) {
            if kept.hash == link.hash {
                self.confirmed = Some(number);
            } else {
                let after = self.confirmed.map_or_else(String::new, |number| format!(" and after link {number}"));
                self.problems.push(format!(
                    "the kept head {kept} does not fit link {number} of {at}: a link was written anew, at or before \
                     {number}{after}"
                ));
            }
        }
    }

    /// Reports the results. Returns the head.
    pub fn finish(mut self, is_wanted: bool, is_recording: bool, findings: &mut Findings) -> Option<ChainHead> {
        let next = self.next();
        for kept in self.kept.iter().filter(|kept| kept.number >= next) {
            self.problems.push(format!(
                "the kept head {kept} is beyond the last link, {}: links were deleted, or an older backup was restored",
                next.saturating_sub(1)
            ));
        }
        let is_begun = self.last.is_some();
        if is_wanted && !is_begun {
            self.problems
                .push("there is no chain: it was deleted, or no server has started with audit.chain".to_owned());
        } else if is_wanted && !is_recording {
            self.problems.push("the chain has ended: a server was started without audit.chain".to_owned());
        }
        findings.add_valid(NAME, self.checked);
        for problem in self.problems {
            findings.check(NAME, Some(format!("{}: {problem}", self.owner)));
        }
        let (number, hash, link_time) = self.last?;
        Some(ChainHead { owner: self.owner, head: format!("{number}:{hash}"), link_time })
    }
}
