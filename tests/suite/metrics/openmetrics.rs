//! A strict reader of OpenMetrics text: what it does not know, it refuses.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::TestApp;

/// The labels of a sample.
pub type Labels = BTreeMap<String, String>;

/// A metric family.
#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub help: String,
    /// Name, labels and value of each sample.
    pub samples: Vec<(String, Labels, f64)>,
}

/// The families of one answer, by name.
#[derive(Debug, Default)]
pub struct Scrape(pub BTreeMap<String, Family>);

impl Scrape {
    /// Reads a whole answer.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix("# EOF\n").ok_or("the text does not end with # EOF")?;
        let mut scrape = Self::default();
        let mut current = String::new();
        for line in body.split_terminator('\n') {
            scrape.read_line(line, &mut current).map_err(|why| format!("{why}: {line:?}"))?;
        }
        for (name, family) in &scrape.0 {
            family.check(name).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(scrape)
    }

    fn read_line(&mut self, line: &str, current: &mut String) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or("a family without help")?;
            expect_name(name)?;
            let family = Family { help: help.to_owned(), ..Family::default() };
            if self.0.insert(name.to_owned(), family).is_some() {
                return Err("a family appears twice".to_owned());
            }
            name.clone_into(current);
            return Ok(());
        }
        let family = self.0.get_mut(current.as_str()).ok_or("a line before the first family")?;
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or("a type without a kind")?;
            let is_known = ["counter", "gauge", "histogram", "info"].contains(&kind);
            if name != current || !is_known || !family.kind.is_empty() || !family.samples.is_empty() {
                return Err("a type out of place".to_owned());
            }
            kind.clone_into(&mut family.kind);
            return Ok(());
        }
        let (name, labels, value) = sample(line)?;
        let suffix = name.strip_prefix(current.as_str()).ok_or("a sample of another family")?;
        let suffixes: &[&str] = match family.kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => return Err("a sample before its type".to_owned()),
        };
        if !suffixes.contains(&suffix) {
            return Err("a suffix that does not fit the type".to_owned());
        }
        family.samples.push((name, labels, value));
        Ok(())
    }

    /// The samples with this name and at least these labels.
    pub fn find<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&'a str, &'a str)],
    ) -> impl Iterator<Item = (&'a Labels, f64)> {
        let samples = self.0.values().flat_map(|family| &family.samples).filter(move |(of, ..)| of == name);
        let fits = move |of: &Labels| labels.iter().all(|(label, value)| of.get(*label).is_some_and(|of| of == value));
        samples.filter(move |(_, of, _)| fits(of)).map(|(_, of, value)| (of, *value))
    }

    /// The sum of the samples with this name and at least these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).map(|(_, value)| value).sum()
    }

    /// The names of all samples.
    pub fn names(&self) -> BTreeSet<String> {
        self.0.values().flat_map(|family| &family.samples).map(|(name, ..)| name.clone()).collect()
    }
}

impl Family {
    fn check(&self, name: &str) -> Result<(), String> {
        if self.kind.is_empty() || self.help.is_empty() || !self.help.ends_with('.') {
            return Err("no type, or no sentence that explains it".to_owned());
        }
        let mut seen = BTreeSet::new();
        for (of, labels, value) in &self.samples {
            if !seen.insert((of, labels)) {
                return Err(format!("{labels:?} appears twice"));
            }
            let only_grows = self.kind != "gauge";
            if value.is_nan() || (only_grows && *value < 0.0) || (self.kind == "info" && *value != 1.0) {
                return Err(format!("{labels:?} has the value {value}"));
            }
        }
        if self.kind == "histogram" { self.check_buckets(name) } else { Ok(()) }
    }

    /// The buckets of each histogram grow up to its count.
    fn check_buckets(&self, name: &str) -> Result<(), String> {
        let mut histograms: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
        for (of, labels, value) in &self.samples {
            let mut labels = labels.clone();
            let bound = labels.remove("le");
            if of.ends_with("_bucket") {
                let bound =
                    bound.and_then(|bound| bound.replace("+Inf", "inf").parse().ok()).ok_or("a bucket without le")?;
                histograms.entry(labels).or_default().push((bound, *value));
            } else if bound.is_some() {
                return Err("le outside of a bucket".to_owned());
            }
        }
        for (labels, buckets) in histograms {
            let grows = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
            let count = self.samples.iter().find(|(of, own, _)| *of == format!("{name}_count") && *own == labels);
            let last = buckets.last().ok_or("no bucket")?;
            if !grows || last.0 != f64::INFINITY || count.map(|(.., count)| *count) != Some(last.1) {
                return Err(format!("the buckets of {labels:?} are wrong: {buckets:?}"));
            }
        }
        Ok(())
    }
}

fn expect_name(name: &str) -> Result<(), String> {
    let is_good = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if is_good { Ok(()) } else { Err(format!("{name:?} is no name")) }
}

fn sample(line: &str) -> Result<(String, Labels, f64), String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    expect_name(name)?;
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Labels::new(), rest),
    };
    let value = value.strip_prefix(' ').ok_or("no space before the value")?;
    Ok((name.to_owned(), labels, value.parse().map_err(|_| "the value is no number")?))
}

/// Reads `name="value",…}` and returns what follows.
fn labels(mut rest: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        expect_name(name)?;
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => match chars.next() {
                    Some((_, c @ ('\\' | '"'))) => value.push(c),
                    Some((_, 'n')) => value.push('\n'),
                    _ => return Err("an unknown escape".to_owned()),
                },
                Some((at, '"')) => break at + 1,
                Some((_, c)) => value.push(c),
                None => return Err("a label without an end".to_owned()),
            }
        };
        if labels.insert(name.to_owned(), value).is_some() {
            return Err("a label appears twice".to_owned());
        }
        rest = &after[end..];
        match (rest.strip_prefix(','), rest.strip_prefix('}')) {
            (Some(more), _) => rest = more,
            (_, Some(after)) => return Ok((labels, after)),
            _ => return Err("a label without a comma".to_owned()),
        }
    }
}

impl TestApp {
    /// The figures as Prometheus reads them.
    pub async fn scrape(&self) -> Scrape {
        let answer = self.get("/metrics", "").await.expect(200);
        Scrape::parse(&answer.text).unwrap_or_else(|why| panic!("{why}\n{}", answer.text))
    }
}

#[test]
fn what_is_no_openmetrics_is_refused() {
    let good = "# HELP a A.\n# TYPE a counter\na_total{x=\"1\\\"\"} 2\n# EOF\n";
    let scrape = Scrape::parse(good).unwrap();
    assert_eq!(scrape.find("a_total", &[("x", "1\"")]).map(|(_, value)| value).collect::<Vec<_>>(), [2.0]);
    for (from, to) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF\nb 1\n"),
        ("a_total", "a"),
        ("a_total", "b_total"),
        ("counter", "meter"),
        (" 2", " two"),
        (" 2", " -2"),
        (" 2", " NaN"),
        ("A.", ""),
        ("# TYPE a counter\n", ""),
        ("x=\"1\\\"\"", "x=\"1\",x=\"2\""),
        ("x=\"1\\\"\"", "x=\"1"),
        ("a_total{x=\"1\\\"\"} 2\n", "a_total 2\na_total 3\n"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(Scrape::parse(&bad).is_err(), "{bad}");
    }
}
