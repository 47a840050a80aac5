//! Delivery of notices to the shop over HTTP, repeated on the platform's schedule by the test's clock.

use futures_util::future::join_all;
use tradepost::domain::clock::Timestamp;

use super::engine::Engine;
use super::fault::PerceivedReply;
use super::front::Front;
use super::journal::{Delivery, Post};

/// The shop's public URL, which the stand-ins replace by its real one.
pub const PUBLIC_URL: &str = "https://shop.example.com";

const REPLY_BYTES_MAX: usize = 64 * 1024;

impl<F: Front> Engine<F> {
    /// Sends all notices that are due, in the order of their times, with the repetitions that become due meanwhile.
    /// `out_trade_no` restricts this to the notices of one trade.
    pub async fn deliver_due(&self, out_trade_no: Option<&str>) {
        while let Some((index, due)) = self.take_due(out_trade_no) {
            self.deliver(index, due).await;
        }
    }

    /// Takes the first notice that is due. Its due time is cleared, so that no concurrent call sends it as well.
    fn take_due(&self, only: Option<&str>) -> Option<(usize, Timestamp)> {
        self.with_state(|state, now| {
            let matches = |out_trade_no: &str| only.is_none_or(|only| only == out_trade_no);
            let due = state.notices.iter().enumerate().filter(|(_, notice)| matches(&notice.out_trade_no));
            let due = due.filter_map(|(index, notice)| Some((notice.due?, index))).filter(|(due, _)| *due <= now);
            let (due, index) = due.min()?;
            state.notices[index].due = None;
            Some((index, due))
        })
    }

    async fn deliver(&self, index: usize, due: Timestamp) {
        let (posts, is_at_once) = self.with_state(|state, now| {
            let notice = &mut state.notices[index];
            let earlier = notice.sent;
            notice.sent += 1;
            let wrong = notice.sending.wrong.filter(|(_, times)| earlier < *times).map(|(wrong, _)| wrong);
            let copies = if earlier == 0 { notice.sending.copies } else { 1 };
            let posts: Vec<Post> = (0..copies).map(|_| self.front.post(notice, wrong, now)).collect();
            (posts, notice.sending.is_at_once)
        });
        let mut sent = Vec::new();
        if is_at_once {
            sent = join_all(posts.into_iter().map(|post| self.send(index, post))).await;
        } else {
            for post in posts {
                sent.push(self.send(index, post).await);
            }
        }
        if sent.iter().any(|delivery| delivery.is_accepted) {
            return;
        }
        self.with_state(|state, _| {
            let notice = &mut state.notices[index];
            let trade = state.trades.iter().find(|trade| trade.out_trade_no == notice.out_trade_no).unwrap();
            notice.due = self.front.gaps(trade).get(notice.sent - 1).map(|gap| due.plus(*gap));
        });
    }

    /// Sends this notice again now, with this fault, whether or not it was accepted.
    pub async fn send_again(&self, index: usize, wrong: Option<F::Wrong>) -> Delivery {
        let post = self.with_state(|state, now| self.front.post(&state.notices[index], wrong, now));
        self.send(index, post).await
    }

    /// Sends a request for this notice, and records the delivery.
    pub async fn send(&self, index: usize, post: Post) -> Delivery {
        let (status, reply) = self.post(&post).await.unwrap_or_default();
        self.with_state(|state, now| {
            let notice = &mut state.notices[index];
            let (mut perceived_status, mut perceived_reply) = (status, reply.clone());
            // The perceived reply applies to all copies of the first delivery.
            if let Some((perceived, _)) = notice.sending.perceived.filter(|(_, times)| notice.sent <= *times) {
                (perceived_status, perceived_reply) = match perceived {
                    PerceivedReply::Missing => (0, String::new()),
                    PerceivedReply::Received(status, reply) => (status, reply.to_owned()),
                };
            }
            let delivery = Delivery {
                at: now,
                event_id: notice.event_id.clone(),
                out_trade_no: notice.out_trade_no.clone(),
                kind: notice.kind.clone(),
                post,
                status,
                reply,
                is_accepted: self.front.is_accepted(perceived_status, &perceived_reply),
            };
            state.deliveries.push(delivery.clone());
            delivery
        })
    }

    /// The shop's reply; `None` unless it is complete and in time.
    async fn post(&self, post: &Post) -> Option<(u16, String)> {
        let shop = self.shop();
        let url = match post.url.strip_prefix(PUBLIC_URL) {
            Some(path) if !shop.is_empty() => format!("{shop}{path}"),
            // The address of the shop is unknown.
            _ => return None,
        };
        let client = awc::Client::builder().timeout(F::REPLY_TIMEOUT).disable_redirects().finish();
        let mut request = client.post(url);
        for (name, value) in &post.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        let mut response = request.send_body(post.body.clone()).await.ok()?.timeout(F::REPLY_TIMEOUT);
        let reply = response.body().limit(REPLY_BYTES_MAX).await.ok()?;
        Some((response.status().as_u16(), String::from_utf8_lossy(&reply).into_owned()))
    }
}
