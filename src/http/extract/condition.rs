//! The conditional headers `If-Match` and `If-None-Match` (RFC 9110, section 13).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpRequest};

use crate::http::problem::Problem;

/// An entity tag of a request, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    text: String,
    is_weak: bool,
}

/// The value of a conditional header.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// The value `*`: whatever the tag is.
    Any,
    /// One of these tags.
    These(Vec<Tag>),
}

/// The states to which a change may be made: `If-Match`.
#[derive(Debug)]
pub struct IfMatch(Option<Tags>);

/// The states that the client has: `If-None-Match`.
#[derive(Debug)]
pub struct IfNoneMatch(Option<Tags>);

impl IfMatch {
    /// The tags of which one must be the present one; `None` if any is. Weak tags match nothing, as the RFC demands.
    #[must_use]
    pub fn strong_tags(&self) -> Option<Vec<&str>> {
        match &self.0 {
            None | Some(Tags::Any) => None,
            Some(Tags::These(tags)) => {
                Some(tags.iter().filter(|tag| !tag.is_weak).map(|tag| tag.text.as_str()).collect())
            }
        }
    }
}

impl IfNoneMatch {
    /// Whether the client has the state with this `tag`, so that it need not be sent.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        match &self.0 {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::These(tags)) => tags.iter().any(|known| known.text == tag),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req, &header::IF_MATCH, "If-Match").map(Self))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req, &header::IF_NONE_MATCH, "If-None-Match").map(Self))
    }
}

/// Reads a header, which may be sent in several lines.
fn read(req: &HttpRequest, header: &HeaderName, name: &str) -> Result<Option<Tags>, Problem> {
    let lines: Option<Vec<&str>> = req.headers().get_all(header).map(|line| line.to_str().ok()).collect();
    match lines {
        Some(lines) if lines.is_empty() => Ok(None),
        lines => lines
            .and_then(|lines| parse(&lines.join(",")))
            .map(Some)
            .ok_or_else(|| Problem::field(name, "must be the ETag of an earlier answer, with its quotes, or *")),
    }
}

/// Parses a list of entity tags, or `*`. Returns `None` if it is neither.
fn parse(text: &str) -> Option<Tags> {
    let mut rest = text.trim();
    if rest == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    while !rest.is_empty() {
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (text, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        tags.push(Tag { text: text.to_owned(), is_weak });
        let after = after.trim_start();
        // Something other than a comma after a tag is no list.
        if !after.is_empty() && !after.starts_with(',') {
            return None;
        }
        rest = after.trim_start_matches([',', ' ', '\t']);
    }
    if tags.is_empty() { None } else { Some(Tags::These(tags)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(list: &[(&str, bool)]) -> Option<Tags> {
        let tags = list.iter().map(|(text, is_weak)| Tag { text: (*text).to_owned(), is_weak: *is_weak });
        Some(Tags::These(tags.collect()))
    }

    #[test]
    fn a_conditional_header_is_a_list_of_tags_or_an_asterisk() {
        for (text, expected) in [
            ("*", Some(Tags::Any)),
            (" \"1.5\" ", tags(&[("1.5", false)])),
            ("W/\"1.5\"", tags(&[("1.5", true)])),
            ("\"a\", W/\"b\" ,\"c,d\"", tags(&[("a", false), ("b", true), ("c,d", false)])),
            ("\"\"", tags(&[("", false)])),
            ("", None),
            ("1.5", None),
            ("\"1.5", None),
            ("\"a\" \"b\"", None),
            ("\"a b\"", None),
            ("*, \"a\"", None),
            ("w/\"a\"", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_weak_tag_matches_a_read_but_no_change() {
        let header = || tags(&[("a", true), ("b", false)]);
        assert!(IfNoneMatch(header()).has("a") && IfNoneMatch(header()).has("b") && !IfNoneMatch(header()).has("c"));
        assert_eq!(IfMatch(header()).strong_tags(), Some(vec!["b"]));
        assert_eq!((IfMatch(None).strong_tags(), IfMatch(Some(Tags::Any)).strong_tags()), (None, None));
        assert!(IfNoneMatch(Some(Tags::Any)).has("a") && !IfNoneMatch(None).has("a"));
    }
}
