//! Finds the line of a path in the table of limits. It is asked before the request is routed, so it does not use the
//! framework's table of routes, which would have to be searched twice.

use std::collections::HashMap;

use super::table::{Limit, Line};

#[derive(Debug, Default)]
struct Node {
    /// The next segments that are literal.
    literal: HashMap<&'static str, Node>,
    /// The next segment if any is allowed.
    any: Option<Box<Node>>,
    /// The line by method.
    lines: HashMap<&'static str, (Limit, &'static str)>,
    /// The line of all paths that begin here.
    below: Option<(Limit, &'static str)>,
}

/// The lines of the table, by segments of the path.
#[derive(Debug, Default)]
pub struct RouteTree(Node);

impl RouteTree {
    /// The lines of a table. A segment in braces stands for any segment, and `*` at the end for any end, with any method.
    #[must_use]
    pub fn new(lines: &'static [Line]) -> Self {
        let mut root = Node::default();
        for (method, template, limit) in lines {
            let mut node = &mut root;
            for segment in segments(template).filter(|segment| *segment != "*") {
                node = match segment.starts_with('{') {
                    true => node.any.get_or_insert_default(),
                    false => node.literal.entry(segment).or_default(),
                };
            }
            match template.ends_with("/*") {
                true => node.below = Some((*limit, template)),
                false => drop(node.lines.insert(method, (*limit, template))),
            }
        }
        Self(root)
    }

    /// The limit and the template of a request.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<(Limit, &'static str)> {
        let method = if method == "HEAD" { "GET" } else { method };
        let mut node = &self.0;
        let mut below = node.below;
        for segment in segments(path) {
            match node.literal.get(segment).or(node.any.as_deref()) {
                Some(next) => node = next,
                None => return below,
            }
            below = node.below.or(below);
        }
        node.lines.get(method).copied().or(below)
    }
}

fn segments(path: &str) -> std::str::Split<'_, char> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::limit::rate::Rate;

    const LINES: &[Line] = &[
        ("GET", "/a/{id}", Limit::address(Rate::SignIns)),
        ("GET", "/a/me", Limit::user(Rate::Orders)),
        ("POST", "/a/{id}/pay", Limit::user(Rate::Payments)),
        ("*", "/console/*", Limit::user(Rate::UserRequests)),
        ("POST", "/console/sign-in", Limit::address(Rate::Registrations)),
    ];

    #[test]
    fn the_line_of_a_path_is_found_as_the_route_would_be() {
        let tree = RouteTree::new(LINES);
        for (method, path, template) in [
            ("GET", "/a/17", Some("/a/{id}")),
            ("HEAD", "/a/17", Some("/a/{id}")),
            ("GET", "/a/me", Some("/a/me")),
            ("POST", "/a/17/pay", Some("/a/{id}/pay")),
            ("POST", "/a/17", None),
            ("GET", "/a", None),
            ("GET", "/a/17/pay/x", None),
            ("GET", "/%61/17", None),
            ("GET", "/", None),
            ("GET", "", None),
            ("GET", "/console", Some("/console/*")),
            ("POST", "/console/orders/1/ship", Some("/console/*")),
            ("POST", "/console/sign-in", Some("/console/sign-in")),
            ("GET", "/console/sign-in", Some("/console/*")),
            ("GET", "/consoles", None),
        ] {
            assert_eq!(tree.find(method, path).map(|(_, template)| template), template, "{method} {path}");
        }
    }
}
