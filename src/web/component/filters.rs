//! Filters of a list. They are in the address, so that a list can be kept and passed on.

use maud::{Markup, html};

use crate::web::language::Words;

/// Parameters that say which part of a list is shown, and do not filter it.
const OF_PAGE: [&str; 2] = ["cursor", "limit"];

/// The values that one filter can have.
#[derive(Debug)]
pub struct Choice<'a> {
    /// Heading of the filter.
    pub label: &'a str,
    /// Name of the parameter.
    pub name: &'a str,
    /// Values of the parameter with their words.
    pub values: &'a [(&'a str, &'a str)],
}

/// The address of the list with the parameter `name` set, or without it for `None`. It shows the first page.
#[must_use]
pub fn with(path: &str, pairs: &[(String, String)], name: &str, value: Option<&str>) -> String {
    let kept = pairs.iter().filter(|(known, _)| known != name && known != "cursor");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(kept);
    if let Some(value) = value {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// The filters of a list: links that set them, a line for each choice; a link for each other filter that removes it;
/// and a form with `fields`, if there are any.
#[must_use]
pub fn filters(
    words: &Words,
    path: &str,
    pairs: &[(String, String)],
    choices: &[Choice<'_>],
    fields: &[Field<'_>],
) -> Markup {
    html! {
        (chips(words, path, pairs, choices, fields))
        @if !fields.is_empty() { (form(words, path, pairs, fields)) }
    }
}

fn chips(
    words: &Words,
    path: &str,
    pairs: &[(String, String)],
    choices: &[Choice<'_>],
    fields: &[Field<'_>],
) -> Markup {
    let label = |name| fields.iter().find(|field| field.name() == name).map_or(name, Field::label);
    let is_other = |name: &str| !OF_PAGE.contains(&name) && !choices.iter().any(|choice| choice.name == name);
    let others: Vec<&(String, String)> = pairs.iter().filter(|(name, _)| is_other(name)).collect();
    html! {
        nav.chips aria-label=(words.common.filter) {
            @for choice in choices { (line(words, path, pairs, choice)) }
            @if !others.is_empty() {
                p {
                    @for (name, value) in others {
                        a.chip aria-current="true" title=(words.common.remove)
                            href=(with(path, pairs, name, None)) {
                            (label(name.as_str())) ": " (value) " ×"
                        }
                    }
                }
            }
        }
    }
}

fn line(words: &Words, path: &str, pairs: &[(String, String)], choice: &Choice<'_>) -> Markup {
    let current = pairs.iter().find(|(name, _)| name == choice.name).map(|(_, value)| value.as_str());
    let all = std::iter::once((None, words.common.all));
    let values = all.chain(choice.values.iter().map(|(value, word)| (Some(*value), *word)));
    html! {
        p {
            span.label { (choice.label) }
            @for (value, word) in values {
                a.chip aria-current=[(value == current).then_some("true")]
                    href=(with(path, pairs, choice.name, value)) { (word) }
            }
        }
    }
}

/// A field of a form that sets filters.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    /// Any text: name of the parameter and label.
    Text(&'a str, &'a str),
    /// An amount of money.
    Amount(&'a str, &'a str),
    /// A moment to the minute, in UTC as all times of the page.
    Moment(&'a str, &'a str),
}

impl Field<'_> {
    const fn name(&self) -> &str {
        match self {
            Self::Text(name, _) | Self::Amount(name, _) | Self::Moment(name, _) => name,
        }
    }

    const fn label(&self) -> &str {
        match self {
            Self::Text(_, label) | Self::Amount(_, label) | Self::Moment(_, label) => label,
        }
    }

    fn input(&self, value: Option<&str>) -> Markup {
        match self {
            Self::Text(name, label) => html! { label { (label) input name=(name) value=[value]; } },
            Self::Amount(name, label) => html! {
                label { (label)
                    input name=(name) value=[value] inputmode="decimal" pattern="[0-9]+([.][0-9]{1,2})?" size="10";
                }
            },
            // The browser's field has minutes and no zone.
            Self::Moment(name, label) => html! {
                label { (label) " (UTC)"
                    input type="datetime-local" name=(name) value=[value.and_then(|value| value.get(..16))];
                }
            },
        }
    }
}

/// A form that sets filters by what is entered. The other filters stay.
fn form(words: &Words, path: &str, pairs: &[(String, String)], fields: &[Field<'_>]) -> Markup {
    let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let is_kept = |name: &str| name != "cursor" && !fields.iter().any(|field| field.name() == name);
    html! {
        form.filters action=(path) {
            @for (name, value) in pairs.iter().filter(|(name, _)| is_kept(name)) {
                input type="hidden" name=(name) value=(value);
            }
            @for field in fields { (field.input(value(field.name()))) }
            button { (words.common.filter) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::language::ENGLISH;

    fn pairs() -> Vec<(String, String)> {
        [("pay_status", "paid"), ("consignee", "Ann & Bo"), ("cursor", "1f")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    #[test]
    fn a_filter_is_set_or_removed_and_leads_to_the_first_page() {
        let set = |value| with("/console/orders", &pairs(), "pay_status", value);
        assert_eq!(set(Some("unpaid")), "/console/orders?consignee=Ann+%26+Bo&pay_status=unpaid");
        assert_eq!(set(None), "/console/orders?consignee=Ann+%26+Bo");
        assert_eq!(with("/console/orders", &[], "pay_status", None), "/console/orders");
    }

    #[test]
    fn the_chosen_value_is_marked_and_other_filters_can_be_removed() {
        let choice = Choice { label: "Payment", name: "pay_status", values: &[("paid", "paid"), ("unpaid", "unpaid")] };
        let html = filters(&ENGLISH, "/console/orders", &pairs(), &[choice], &[]).into_string();
        assert_eq!(html.matches("aria-current").count(), 2, "{html}");
        assert!(html.contains("href=\"/console/orders?pay_status=paid\">consignee: Ann &amp; Bo ×"), "{html}");
        assert!(!html.contains("cursor") && !html.contains("<form"), "{html}");
    }

    #[test]
    fn a_filter_that_can_be_removed_has_the_label_of_its_field() {
        let fields = [Field::Text("consignee", "Recipient")];
        let html = filters(&ENGLISH, "/console/orders", &pairs(), &[], &fields).into_string();
        assert!(html.contains(">Recipient: Ann &amp; Bo ×") && html.contains(">pay_status: paid ×"), "{html}");
        assert!(html.contains("name=\"consignee\" value=\"Ann &amp; Bo\""), "{html}");
    }
}
