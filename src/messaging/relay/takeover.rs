//! The decision when claims are released: of an earlier run of this relay at its start, and of each node that dies later.
//! Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The nodes as they were when claims were released last.
#[derive(Debug, Default)]
pub struct Takeover {
    /// The other nodes that have served their claims since; `None` before the first time.
    known: Option<BTreeSet<i32>>,
    /// The next value of `known`, if all claims can be released.
    running: Option<BTreeSet<i32>>,
}

impl Takeover {
    /// The nodes that serve their claims, if those of others have to be released now. `own` is the number of this node,
    /// and `others` are the other nodes that hold a lease.
    pub fn begin(&mut self, own: i32, others: BTreeSet<i32>) -> Option<Arc<[i32]>> {
        if self.running.is_some() {
            return None;
        }
        // At first nothing that is claimed for this node is being delivered.
        let mut serving: Vec<i32> = others.iter().copied().collect();
        if let Some(known) = &mut self.known {
            known.extend(&others);
            if known.is_subset(&others) {
                return None;
            }
            serving.push(own);
        }
        self.running = Some(others);
        Some(serving.into())
    }

    /// The release that was begun has ended. If it is not complete, it begins again, but for the first: by then this relay
    /// has claims of its own, which look like those of an earlier run. The latter end with their leases.
    pub fn end(&mut self, is_complete: bool) {
        let serving = self.running.take();
        if is_complete || self.known.is_none() {
            self.known = serving;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(takeover: &mut Takeover, others: &[i32]) -> Option<Vec<i32>> {
        takeover.begin(1, others.iter().copied().collect()).map(|serving| serving.to_vec())
    }

    #[test]
    fn claims_of_an_earlier_run_are_released_once_and_those_of_a_node_when_it_dies() {
        let mut takeover = Takeover::default();
        assert_eq!(
            begin(&mut takeover, &[2, 3]),
            Some(vec![2, 3]),
            "not those of this node: they are of an earlier run"
        );
        takeover.end(true);
        assert_eq!(begin(&mut takeover, &[2, 3]), None);
        assert_eq!(begin(&mut takeover, &[2, 3, 4]), None, "a node that has come leaves nothing");
        assert_eq!(begin(&mut takeover, &[2, 3]), Some(vec![2, 3, 1]));
        takeover.end(true);
        assert_eq!(begin(&mut takeover, &[2, 3]), None);
    }

    #[test]
    fn a_release_that_failed_is_repeated_and_never_runs_twice_at_once() {
        let mut takeover = Takeover::default();
        assert!(begin(&mut takeover, &[2]).is_some());
        assert_eq!(begin(&mut takeover, &[2]), None, "it runs");
        takeover.end(false);
        assert_eq!(begin(&mut takeover, &[2]), None, "the claims may be those of this run");
        assert!(begin(&mut takeover, &[]).is_some());
        takeover.end(false);
        assert_eq!(begin(&mut takeover, &[]), Some(vec![1]));
    }

    #[test]
    fn a_node_that_dies_during_a_release_is_noticed_after_it() {
        let mut takeover = Takeover::default();
        assert!(begin(&mut takeover, &[2]).is_some());
        assert_eq!(begin(&mut takeover, &[]), None);
        takeover.end(true);
        assert_eq!(begin(&mut takeover, &[]), Some(vec![1]));
    }
}
