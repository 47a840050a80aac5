//! axe-core, which finds faults in the accessibility of a page.

use std::path::PathBuf;

use super::page::Page;

/// The script, as `.ci/axe` downloads it.
const SCRIPT: &str = "target/axe-core/package/axe.min.js";

/// Serious and critical findings, each in one line with its first places.
const RUN: &str = "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .map(found => `${found.impact}: ${found.help}: ${found.nodes.slice(0, 5).map(n => n.html).join(' | ')}`))";

impl Page {
    /// Checks that axe-core finds no serious or critical fault. The protocol injects the script, so the page's content
    /// security policy stays as it is.
    pub async fn assert_accessible(&mut self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(SCRIPT);
        let script = std::fs::read_to_string(path).expect("run .ci/axe first: it downloads axe-core");
        // The script has no value that can be returned.
        self.value(&format!("{script}\n;true")).await;
        let found = self.value(RUN).await;
        let path = self.path().await;
        assert_eq!(found.as_array().map(Vec::len), Some(0), "axe-core on {path}: {found:#}");
    }
}
