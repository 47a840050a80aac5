//! Normalisation of parts of a JSON text whose order or value differs between runs. The text is edited in place and not
//! parsed and written again.

/// Events of the reservations, which run concurrently. `failed` has the time of its order, so it is one of them.
const RESERVED: [&str; 4] = ["stock_taken", "coupon_bound", "balance_taken", "failed"];
/// Events that the script causes one after the other. All others result from messages, which run concurrently.
const IN_ORDER: [&str; 6] = ["ordered", "confirmed", "refused", "payment_started", "shipped", "received"];

/// Numbers of the status page that differ from run to run.
const COUNTERS: [&str; 13] = [
    "clock_difference_ms",
    "uptime_s",
    "depth",
    "in_flight",
    "processed",
    "failed",
    "retried",
    "count",
    "mean",
    "max",
    "p50",
    "p99",
    "oldest_age_s",
];

/// The text with concurrent events sorted by name.
pub fn with_stable_events(text: &str) -> String {
    let Some(start) = text.find("[{\"at\":").map(|at| at + 1) else { return text.to_owned() };
    let (head, list) = text.split_at(start);
    let mut events: Vec<&str> = Vec::new();
    let mut rest = list;
    while rest.starts_with('{') {
        let (event, after) = rest.split_at(object_length(rest));
        events.push(event);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    for run in
        events.chunk_by_mut(|one, other| group(one).is_some_and(|group_of_one| group(other) == Some(group_of_one)))
    {
        run.sort_unstable();
    }
    format!("{head}{}{}", events.join(","), with_stable_events(rest))
}

/// The time of an event and whether it is a reservation; `None` if the event keeps its place.
fn group(event: &str) -> Option<(&str, bool)> {
    let (at, rest) = event.split_once("\",\"what\":\"")?;
    let what = rest.split('"').next()?;
    (!IN_ORDER.contains(&what)).then(|| (at, RESERVED.contains(&what)))
}

/// The length of the object at the start of the text, in bytes.
fn object_length(text: &str) -> usize {
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_text = !in_text,
            b'{' if !in_text => depth += 1,
            b'}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// A status page without its counters, its engine and its version.
pub fn without_counters(text: &str) -> String {
    let mut text = text.to_owned();
    for name in COUNTERS {
        text =
            replaced(&text, &format!("\"{name}\":"), |c| c.is_ascii_digit() || c == '.' || c == 'e' || c == '-', "<n>");
    }
    // Only nodes on a database server are listed.
    text = replaced(&text, "\"nodes\":[", |c| c != ']', "");
    for name in ["engine", "version"] {
        text = replaced(&text, &format!("\"{name}\":\""), |c| c != '"', &format!("<{name}>"));
    }
    text
}

/// A report of the audit without the number of files: a database server has none.
pub fn without_file_count(text: &str) -> String {
    replaced(text, "\"name\":\"files_intact\",\"ok\":true,\"checked\":", |c| c.is_ascii_digit(), "<n>")
}

/// Replaces the characters after each `key` while `is_replaced` holds.
fn replaced(text: &str, key: &str, is_replaced: impl Fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(key);
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |text, part| {
        let end = part.find(|c| !is_replaced(c)).unwrap_or(part.len());
        let by = if end == 0 { "" } else { by };
        format!("{text}{key}{by}{}", &part[end..])
    })
}

#[test]
fn only_concurrent_events_are_sorted() {
    let event = |at: &str, what: &str| format!("{{\"at\":\"{at}\",\"what\":\"{what}\",\"detail\":\"}}\\\"\"}}");
    let list = |events: &[String]| format!("{{\"events\":[{}],\"next\":1}}", events.join(","));
    let [taken, bound, confirmed] = ["stock_taken", "coupon_bound", "confirmed"].map(|what| event("1", what));
    let later = event("2", "coupon_bound");
    let mixed = list(&[taken.clone(), bound.clone(), confirmed.clone(), taken.clone(), later.clone()]);
    assert_eq!(with_stable_events(&mixed), list(&[bound, taken.clone(), confirmed, taken, later]));
    assert_eq!(with_stable_events("{\"items\":[]}"), "{\"items\":[]}");
}

#[test]
fn counters_of_the_status_page_are_replaced() {
    let text = "{\"version\":\"0.1.0\",\"depth\":3,\"capacity\":4,\"mean\":1.5e-3,\"last\":null}";
    let expected = "{\"version\":\"<version>\",\"depth\":<n>,\"capacity\":4,\"mean\":<n>,\"last\":null}";
    assert_eq!(without_counters(text), expected);
}
