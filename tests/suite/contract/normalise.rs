//! Replacement of values that differ between two runs by names. The text is never parsed and written again, so the
//! order and the spelling of everything else stay as they were sent.

use std::collections::HashMap;

use tradepost::domain::clock::Timestamp;

/// Texts before a cursor.
const CURSORS: [&str; 2] = ["cursor=", "\"next_cursor\":\""];
/// Text before the id of the secret in a token.
const SECRET_MARK: &str = "\"kid\":\"";
/// Text before the secret of a webhook.
const WEBHOOK_SECRET_MARK: &str = "whsec_";
/// Text before a one-time code.
const CODE_MARK: &str = "\"one_time_code\":\"";
/// Text before a duration, which depends on the speed of the machine.
const DURATION_MARK: &str = "\"duration_ms\":";
/// Text before the seconds that are left to pay.
const LEFT_MARK: &str = "data-left=\"";
/// Text before the hash of the state that a page shows.
const SHOWN_MARK: &str = "?shown=";
/// Ids of the demo data, which are the same in every run.
const FIXED: [&str; 7] = [
    "345959443973935104",
    "345959443973935105",
    "345959443973935106",
    "345959443973935107",
    "345959443973935108",
    "345963634385633280",
    "345988230098857984",
];
/// The number of digits of a hash in an id.
const HASH_DIGITS: usize = 16;
/// The number of digits of the id of a trace.
const TRACE_DIGITS: usize = 32;
const MINUTE_MS: i64 = 60_000;
/// Times are shown as multiples of this, counted from the start of the script. No machine takes so long for a script.
const STEP_MS: i64 = 10 * MINUTE_MS;
/// No time in a script is further away from its start.
const WINDOW_MS: i64 = 10 * 24 * 60 * MINUTE_MS;

/// The names of the values, numbered in the order of their appearance.
pub struct Names {
    /// Start of the script.
    begin: Timestamp,
    /// The base URL of the application; its port differs between runs.
    base: String,
    given: HashMap<String, String>,
    counts: HashMap<&'static str, usize>,
}

impl Names {
    /// No names yet.
    pub fn new(begin: Timestamp, base: String) -> Self {
        Self { begin, base, given: HashMap::new(), counts: HashMap::new() }
    }

    /// Sets the base URL, which changes with a restart.
    pub fn set_base(&mut self, base: String) {
        self.base = base;
    }

