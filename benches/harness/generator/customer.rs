//! Who orders: one connection, one order after the other.

use std::rc::Rc;

use serde_json::Value;

use super::Kind;
use super::request::Writer;
use super::socket::Socket;
use super::tally::Answer;
use super::world::World;

/// A connection and what is sent on it.
pub struct Customer {
    world: Rc<World>,
    socket: Socket,
    writer: Writer,
}

impl Customer {
    fn new(world: &Rc<World>) -> Self {
        let address = &world.plan.address;
        Self { world: Rc::clone(world), socket: Socket::new(address), writer: Writer::new(address) }
    }

    /// So many, connected one after the other: it is orders that are measured, not what a server makes of a crowd that
    /// knocks at once.
    pub async fn connect(world: &Rc<World>, count: usize) -> Vec<Self> {
        let mut customers: Vec<Self> = (0..count).map(|_| Self::new(world)).collect();
        for customer in &mut customers {
            customer.socket.open().await.unwrap();
        }
        customers
    }

    /// Does all that is done for the order with this number.
    pub async fn order(&mut self, number: u64) -> Answer {
        let world = Rc::clone(&self.world);
        let (wish, key) = (world.wish(number), world.key(number));
        let token = world.token(&wish);
        self.writer.order(token, &key, &wish);
        let order_id = match self.send(201, "order_id").await {
            Ok(order_id) => order_id,
            Err(answer) => return answer,
        };
        if world.plan.kind != Kind::Paid {
            return Answer::Good;
        }
        self.writer.payment(token, &key, &order_id);
        let pay_id = match self.send(201, "pay_id").await {
            Ok(pay_id) => pay_id,
            // The order is made: its number is not to be used again.
            Err(Answer::Busy) => return Answer::Other("503 for its payment".to_owned()),
            Err(answer) => return answer,
        };
        self.writer.pay(&pay_id);
        match self.send(200, "out_trade_no").await {
            Ok(_) => Answer::Good,
            Err(Answer::Busy) => Answer::Other("503 where it is paid".to_owned()),
            Err(answer) => answer,
        }
    }

    /// Sends what is written; answers the id in a good answer.
    async fn send(&mut self, good: u16, id: &str) -> Result<String, Answer> {
        match self.socket.ask(&self.writer.request).await {
            Ok((status, body)) if status == good => Ok(text(body, id).to_owned()),
            Ok(answer) => Err(judged(answer)),
            Err(told) => Err(Answer::Other(told)),
        }
    }
}

/// What an answer means that is not the good one.
pub fn judged((status, body): (u16, &[u8])) -> Answer {
    if status == 503 {
        return Answer::Busy;
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    Answer::Other(format!("{status} {}", body["code"].as_str().unwrap_or_default()))
}

/// The text of a field of a JSON object, found without reading all of it.
fn text<'a>(body: &'a [u8], field: &str) -> &'a str {
    let body = std::str::from_utf8(body).unwrap();
    let quoted = format!("\"{field}\":\"");
    let (_, value) = body.split_once(&quoted).unwrap_or_else(|| panic!("no {field} in {body}"));
    value.split('"').next().unwrap()
}
