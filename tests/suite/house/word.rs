//! The words of the code: the field's terms, and none of the private ones that they replaced. `lib.rs` has the glossary.

use super::source::{Source, all_sources, assert_none, documents, sources};

/// Words that went, and what to write instead. A word matches whole parts of names too: `desk_of` and `OrderDesk` are
/// refused, `desktop` is not.
const BANNED: [(&str, &str); 38] = [
    ("crew", "executor"),
    ("desk", "task queue, or batch"),
    ("lane", "typed batch"),
    ("office", "shared"),
    ("door", "priority, or admission control"),
    ("knock", "connect"),
    ("knocking", "connecting"),
    ("kick", "dispatch"),
    ("nudge", "wake"),
    ("hire", "start a worker"),
    ("courier", "webhook sender"),
    ("stranger", "wrong recipient"),
    ("strangers", "other users"),
    ("twin", "duplicate"),
    ("twins", "duplicates"),
    ("folded", "checkpointed"),
    ("folds", "checkpoints"),
    ("condemn", "mark as broken"),
    ("upkeep", "retention"),
    ("fleeting", "expires"),
    ("story", "timeline"),
    ("stories", "timelines"),
    ("told", "notified, reported, passed"),
    ("tells", "notifies, reports, says"),
    ("whoever", "the caller, the customer, the process"),
    ("somebody", "a user, an operator, another process"),
    ("nobody", "no user, no process, none"),
    ("sweep", "poll, reconcile, find due work"),
    ("sweeps", "polls"),
    ("swept", "polled"),
    ("settlement", "payments"),
    ("relieve", "grow"),
    ("TODO", "an issue"),
    ("FIXME", "an issue"),
    ("XXX", "an issue"),
    ("HACK", "an issue"),
    ("unimplemented", "finish it"),
    ("dbg", "tracing"),
];

/// Names in contracts and in interfaces of other programs, with what they are. These texts are taken out of a line before
/// it is checked. Each must still be in use.
const CONTRACTS: [(&str, &str); 21] = [
    ("\"courier\"", "the message group and status name of the webhook sender"),
    ("`courier`", "the same, in the documents"),
    ("| courier (", "the same, in the table of messages"),
    ("courier.handle", "a fault point"),
    ("rename = \"door\"", "a field of the status"),
    ("[\"door\"]", "the same, in its test"),
    ("\"door\":", "the same, in the documents"),
    ("has(\"door\"", "the same, in the OpenAPI document"),
    ("`door`", "the same"),
    ("\"settlement\"", "the status name of payments"),
    ("`settlement`", "the same, in the documents"),
    ("settlement_refund", "a field of WeChat Pay"),
    ("settlement_total", "a field of WeChat Pay"),
    ("sweep_every", "a setting"),
    ("SWEEP_EVERY", "the same, as a variable"),
    ("somebody has log rows of it", "a text of the audit"),
    ("the platform was asked and told", "the stored text of a charge that a query found"),
    ("the user `nobody`", "a user of the operating system"),
    ("\"nobody:\"", "the same"),
    ("no user nobody", "the same"),
    ("no `TODO`", "the rule itself"),
];

/// Files that may use every word, with the reason.
const EXEMPT: [(&str, &str); 1] = [("tests/suite/house/word.rs", "has the list")];

#[test]
fn the_private_words_are_gone() {
    let mut wrong = Vec::new();
    let mut used = vec![false; CONTRACTS.len()];
    for source in all_sources().into_iter().chain(documents()) {
        if EXEMPT.iter().any(|(path, _)| source.path == *path) {
            continue;
        }
        for (at, line) in source.lines() {
            let mut line = line.to_owned();
            for ((contract, _), used) in CONTRACTS.iter().zip(&mut used) {
                *used |= line.contains(contract);
                line = line.replace(contract, " ");
            }
            for (word, instead) in found(&line) {
                wrong.push(format!("{}:{at}: {word} ({instead})", source.path));
            }
        }
    }
    assert_none(&wrong, "words that went");
    for ((contract, why), used) in CONTRACTS.iter().zip(used) {
        assert!(used, "{contract} ({why}) is not used any more: remove the entry");
    }
}

/// The banned words of a line.
fn found(line: &str) -> Vec<(&'static str, &'static str)> {
    let parts = parts(line);
    let is_in = |word: &str| {
        let is_upper = word.chars().all(char::is_uppercase);
        parts.iter().any(|part| if is_upper { part == word } else { part.to_lowercase() == word })
    };
    BANNED.into_iter().filter(|(word, _)| is_in(word)).collect()
}

/// The parts of all names of a line: `retry_at` has two, so has `RetryAt`.
fn parts(line: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for name in line.split(|c: char| !c.is_alphabetic()) {
        let mut part = String::new();
        let mut before_is_lower = false;
        for c in name.chars() {
            if c.is_uppercase() && before_is_lower {
                parts.push(std::mem::take(&mut part));
            }
            before_is_lower = c.is_lowercase();
            part.push(c);
        }
        parts.push(part);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn a_banned_word_is_found_in_names_and_in_no_longer_word() {
    for line in ["let desk_of = 1;", "struct OrderDesk;", "// A desk.", "DESK"] {
        assert_eq!(found(line).len(), 1, "{line}");
    }
    for line in ["a desktop", "a hotdesking", "todo", "history"] {
        assert!(found(line).is_empty(), "{line}");
    }
}

/// The first words with which no sentence of documentation begins: without a noun before them, they leave open what they
/// speak of.
const RELATIVE: [&str; 9] = ["who", "whom", "whose", "which", "that", "what", "whatever", "where", "wherever"];

/// A block of documentation: the file and line of its first line, and its first words.
struct Doc {
    at: String,
    words: Vec<String>,
}

fn docs(source: &Source) -> Vec<Doc> {
    let mut docs: Vec<Doc> = Vec::new();
    let mut is_inside = false;
    for (at, line) in source.lines() {
        let line = line.trim_start();
        let text = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        match text {
            Some(text) => {
                let words = text.split_whitespace().map(str::to_owned);
                if is_inside {
                    docs.last_mut().unwrap().words.extend(words);
                } else {
                    docs.push(Doc { at: format!("{}:{at}", source.path), words: words.collect() });
                }
                is_inside = true;
            }
            None => is_inside = false,
        }
    }
    docs
}

#[test]
fn documentation_begins_with_its_subject() {
    let all = || ["src", "tests", "benches"].into_iter().flat_map(sources);
    let first = |doc: &Doc| doc.words.first().map(|word| word.to_lowercase()).unwrap_or_default();
    let docs: Vec<Doc> = all().flat_map(|source| docs(&source)).collect();
    let relative = docs.iter().filter(|doc| RELATIVE.contains(&first(doc).trim_end_matches([',', ':', '.'])));
    let wrong: Vec<String> = relative.map(|doc| format!("{}: {}", doc.at, doc.words.join(" "))).collect();
    assert_none(&wrong, "documentation that begins with a relative pronoun");
    let short: Vec<String> = docs
        .iter()
        .filter(|doc| doc.words.len() == 1 && !doc.words[0].starts_with(['`', '[']))
        .map(|doc| format!("{}: {}", doc.at, doc.words[0]))
        .collect();
    assert_none(&short, "documentation of one word");
}