    /// The text with names in place of the values that differ between runs.
    pub fn apply(&mut self, text: &str) -> String {
        let text = text.replace(&self.base, "<base>");
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut before = ' ';
        while let Some(first) = rest.chars().next() {
            let is_cursor = CURSORS.iter().any(|mark| out.ends_with(mark));
            let (length, name) = match before {
                _ if is_cursor => self.cursor(rest),
                _ if out.ends_with(SECRET_MARK) => (run(rest, |b| b.is_ascii_hexdigit()), Some("<kid>".to_owned())),
                _ if out.ends_with(DURATION_MARK) => (run(rest, |b| b.is_ascii_digit()), Some("<duration>".to_owned())),
                _ if out.ends_with(WEBHOOK_SECRET_MARK) => {
                    (run(rest, |b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)), Some("<secret>".to_owned()))
                }
                _ if out.ends_with(CODE_MARK) => self.one_time_code(rest),
                _ if out.ends_with(LEFT_MARK) => (run(rest, |b| b.is_ascii_digit()), Some("<left>".to_owned())),
                _ if out.ends_with(SHOWN_MARK) => (run(rest, |b| b.is_ascii_hexdigit()), Some("<hash>".to_owned())),
                // A slash in the query of a link.
                '%' if rest.starts_with("2F") => (2, None),
                _ if out.ends_with("%2F") => self.word(rest),
                // The end of the id of a notification whose own id is taken.
                '~' if run(rest, |b| b.is_ascii_hexdigit()) == HASH_DIGITS => (HASH_DIGITS, Some("<hash>".to_owned())),
                before if !before.is_ascii_alphanumeric() => self.word(rest),
                _ => (first.len_utf8(), None),
            };
            let (word, after) = rest.split_at(length);
            out.push_str(name.as_deref().unwrap_or(word));
            before = word.chars().next_back().unwrap_or(' ');
            rest = after;
        }
        out
    }

    /// The length of the word at the start of the text, and its name if it gets one.
    fn word(&mut self, text: &str) -> (usize, Option<String>) {
        for find in [Self::token, Self::api_key, Self::recovery_code, Self::uuid, Self::time] {
            if let Some((length, name)) = find(self, text) {
                return (length, Some(name));
            }
        }
        let length = run(text, |b| b.is_ascii_alphanumeric());
        if length == 0 {
            return (text.chars().next().map_or(1, char::len_utf8), None);
        }
        let word = &text[..length];
        (length, self.plain(word))
    }

    /// The name of a word of letters and digits, if it gets one.
    fn plain(&mut self, word: &str) -> Option<String> {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &word[letters.len()..];
        let is_short = letters.len() <= 3 && letters.bytes().all(|b| b.is_ascii_alphabetic());
        if is_short && (15..=19).contains(&digits.len()) && !FIXED.contains(&digits) {
            return Some(format!("{letters}{}", self.named("id", digits)));
        }
        if letters.is_empty() && digits.len() == 13 {
            return Some(format!("<ms{}>", self.label(digits.parse().ok()?)?));
        }
        if letters.is_empty() && digits.len() == 10 {
            return Some(format!("<s{}>", self.label(digits.parse::<i64>().ok()?.checked_mul(1_000)?)?));
        }
        let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && word.len() == TRACE_DIGITS {
            return Some("<trace>".to_owned());
        }
        let is_base32 = word.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
        if is_base32 && word.len() == 32 {
            return Some("<secret>".to_owned());
        }
        // A short hash is in the path of a style sheet or a script.
        if is_hex && (word.len() == 64 || word.len() == 32 || word.len() == HASH_DIGITS && !letters.is_empty()) {
            return Some("<hash>".to_owned());
        }
        None
    }

    /// A cursor: a known id or a time in hexadecimal, or a time and a known id, or the id of a message.
    fn cursor(&mut self, text: &str) -> (usize, Option<String>) {
        if let Some((length, name)) = self.uuid(text) {
            return (length, Some(name));
        }
        let length = run(text, |b| b.is_ascii_hexdigit());
        let second = text[length..].strip_prefix('.').unwrap_or_default();
        let second_length = run(second, |b| b.is_ascii_hexdigit());
        let second = i64::from_str_radix(&second[..second_length], 16).ok();
        if let Some(id) = second.and_then(|id| self.given.get(&id.to_string())).cloned() {
            let (_, first) = self.cursor(&text[..length]);
            let first = first.unwrap_or_default();
            return (length + 1 + second_length, Some(format!("{first}.<hex of {}>", id.trim_matches(['<', '>']))));
        }
        let name =
            i64::from_str_radix(&text[..length], 16).ok().and_then(|value| match self.given.get(&value.to_string()) {
                Some(name) => Some(format!("<hex of {}>", name.trim_matches(['<', '>']))),
                None => Some(format!("<hex of ms{}>", self.label(value)?)),
            });
        (length.max(text.chars().next().map_or(1, char::len_utf8)), name)
    }

    /// A JSON web token. Each is different, and none is compared.
    fn token(&mut self, text: &str) -> Option<(usize, String)> {
        let length = run(text, |b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let token = &text[..length];
        (token.starts_with("eyJ") && token.matches('.').count() == 2).then(|| (length, "<token>".to_owned()))
    }

    /// An API key or its beginning.
    fn api_key(&mut self, text: &str) -> Option<(usize, String)> {
        let length = run(text, |b| b.is_ascii_alphanumeric() || b == b'_');
        let prefix = text.get(..16).filter(|prefix| prefix.starts_with("tpk_") && [16, 81].contains(&length))?;
        let secret = if length == 81 { "_<secret>" } else { "" };
        Some((length, format!("{}{secret}", self.named("api-key", prefix))))
    }

    /// A code of an app, or a recovery code. A wrong one is the same in every run.
    fn one_time_code(&mut self, text: &str) -> (usize, Option<String>) {
        let length = run(text, |b| b.is_ascii_digit());
        if length == 6 && !text.starts_with("000000") { (length, Some("<code>".to_owned())) } else { self.word(text) }
    }

    /// A recovery code, in six groups of four.
    fn recovery_code(&mut self, text: &str) -> Option<(usize, String)> {
        let length = run(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let code = text.get(..length).filter(|code| code.len() == 29)?;
        let is_one = code.split('-').count() == 6 && code.split('-').all(|group| group.len() == 4);
        is_one.then(|| (length, self.named("recovery-code", code)))
    }

    fn uuid(&mut self, text: &str) -> Option<(usize, String)> {
        let uuid = text.get(..36)?;
        uuid.parse::<uuid::Uuid>().ok()?;
        Some((36, self.named("uuid", uuid)))
    }

    /// A time as in RFC 3339, or as pages show it. The name shows its precision.
    fn time(&mut self, text: &str) -> Option<(usize, String)> {
        const SHOWN: usize = "2025-10-09 08:53:20".len();
        let shown = text.get(..SHOWN).filter(|shown| shown.as_bytes()[10] == b' ');
        if let Some(at) = shown.and_then(|shown| format!("{}Z", shown.replace(' ', "T")).parse::<Timestamp>().ok()) {
            return Some((SHOWN, format!("<time{}>", self.label(at.0)?)));
        }
        let length = run(text, |b| b.is_ascii_digit() || b"-:.T".contains(&b)) + 1;
        let time = text.get(..length).filter(|time| time.ends_with('Z'))?;
        let at: Timestamp = time.parse().ok()?;
        let parts = time.split_once('.').map_or(0, |(_, parts)| parts.len() - 1);
        Some((length, format!("<time.{parts}{}>", self.label(at.0)?)))
    }

    /// The time since the start in steps; `None` if the time cannot belong to this script.
    fn label(&self, at_ms: i64) -> Option<String> {
        let since = at_ms.checked_sub(self.begin.0)?;
        // Times just before the start, as of the demo data, count as the start. A time five minutes before it does not.
        let steps = (since + MINUTE_MS).div_euclid(STEP_MS);
        (since.abs() < WINDOW_MS).then(|| format!("{:+}m", steps * STEP_MS / MINUTE_MS))
    }

    fn named(&mut self, kind: &'static str, what: &str) -> String {
        if let Some(name) = self.given.get(what) {
            return name.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let name = format!("<{kind}-{count}>");
        self.given.insert(what.to_owned(), name.clone());
        name
    }
}

/// The number of bytes at the start of the text for which `is_part` holds.
fn run(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|b| is_part(*b)).count()
}

#[test]
fn only_values_that_differ_between_runs_are_replaced() {
    let mut names = Names::new(Timestamp(1_760_000_000_000), "http://127.0.0.1:5".to_owned());
    for (text, expected) in [
        (
            "{\"b\":\"384600000000000001\",\"a\":\"evt_sb384600000000000002_paid\"}",
            "{\"b\":\"<id-1>\",\"a\":\"evt_sb<id-2>_paid\"}",
        ),
        ("384600000000000002 345959443973935104 880.00", "<id-2> 345959443973935104 880.00"),
        ("2025-10-09T08:53:20.123Z: 2025-10-09T09:23:21Z", "<time.3+0m>: <time.0+30m>"),
        (">2025-10-09 09:23:20</time> /assets/shop-0123456789abcdef.css", "><time+30m></time> /assets/shop-<hash>.css"),
        ("?page=%2Fpay%2F384600000000000002", "?page=%2Fpay%2F<id-2>"),
        ("/pay/1?shown=0123456789abcdef data-left=\"1799\"", "/pay/1?shown=<hash> data-left=\"<left>\""),
        ("\"created\":1760000001,\"t\":1760000000456", "\"created\":<s+0m>,\"t\":<ms+0m>"),
        ("0192f0c1-2092-738a-9b75-f8b5a27e3c0e http://127.0.0.1:5/pay", "<uuid-1> <base>/pay"),
        ("eyJhbGciOi.eyJzdWIi.x-_y", "<token>"),
        (
            "{\"one_time_code\":\"123456\"}{\"one_time_code\":\"000000\"}",
            "{\"one_time_code\":\"<code>\"}{\"one_time_code\":\"000000\"}",
        ),
        ("\"abcd-ef23-4567-mnop-qrst-uvwx\" GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "\"<recovery-code-1>\" <secret>"),
        ("{\"duration_ms\":1234,\"points\":880}", "{\"duration_ms\":<duration>,\"points\":880}"),
        ("Javase课程 é 12345 zs", "Javase课程 é 12345 zs"),
    ] {
        assert_eq!(names.apply(text), expected);
    }
    assert_eq!(
        names.apply(&format!("cursor={:x}.1&limit=2", 384_600_000_000_000_001_i64)),
        "cursor=<hex of id-1>.1&limit=2"
    );
    let timed = format!("cursor=1f.{:x}.1&limit=2", 384_600_000_000_000_001_i64);
    assert!(names.apply(&timed).ends_with(".<hex of id-1>.1&limit=2"));
}
