//! A customer: one connection that sends one order after the other.

use std::rc::Rc;

use serde_json::Value;

use super::plan::Kind;
use super::request::Writer;
use super::socket::Socket;
use super::tally::Answer;
use super::world::World;

/// A connection, with the buffer of its requests.
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

    /// Opens `count` connections, one after the other: a burst of new connections is not part of the measurement.
    pub async fn connect(world: &Rc<World>, count: usize) -> Vec<Self> {
        let mut customers: Vec<Self> = (0..count).map(|_| Self::new(world)).collect();
        for customer in &mut customers {
            customer.socket.open().await.unwrap();
        }
        customers
    }

    /// Sends the requests of the order `number`: the order itself and, for [`Kind::Paid`], its payment.
    pub async fn order(&mut self, number: u64) -> Answer {
        let world = Rc::clone(&self.world);
        let (spec, key) = (world.order_spec(number), world.key(number));
        let token = world.token(&spec);
        self.writer.order(token, &key, &spec);
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
            // The order exists, so its number must not be used again.
            Err(Answer::Busy) => return Answer::Other("503 for its payment".to_owned()),
            Err(answer) => return answer,
        };
        self.writer.pay(&pay_id);
        match self.send(200, "out_trade_no").await {
            Ok(_) => Answer::Good,
            Err(Answer::Busy) => Answer::Other("503 for its charge".to_owned()),
            Err(answer) => answer,
        }
    }

    /// Sends the request in the buffer. Returns the field `id` of the response if its status is `expected`.
    async fn send(&mut self, expected: u16, id: &str) -> Result<String, Answer> {
        match self.socket.send(&self.writer.request).await {
            Ok((status, body)) if status == expected => Ok(text(body, id).to_owned()),
            Ok(answer) => Err(classify(answer)),
            Err(error) => Err(Answer::Other(error)),
        }
    }
}

/// Classifies a response other than the expected one.
pub fn classify((status, body): (u16, &[u8])) -> Answer {
    if status == 503 {
        return Answer::Busy;
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    Answer::Other(format!("{status} {}", body["code"].as_str().unwrap_or_default()))
}

/// The text of `field` in a JSON object, found without parsing the object.
fn text<'a>(body: &'a [u8], field: &str) -> &'a str {
    let body = std::str::from_utf8(body).unwrap();
    let quoted = format!("\"{field}\":\"");
    let (_, value) = body.split_once(&quoted).unwrap_or_else(|| panic!("no {field} in {body}"));
    value.split('"').next().unwrap()
}
