//! Colours of words on standard output: only on a terminal, and not if `NO_COLOR` is set.

use std::io::IsTerminal;

use crate::config;

/// Colours words, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub struct Colours {
    is_on: bool,
}

impl Colours {
    /// The colours for standard output.
    pub fn of_output() -> Self {
        Self { is_on: std::io::stdout().is_terminal() && !config::is_colour_refused() }
    }

    /// A word for what is as it should be: green.
    pub fn good(self, word: &str) -> String {
        self.with("32", word)
    }

    /// A word for what should be looked at: yellow.
    pub fn doubtful(self, word: &str) -> String {
        self.with("33", word)
    }

    /// A word for what is wrong: red and bold.
    pub fn bad(self, word: &str) -> String {
        self.with("1;31", word)
    }

    /// A text of less interest: faint.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
