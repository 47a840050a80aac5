//! The choice of a starting node's number: a pure function of the stored leases.

use super::Row;
use crate::domain::clock::Timestamp;
use crate::domain::id::NodeId;

/// Why no number can be taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The number of the settings is held by this node.
    Held(Box<Row>),
    /// All numbers are held.
    NoneFree,
}

/// The number to take at `now`: `wanted`, or any that is free. `ended` is the boot id of a process that is known to have
/// ended, whose lease need not be waited for.
pub fn choose(rows: &[Row], wanted: Option<NodeId>, ended: Option<&str>, now: Timestamp) -> Result<NodeId, Refusal> {
    let has_ended = |row: &&Row| ended == Some(row.boot_id.as_str());
    let held = |number: i32| rows.iter().find(|row| row.node_number == number && row.is_valid(now) && !has_ended(row));
    match wanted {
        Some(number) => held(number.get()).map_or(Ok(number), |row| Err(Refusal::Held(Box::new(row.clone())))),
        None => {
            // The number of the ended process comes first: this node then continues the work of that process at once.
            let former = rows.iter().find(has_ended).map(|row| row.node_number);
            let free = (0..).map_while(|number| NodeId::try_from(number).ok()).find(|n| held(n.get()).is_none());
            former.and_then(|number| NodeId::try_from(number).ok()).or(free).ok_or(Refusal::NoneFree)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn row(number: i32, boot_id: &str, heartbeat_age_ms: i64) -> Row {
        Row {
            node_number: number,
            boot_id: boot_id.to_owned(),
            address: "10.0.0.1:8080".to_owned(),
            host: "shop".to_owned(),
            process_id: 7,
            version: "1".to_owned(),
            start_time: Timestamp(0),
            heartbeat_time: Timestamp(NOW.0 - heartbeat_age_ms),
            lease_ms: 15_000,
            clock_difference_ms: 0,
        }
    }

    fn node(number: i32) -> NodeId {
        NodeId::try_from(number).unwrap()
    }

    #[test]
    fn a_number_is_refused_while_another_node_holds_it_and_taken_when_its_lease_has_ended() {
        let held = row(1, "a", 15_000);
        assert_eq!(
            choose(std::slice::from_ref(&held), Some(node(1)), None, NOW),
            Err(Refusal::Held(Box::new(held.clone())))
        );
        assert_eq!(choose(&[held], Some(node(2)), None, NOW), Ok(node(2)));
        assert_eq!(choose(&[row(1, "a", 15_001)], Some(node(1)), None, NOW), Ok(node(1)));
        assert_eq!(choose(&[row(1, "a", 0)], Some(node(1)), Some("a"), NOW), Ok(node(1)), "its process has ended");
    }

    #[test]
    fn without_a_number_in_the_settings_the_former_one_or_the_lowest_free_one_is_taken() {
        assert_eq!(choose(&[], None, None, NOW), Ok(node(0)));
        let rows = [row(0, "a", 0), row(1, "b", 20_000), row(2, "c", 0)];
        assert_eq!(choose(&rows, None, None, NOW), Ok(node(1)));
        assert_eq!(choose(&rows, None, Some("c"), NOW), Ok(node(2)));
        assert_eq!(choose(&rows, None, Some("unknown"), NOW), Ok(node(1)));
        let all: Vec<Row> = (0..1024).map(|number| row(number, "a", 0)).collect();
        assert_eq!(choose(&all, None, None, NOW), Err(Refusal::NoneFree));
    }

    #[test]
    fn a_heartbeat_from_before_the_databases_clock_was_set_back_holds_nothing() {
        assert_eq!(choose(&[row(1, "a", -3_600_000)], Some(node(1)), None, NOW), Ok(node(1)));
    }
}
