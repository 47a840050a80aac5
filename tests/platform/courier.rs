//! Carries notifications to the shop over HTTP, again and again as the platform does, by a clock the test moves.

use futures_util::future::join_all;
use tradepost::domain::clock::Timestamp;

use super::engine::Engine;
use super::fault::Heard;
use super::front::Front;
use super::journal::{Delivery, Post};

/// The name the shop gives itself; the stand-ins know where it really is.
pub const PUBLIC_URL: &str = "https://shop.example.com";

const REPLY_BYTES_MAX: usize = 64 * 1024;

impl<F: Front> Engine<F> {
    /// Sends what is due by now, in the order it is due; what is then due again is sent again. Only what tells of one
    /// trade, where one is named.
    pub async fn deliver_due(&self, of: Option<&str>) {
        while let Some((at, due)) = self.take_due(of) {
            self.deliver(at, due).await;
        }
    }

    /// The first letter that is due; until it is delivered, nobody else sends it.
    fn take_due(&self, of: Option<&str>) -> Option<(usize, Timestamp)> {
        self.at(|state, now| {
            let meant = |out_trade_no: &str| of.is_none_or(|of| of == out_trade_no);
            let due = state.letters.iter().enumerate().filter(|(_, letter)| meant(&letter.out_trade_no));
            let due = due.filter_map(|(at, letter)| Some((letter.due?, at))).filter(|(due, _)| *due <= now);
            let (due, at) = due.min()?;
            state.letters[at].due = None;
            Some((at, due))
        })
    }

    async fn deliver(&self, at: usize, due: Timestamp) {
        let (posts, is_at_once) = self.at(|state, now| {
            let letter = &mut state.letters[at];
            let first = letter.sent;
            letter.sent += 1;
            let wrong = letter.sending.wrong.filter(|(_, times)| first < *times).map(|(wrong, _)| wrong);
            let copies = if first == 0 { letter.sending.copies } else { 1 };
            let posts: Vec<Post> = (0..copies).map(|_| self.front.post(letter, wrong, now)).collect();
            (posts, letter.sending.is_at_once)
        });
        let mut taken = Vec::new();
        if is_at_once {
            taken = join_all(posts.into_iter().map(|post| self.send(at, post))).await;
        } else {
            for post in posts {
                taken.push(self.send(at, post).await);
            }
        }
        if taken.iter().any(|delivery| delivery.is_taken) {
            return;
        }
        self.at(|state, _| {
            let letter = &mut state.letters[at];
            let trade = state.trades.iter().find(|trade| trade.out_trade_no == letter.out_trade_no).unwrap();
            letter.due = self.front.gaps(trade).get(letter.sent - 1).map(|gap| due.plus(*gap));
        });
    }

    /// Sends this letter once more, now, with this wrong with it, whatever became of it.
    pub async fn send_again(&self, at: usize, wrong: Option<F::Wrong>) -> Delivery {
        let post = self.at(|state, now| self.front.post(&state.letters[at], wrong, now));
        self.send(at, post).await
    }

    /// Sends exactly this, and writes down what became of it.
    pub async fn send(&self, at: usize, post: Post) -> Delivery {
        let (status, reply) = self.post(&post).await.unwrap_or_default();
        self.at(|state, now| {
            let letter = &mut state.letters[at];
            let (mut heard_status, mut heard_reply) = (status, reply.clone());
            // Copies of the first delivery are misheard together.
            if let Some((heard, _)) = letter.sending.heard.filter(|(_, times)| letter.sent <= *times) {
                (heard_status, heard_reply) = match heard {
                    Heard::Nothing => (0, String::new()),
                    Heard::Said(status, reply) => (status, reply.to_owned()),
                };
            }
            let delivery = Delivery {
                at: now,
                event_id: letter.event_id.clone(),
                out_trade_no: letter.out_trade_no.clone(),
                kind: letter.kind.clone(),
                post,
                status,
                reply,
                is_taken: self.front.is_taken(heard_status, &heard_reply),
            };
            state.deliveries.push(delivery.clone());
            delivery
        })
    }

    /// The shop's answer; none where it does not answer whole and in time.
    async fn post(&self, post: &Post) -> Option<(u16, String)> {
        let shop = self.shop();
        let url = match post.url.strip_prefix(PUBLIC_URL) {
            Some(path) if !shop.is_empty() => format!("{shop}{path}"),
            // Nobody is there.
            _ => return None,
        };
        let client = awc::Client::builder().timeout(F::PATIENCE).disable_redirects().finish();
        let mut request = client.post(url);
        for (name, value) in &post.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        let mut response = request.send_body(post.body.clone()).await.ok()?.timeout(F::PATIENCE);
        let reply = response.body().limit(REPLY_BYTES_MAX).await.ok()?;
        Some((response.status().as_u16(), String::from_utf8_lossy(&reply).into_owned()))
    }
}
