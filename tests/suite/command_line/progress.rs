//! Progress bars: on a terminal, and nowhere else.

use std::process::Command;

use tempfile::tempdir;

use super::{BINARY, run, sqlite};

/// Runs a command on a terminal and returns what it has drawn and printed there.
fn on_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let command: Vec<String> = [BINARY].iter().chain(arguments).map(|word| format!("'{word}'")).collect();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command.join(" "), "/dev/null"])
        .env_clear()
        .envs(variables.iter().copied())
        .env("TERM", "xterm")
        .output()
        .expect("`script` of bsdutils, which has a terminal for a command");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

#[test]
fn long_commands_show_their_progress_on_a_terminal_only() {
    let folder = tempdir().unwrap();
    let [data, copy, restored] = ["data", "copy", "restored"].map(|name| folder.path().join(name));
    let (url, restored) = (sqlite(&data), sqlite(&restored));
    let here = [("TRADEPOST__STORE__URL", url.as_str()), ("TRADEPOST__AUDIT__GRACE", "0s")];
    let copy = copy.to_str().unwrap();
    assert!(on_terminal(&["migrate"], &here).contains("migrating the tables"));
    for (arguments, variables, drawn) in [
        (&["audit"][..], &here[..], "of 0 orders"),
        (&["check"], &here, "order"),
        (&["backup", copy], &here, "] 0 B of "),
        (&["restore", copy], &[("TRADEPOST__STORE__URL", restored.as_str())], "copying order"),
    ] {
        let text = on_terminal(arguments, variables);
        assert!(text.contains(drawn) && text.contains('\r'), "{arguments:?}: {text:?}");
    }
    for arguments in [&["audit"][..], &["check"]] {
        let outcome = run(arguments, &here);
        assert_eq!((outcome.code, outcome.errors.as_str()), (0, ""), "{outcome:?}");
        assert!(!outcome.output.contains(['\r', '\u{1b}']), "{outcome:?}");
    }
}

#[test]
fn colours_on_a_terminal_are_left_out_if_no_color_is_set() {
    let folder = tempdir().unwrap();
    let url = sqlite(&folder.path().join("data"));
    let here = [("TRADEPOST__STORE__URL", url.as_str())];
    run(&["migrate"], &here).expect(0);
    for arguments in [&["audit"][..], &["check"], &["config"], &["doctor"], &["--help"]] {
        let coloured =
            |text: String| text.contains("\u{1b}[3") || text.contains("\u{1b}[1m") || text.contains("\u{1b}[2m");
        assert!(coloured(on_terminal(arguments, &here)), "{arguments:?} has no colours");
        let plain = [&here[..], &[("NO_COLOR", "1")]].concat();
        assert!(!coloured(on_terminal(arguments, &plain)), "{arguments:?} has colours");
    }
}
