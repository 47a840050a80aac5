//! `deploy/Containerfile` and `deploy/compose.yaml`: the files, settings and ports that they name exist and fit.

use std::collections::BTreeSet;
use std::process::Command;

use tempfile::tempdir;
use tradepost::app::exposure;
use tradepost::config;

use super::{path, text};

/// The instructions of the Containerfile, each on one line.
fn instructions() -> Vec<String> {
    let text = text("deploy/Containerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn all<'a>(instructions: &'a [String], name: &str) -> Vec<&'a str> {
    instructions.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect()
}

/// The value of a key of a YAML file that is on the line of the key.
fn values<'a>(yaml: &'a str, key: &str) -> Vec<&'a str> {
    let prefix = format!("{key}: ");
    yaml.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix(&prefix)).collect()
}

/// The variables of the image.
fn image_variables() -> Vec<(String, String)> {
    let instructions = instructions();
    let variables = all(&instructions, "ENV")[0].split(' ').map(|variable| variable.split_once('=').unwrap());
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_image_copies_all_that_cargo_reads() {
    let instructions = instructions();
    let copied: Vec<&str> = all(&instructions, "COPY").into_iter().filter(|copy| !copy.starts_with("--from")).collect();
    let folder = tempdir().unwrap();
    for copy in copied {
        let words: Vec<&str> = copy.split(' ').collect();
        let (to, from) = words.split_last().unwrap();
        for name in from {
            assert!(path(name).exists(), "{name}");
            let to = if *to == "./" { folder.path().join(name) } else { folder.path().join(to) };
            let linked = std::os::unix::fs::symlink(path(name), &to);
            linked.unwrap_or_else(|error| panic!("{}: {error}", to.display()));
        }
    }
    // Cargo fails if the file of a target is missing. The files that the sources include are in the copied folders.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let read = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version=1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn no_source_includes_a_file_from_outside_the_image() {
    let instructions = instructions();
    let copied: Vec<&str> = all(&instructions, "COPY").iter().filter_map(|copy| copy.split(' ').next()).collect();
    for entry in walk("src") {
        if entry.components().any(|part| part.as_os_str() == "tests") {
            // Compiled by tests alone.
            continue;
        }
        let source = std::fs::read_to_string(&entry).unwrap();
        for macro_name in ["include_str!(\"", "include_bytes!(\"", "embed_migrations!(\""] {
            for part in source.split(macro_name).skip(1) {
                let included = part.split('"').next().unwrap();
                let from = if macro_name.starts_with("embed") { path("") } else { entry.parent().unwrap().to_owned() };
                let file = from.join(included).canonicalize().unwrap();
                let name = file.strip_prefix(path("").canonicalize().unwrap()).unwrap().to_owned();
                let is_copied = copied.iter().any(|folder| name.starts_with(folder));
                assert!(is_copied, "{} includes {}", entry.display(), name.display());
            }
        }
    }
}

fn walk(folder: &str) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path(folder)).unwrap().map(Result::unwrap) {
        let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            files.extend(walk(&name));
        } else if name.ends_with(".rs") {
            files.push(entry.path());
        }
    }
    files
}

#[test]
fn the_image_runs_as_a_user_without_rights_and_checks_its_health() {
    let instructions = instructions();
    assert_eq!(all(&instructions, "FROM").len(), 2, "the compiler is not in the image");
    assert_eq!(all(&instructions, "USER"), ["10001:10001"]);
    assert!(all(&instructions, "HEALTHCHECK")[0].ends_with("CMD [\"tradepost\", \"health\"]"));
    let rust = text("Cargo.toml");
    let version = rust.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(
        all(&instructions, "FROM")[0].contains(&format!("rust:{version}-")),
        "the compiler is not that of Cargo.toml"
    );
    let settings = config::read("", image_variables()).unwrap();
    assert_eq!(all(&instructions, "EXPOSE"), [settings.http.listen.port().to_string()]);
    assert!(settings.http.listen.ip().is_unspecified(), "a container is reached from outside");
}

#[test]
fn the_composition_names_settings_files_and_ports_that_exist() {
    let compose = text("deploy/compose.yaml");
    let example = text("deploy/environment.example");
    // Settings, with a value for each variable of the environment.
    let mut variables = Vec::new();
    for line in compose.lines().map(str::trim).filter(|line| line.starts_with("TRADEPOST__")) {
        let (name, value) = line.split_once(": ").unwrap();
        let value = value.replace("${POSTGRES_PASSWORD:?}", "pw").replace("${PUBLIC_URL:-http://127.0.0.1:8080}", "");
        let value =
            value.replace("${SESSION_SECRET:?}", &"s".repeat(64)).replace("${METRICS_TOKEN:?}", &"t".repeat(64));
        assert!(!value.contains("${"), "{line}");
        variables.push((name.to_owned(), value.trim_matches('"').to_owned()));
    }
    variables.extend(image_variables());
    let settings = config::read("", variables).unwrap();
    exposure::expect_allowed(&settings).unwrap();
    assert_eq!(settings.store.url, "postgres://tradepost:pw@postgres/tradepost");
    // Variables of the composition, in the example.
    let used: BTreeSet<&str> = compose.split("${").skip(1).map(|part| part.split([':', '}']).next().unwrap()).collect();
    let given = example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    assert_eq!(used, given.map(|(name, _)| name).collect::<BTreeSet<_>>());
    // Files that are mounted, and the build.
    let mounted: Vec<&str> = compose.lines().filter_map(|line| line.trim().strip_prefix("- ./")).collect();
    assert!(mounted.len() >= 4, "{mounted:?}");
    for mount in mounted {
        let file = mount.split(':').next().unwrap();
        assert!(path("deploy").join(file).exists(), "deploy/{file}");
    }
    assert!(path("deploy").join(values(&compose, "context")[0]).join(values(&compose, "dockerfile")[0]).exists());
    // Volumes and services that others name.
    let services: Vec<&str> = compose.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).collect();
    for name in ["tradepost", "postgres", "prometheus", "grafana"] {
        assert!(services.contains(&name) && compose.contains(&format!("      - {name}:/")), "{name}");
    }
    // Only this machine reaches the ports.
    let ports: Vec<&str> = compose.lines().filter_map(|line| line.trim().strip_prefix("- 127.0.0.1:")).collect();
    assert_eq!(ports, ["8080:8080", "9090:9090", "3000:3000"]);
}

#[test]
fn prometheus_and_grafana_find_each_other_and_the_server() {
    let (compose, prometheus) = (text("deploy/compose.yaml"), text("deploy/prometheus/prometheus.yml"));
    assert!(prometheus.contains("targets: [tradepost:8080]") && compose.contains("\n  tradepost:\n"));
    let token = values(&prometheus, "credentials_file")[0];
    assert!(compose.contains(&format!("> {token} ")), "the token is not where Prometheus reads it");
    assert!(compose.contains("/etc/prometheus/rules.yml:ro") && prometheus.contains("\n  - rules.yml\n"));
    let source = text("deploy/grafana/provisioning/datasources/prometheus.yaml");
    assert_eq!(values(&source, "url"), ["http://prometheus:9090"]);
    let provider = text("deploy/grafana/provisioning/dashboards/tradepost.yaml");
    assert!(compose.contains(&format!("{}/tradepost.json:ro", values(&provider, "path")[0])));
}
