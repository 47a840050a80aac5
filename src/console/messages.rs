//! `/console/messages`: the messages that are not delivered, grouped by cause, and their replay.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use super::act::Act;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::domain::clock::Timestamp;
use crate::http::admin::message::find_messages;
use crate::http::extract::body::FormBody;
use crate::http::extract::query::{Filters, optional};
use crate::http::problem::Problem;
use crate::http::state::{HandlerResult, State};
use crate::messaging::outbox::{List, Status, UndeliveredMessage};
use crate::web::component::{Choice, Column, Pill, Tone, filters, id_text, notice, table, time, with};
use crate::web::language::Words;

const PATH: &str = "/console/messages";
/// Maximum number of messages of each outbox that the page reads.
const READ_MAX: i64 = 500;
/// Maximum number of messages that are replayed at once.
pub const REPLAY_MAX: usize = 50;

/// Filters of the page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<Status>,
    /// A group, by [`Key::name`].
    #[serde(default, deserialize_with = "optional")]
    cause: Option<String>,
    /// Ids of messages that were replayed, separated by commas.
    #[serde(default, deserialize_with = "optional")]
    replayed: Option<String>,
    /// Set after an act.
    #[serde(default, rename = "done", deserialize_with = "optional")]
    _done: Option<String>,
}

/// The properties that the messages of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    is_dead: bool,
    producer: &'static str,
    group: String,
    /// Topic and tag.
    what: String,
    /// The reason of the last failure; empty if no delivery has failed.
    cause: String,
}

impl Key {
    fn of(message: &UndeliveredMessage) -> Self {
        Self {
            is_dead: message.status == Status::Dead,
            producer: message.producer,
            group: message.group.clone(),
            what: format!("{}/{}", message.topic, message.tag),
            cause: general(message.remark.as_deref().unwrap_or_default()),
        }
    }

    /// A name of the group for addresses.
    fn name(&self) -> String {
        let text = format!("{} {} {} {} {}", self.is_dead, self.producer, self.group, self.what, self.cause);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        hex::encode(digest).chars().take(16).collect()
    }
}

/// A reason without the numbers that differ between messages.
fn general(reason: &str) -> String {
    let mut general = String::with_capacity(reason.len());
    for c in reason.chars() {
        match c {
            c if !c.is_ascii_digit() => general.push(c),
            _ if general.ends_with('…') => {}
            _ => general.push('…'),
        }
    }
    general
}

/// The messages by cause, the oldest message of each group first.
fn grouped(messages: Vec<UndeliveredMessage>) -> BTreeMap<Key, Vec<UndeliveredMessage>> {
    let mut groups: BTreeMap<Key, Vec<UndeliveredMessage>> = BTreeMap::new();
    for message in messages {
        groups.entry(Key::of(&message)).or_default().push(message);
    }
    groups.values_mut().for_each(|group| group.sort_by(|one, other| one.id.cmp(&other.id)));
    groups
}

async fn read(state: &State, status: Option<Status>) -> Result<Vec<UndeliveredMessage>, Problem> {
    find_messages(state, List { status, before: None, limit: READ_MAX }).await
}

/// `GET /console/messages`
///
/// # Errors
/// 422 for a bad filter; 503 if an owner does not reply.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<MessagesQuery>) -> HandlerResult {
    let words = operator.words;
    let messages = read(&operator.state, query.status).await?;
    let results = query.replayed.as_deref().map(|ids| results(words, ids, &messages));
    let groups = grouped(messages);
    let chosen = query.cause.as_deref().and_then(|name| groups.iter().find(|(key, _)| key.name() == name));
    let choice = Choice {
        label: words.common.state,
        name: "status",
        values: &[("pending", words.states.pending), ("dead", words.messages.dead)],
    };
    let kept: Vec<(String, String)> = pairs.iter().filter(|(name, _)| name == "status").cloned().collect();
    let content = html! {
        div.title { h1 { (words.messages.title) } }
        @if let Some(results) = results { (results) }
        section.card {
            (filters(words, PATH, &kept, &[choice], &[]))
            h2 { (words.messages.undelivered) }
            (groups_table(words, &kept, &groups))
            p.soft { (words.messages.shown) }
        }
        @if let Some((key, messages)) = chosen { (group_card(words, key, messages)) }
    };
    operator.page(Section::Messages, words.messages.title, content).await
}

