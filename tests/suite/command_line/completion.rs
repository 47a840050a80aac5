//! The completion of the command line. Bash itself completes; of the other shells, the scripts are looked at.

use std::process::{Command, Stdio};

use super::run;

/// The words that bash offers for the last of `words`.
fn completed(words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let script = run(&["completions", "bash"], &[]).expect(0);
    let call = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={last}\n_tradepost tradepost '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words[last],
        words[last - 1],
    );
    let output = Command::new("bash").args(["--norc", "-c", &call]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    for (words, expected) in [
        (&["tradepost", "aud"][..], &["audit"][..]),
        (&["tradepost", "do"], &["doctor"]),
        (&["tradepost", "audit", "--hea"], &["--head", "--heads"]),
        (&["tradepost", "import", "go"], &["goods"]),
        (&["tradepost", "completions", ""], &["bash", "fish", "zsh"]),
    ] {
        let mut found = completed(words);
        // Options that any command has are offered beside the values.
        found.retain(|word| words.last().unwrap().starts_with('-') || !word.starts_with('-'));
        found.sort();
        assert_eq!(found, expected, "{words:?}");
    }
}

#[test]
fn every_shell_knows_every_command() {
    for (shell, begin) in [("bash", "_tradepost()"), ("zsh", "#compdef tradepost"), ("fish", "# Print an optspec")] {
        let script = run(&["completions", shell], &[]).expect(0);
        assert!(script.starts_with(begin), "{shell}: {script}");
        for command in ["serve", "audit", "doctor", "config", "import", "goods", "completions", "man", "health"] {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
}

#[test]
fn a_reader_that_is_gone_is_an_error_and_no_panic() {
    use std::os::fd::OwnedFd;
    for arguments in [&["completions", "bash"][..], &["man"], &["config"]] {
        let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
        drop(reader);
        let mut command = super::command(arguments, &[]);
        let outcome = command.stdout(Stdio::from(OwnedFd::from(writer))).stderr(Stdio::piped()).output().unwrap();
        let errors = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(errors.starts_with("tradepost: ") && errors.lines().count() == 1, "{errors}");
    }
}
