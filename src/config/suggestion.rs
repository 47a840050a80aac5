//! The settings that a misspelt key is most like.

/// The similarity from which a key counts as meant, from 0 to 1.
const SIMILAR: f64 = 0.75;
/// The similarity of keys of the same name in different sections.
const SAME_NAME: f64 = 0.9;
/// The maximum number of keys to suggest.
const MAX: usize = 3;

/// The keys that are most like `wanted`, which is not one of them; the most similar first. Separators are ignored:
/// `http_listen` is `http.listen`.
pub fn nearest<'a>(wanted: &str, keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let scored = keys.map(|key| (similarity(wanted, key), key)).filter(|(score, _)| *score >= SIMILAR);
    let mut scored: Vec<(f64, &str)> = scored.collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let best = scored.first().map_or(0.0, |(score, _)| *score);
    // Only keys that are as similar as the best one leave a choice.
    scored.into_iter().take_while(|(score, _)| *score >= best).take(MAX).map(|(_, key)| key).collect()
}

fn similarity(wanted: &str, key: &str) -> f64 {
    let name = |key: &str| key.rsplit('.').next().map(bare);
    let of_names = if name(wanted) == name(key) { SAME_NAME } else { 0.0 };
    strsim::normalized_damerau_levenshtein(&bare(wanted), &bare(key)).max(of_names)
}

/// The letters of a key, without case and separators.
fn bare(key: &str) -> String {
    key.chars().filter(|c| !"._-".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// The end of an error message: `; did you mean a or b?`, or nothing.
pub fn sentence(like: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = like.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { String::new() } else { format!("; did you mean {}?", names.join(" or ")) }
}

/// The variable among `names` that sets the same as `name`, apart from separators and case.
pub fn same_letters<'a>(name: &str, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names.find(|other| bare(other) == bare(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 7] = [
        "admin.listen",
        "http",
        "http.connections_max",
        "http.listen",
        "orders.pay_within",
        "orders.shipping_fee",
        "relay.retention",
    ];

    #[test]
    fn a_misspelt_key_is_like_the_one_that_was_meant() {
        for (wanted, keys) in [
            ("http.listn", &["http.listen"][..]),
            ("http_listen", &["http.listen"]),
            ("htpp", &["http"]),
            ("http.conections", &["http.connections_max"]),
            ("order.pay-within", &["orders.pay_within"]),
            ("listen", &["admin.listen", "http.listen"]),
            ("server.shipping_fee", &["orders.shipping_fee"]),
            ("colour", &[]),
            ("http.surprise", &[]),
        ] {
            assert_eq!(nearest(wanted, KEYS.into_iter()), keys, "{wanted}");
        }
    }

    #[test]
    fn the_suggestions_are_the_end_of_a_sentence() {
        assert_eq!(sentence(&["a.b", "c.d"]), "; did you mean a.b or c.d?");
        assert_eq!(sentence(&[""; 0]), "");
    }
}