fn groups_table(words: &Words, kept: &[(String, String)], groups: &BTreeMap<Key, Vec<UndeliveredMessage>>) -> Markup {
    let messages = &words.messages;
    let columns = [
        Column::Text(words.common.state),
        Column::Text(messages.from),
        Column::Text(messages.to),
        Column::Text(messages.what),
        Column::Text(messages.cause),
        Column::Number(messages.number),
        Column::Text(messages.oldest),
        Column::Text(""),
    ];
    let row = |(key, group): (&Key, &Vec<UndeliveredMessage>)| {
        let oldest: Option<Timestamp> = group.iter().map(|message| message.create_time).min();
        vec![
            state(words, key.is_dead),
            html! { (key.producer) },
            html! { (key.group) },
            html! { code { (key.what) } },
            cause(words, &key.cause),
            html! { (group.len()) },
            html! { @if let Some(oldest) = oldest { (time(oldest)) } },
            html! { a.button href=(with(PATH, kept, "cause", Some(&key.name()))) { (messages.show) } },
        ]
    };
    table(words, &columns, groups.iter().map(row))
}

fn state(words: &Words, is_dead: bool) -> Markup {
    let pill = if is_dead { Pill(Tone::Bad, words.messages.dead) } else { Pill(Tone::Waiting, words.states.pending) };
    html! { (pill) }
}

fn cause(words: &Words, cause: &str) -> Markup {
    html! { @if cause.is_empty() { span.soft { (words.messages.no_cause) } } @else { (cause) } }
}

fn group_card(words: &Words, key: &Key, group: &[UndeliveredMessage]) -> Markup {
    html! {
        section.card {
            h2 { (key.producer) " → " (key.group) " · " code { (key.what) } }
            (messages_table(words, group))
            form.acts method="post" action="/console/messages/replay" {
                input type="hidden" name="cause" value=(key.name());
                button { (words.messages.replay_all) }
            }
            @if group.len() > REPLAY_MAX { p.soft { (words.messages.too_many) } }
        }
    }
}

fn messages_table(words: &Words, group: &[UndeliveredMessage]) -> Markup {
    let messages = &words.messages;
    let columns = [
        Column::Text(messages.what),
        Column::Text(messages.about),
        Column::Number(messages.attempts),
        Column::Text(messages.cause),
        Column::Text(words.common.at),
        Column::Text(messages.body),
    ];
    let row = |message: &UndeliveredMessage| {
        vec![
            id_text(&message.id),
            id_text(&message.key),
            html! { (message.attempts) },
            cause(words, message.remark.as_deref().unwrap_or_default()),
            time(message.create_time),
            html! { details { summary { (messages.show) } pre { (message.body) } } },
        ]
    };
    table(words, &columns, group.iter().map(row))
}

/// The form that asks for a preview of a replay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayForm {
    cause: String,
}

/// `POST /console/messages/replay`: shows which messages a replay would deliver again, and changes nothing.
///
/// # Errors
/// 503 if an owner does not reply.
pub async fn preview(operator: Operator, FormBody(form): FormBody<ReplayForm>) -> HandlerResult {
    let words = operator.words;
    let groups = grouped(read(&operator.state, None).await?);
    let mut chosen = groups.into_iter().find(|(key, _)| key.name() == form.cause).map(|(_, group)| group);
    let group = chosen.get_or_insert_default();
    group.truncate(REPLAY_MAX);
    let effects = html! {
        p { (words.messages.effect) }
        (messages_table(words, group))
        p.soft { (words.messages.too_many) }
    };
    let ids = group.iter().map(|message| message.id.clone()).collect();
    let question = Question { title: words.messages.replay_all, effects, button: words.messages.replay, back: PATH };
    operator.preview(Section::Messages, question, &Act::Replay { ids }).await
}

/// The present state of each message that was replayed.
fn results(words: &Words, ids: &str, undelivered: &[UndeliveredMessage]) -> Markup {
    let messages = &words.messages;
    let columns = [Column::Text(messages.what), Column::Text(words.common.state), Column::Text(messages.cause)];
    let row = |id: &str| {
        let found = undelivered.iter().find(|message| message.id == id);
        let state = match found.map(|message| message.status) {
            None => Pill(Tone::Good, messages.delivered),
            Some(Status::Pending) => Pill(Tone::Waiting, messages.still_pending),
            Some(Status::Dead) => Pill(Tone::Bad, messages.dead_again),
        };
        let remark = found.and_then(|message| message.remark.as_deref()).unwrap_or_default();
        vec![id_text(id), html! { (state) }, html! { (remark) }]
    };
    let ids = ids.split(',').filter(|id| id.len() == 36).take(REPLAY_MAX);
    html! {
        (notice(Tone::Info, messages.results))
        section.card { (table(words, &columns, ids.map(row))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_that_differ_in_numbers_only_are_one() {
        assert_eq!(general("order 123 has 4 lines"), general("order 98765 has 12 lines"));
        assert_eq!(general("status 409: no"), "status …: no");
        assert_ne!(general("a"), general("b"));
    }
}
