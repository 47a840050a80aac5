//! The characters of texts that people read. A text must look like what it is: characters that cannot be seen, or that
//! change the direction of what follows, would make one name look like another.
//!
//! The rule is here twice, as code and as a regular expression for the OpenAPI document, both from the same tables. Tag
//! characters are beyond the reach of the expression: not every dialect can name them.

use std::fmt::Write;

/// Ranges of characters, both ends included.
type Ranges = &'static [(char, char)];

/// Control characters.
const CONTROLS: Ranges = &[('\0', '\u{1F}'), ('\u{7F}', '\u{9F}')];

/// Control characters but tabs and line breaks.
const CONTROLS_OF_LINES: Ranges = &[('\0', '\u{8}'), ('\u{B}', '\u{C}'), ('\u{E}', '\u{1F}'), ('\u{7F}', '\u{9F}')];

/// Characters that deceive: invisible ones (soft hyphen, zero-width space, word joiner, byte order mark, annotations), and
/// embeddings, overrides and isolates of the direction. The marks of direction (U+061C, U+200E, U+200F) are none: texts of
/// Arabic and Hebrew have them, and they turn no other character round.
const DECEPTIVE: Ranges = &[
    ('\u{AD}', '\u{AD}'),
    ('\u{200B}', '\u{200B}'),
    ('\u{2028}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFF9}', '\u{FFFB}'),
];

/// Tag characters, which hide a text in ASCII.
const TAGS: (char, char) = ('\u{E0000}', '\u{E007F}');

/// The joiners, which Persian, the scripts of India and emoji need.
const JOINERS: Ranges = &[('\u{200C}', '\u{200D}')];

/// Characters that leave no mark by themselves: blanks, and those that Unicode lists as ignorable by default, or fillers.
const UNSEEN: Ranges = &[
    (' ', ' '),
    ('\u{A0}', '\u{A0}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{2000}', '\u{200A}'),
    ('\u{200E}', '\u{200F}'),
    ('\u{202F}', '\u{202F}'),
    ('\u{205F}', '\u{205F}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFF8}'),
];

/// Characters beyond U+FFFF that leave no mark either.
const UNSEEN_BEYOND: Ranges = &[('\u{1BCA0}', '\u{1BCA3}'), ('\u{1D173}', '\u{1D17A}'), ('\u{E0000}', '\u{E0FFF}')];

/// The number of lines that a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line.
    Line,
    /// One or several lines, with tabs.
    Lines,
}

impl Form {
    const fn controls(self) -> Ranges {
        match self {
            Self::Line => CONTROLS,
            Self::Lines => CONTROLS_OF_LINES,
        }
    }
}

/// The rule that `text` breaks, if it breaks one.
#[must_use]
pub fn broken_rule(text: &str, form: Form) -> Option<&'static str> {
    let mut before = None;
    for c in text.chars() {
        if is_in(c, form.controls()) {
            return Some("must not contain control characters");
        }
        if is_in(c, DECEPTIVE) || is_in(c, &[TAGS]) {
            return Some("must not contain characters that are invisible or change the direction of the text");
        }
        let follows_letter = before.is_some_and(|before: char| !before.is_ascii() && !is_in(before, JOINERS));
        if is_in(c, JOINERS) && !follows_letter {
            return Some("must have joiners only after characters of scripts that use them");
        }
        before = Some(c);
    }
    None
}

/// Whether a character by itself leaves a mark.
#[must_use]
pub fn is_visible(c: char) -> bool {
    let unseen = [CONTROLS, DECEPTIVE, JOINERS, UNSEEN, UNSEEN_BEYOND];
    !unseen.iter().any(|ranges| is_in(c, ranges))
}

fn is_in(c: char, ranges: &[(char, char)]) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// The rule as a regular expression, which ECMAScript, Python and Rust read the same. `is_seen`: one character at least is
/// visible.
#[must_use]
pub fn pattern(form: Form, is_seen: bool) -> String {
    let joiner = class("", &[JOINERS]);
    let ascii: Ranges = &[('\0', '\u{9F}')];
    let any = class("^", &[form.controls(), DECEPTIVE, JOINERS]);
    let letter = class("^", &[ascii, DECEPTIVE, JOINERS]);
    let some = format!("(?:{any}|{letter}{joiner})*");
    if !is_seen {
        return format!("^{some}$");
    }
    let seen = class("^", &[CONTROLS, DECEPTIVE, JOINERS, UNSEEN]);
    let seen_letter = class("^", &[ascii, DECEPTIVE, JOINERS, UNSEEN]);
    format!("^{some}(?:{seen}|{seen_letter}{joiner}){some}$")
}

/// A class of characters; `sign` is `^` for all others.
fn class(sign: &str, all: &[Ranges]) -> String {
    let mut text = format!("[{sign}");
    for (first, last) in all.iter().copied().flatten() {
        // Writing to a text does not fail.
        let _ = write!(text, "\\u{:04x}", u32::from(*first));
        if first != last {
            let _ = write!(text, "-\\u{:04x}", u32::from(*last));
        }
    }
    text + "]"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn what_deceives_readers_is_refused() {
        for (text, part) in [
            ("admin\u{202E}nimda", "direction"),
            ("a\u{202A}b", "direction"),
            ("a\u{2066}b\u{2069}", "direction"),
            ("zs\u{200B}", "invisible"),
            ("z\u{AD}s", "invisible"),
            ("\u{FEFF}zs", "invisible"),
            ("a\u{2028}b", "invisible"),
            ("a\u{2029}b", "invisible"),
            ("a\u{2060}b", "invisible"),
            ("zs\u{E0041}", "invisible"),
            ("ad\u{200D}min", "joiners"),
            ("ad\u{200C}min", "joiners"),
            ("\u{200D}a", "joiners"),
            ("é\u{200D}\u{200D}", "joiners"),
        ] {
            for form in [Form::Line, Form::Lines] {
                assert!(broken_rule(text, form).is_some_and(|rule| rule.contains(part)), "{text:?}");
            }
        }
    }

    #[test]
    fn the_scripts_of_the_world_are_accepted() {
        // Persian, Malayalam, Hebrew with a mark, a family, a heart on fire, Chinese with a wide blank.
        for text in [
            "می\u{200C}خواهم",
            "ന\u{0D4D}\u{200D}",
            "\u{200F}שלום",
            "👩\u{200D}👧",
            "❤\u{FE0F}\u{200D}🔥",
            "王\u{3000}小明",
            "Zoë O’Neill",
        ] {
            assert_eq!(broken_rule(text, Form::Line), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_expression_says_the_same(text in "[\\x00\\t\\n\\r a-c\\x7f-\\x85\\u{a0}\\u{ad}é王\\u{61c}\\u{200a}-\\u{200f}\\u{2028}-\\u{202f}\\u{2066}\\u{feff}\\u{fe0f}👩]{0,12}") {
            for form in [Form::Line, Form::Lines] {
                let is_good = broken_rule(&text, form).is_none();
                prop_assert_eq!(Regex::new(&pattern(form, false)).unwrap().is_match(&text), is_good);
                let is_seen = text.chars().any(is_visible);
                prop_assert_eq!(Regex::new(&pattern(form, true)).unwrap().is_match(&text), is_good && is_seen);
            }
        }
    }
}
