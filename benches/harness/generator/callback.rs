//! The payment platform: it calls back at a steady rate, whatever the customers do, and signs what it says.

use std::rc::Rc;
use std::time::Instant;

use actix_web::rt;

use super::super::shop::PAY;
use super::customer::judged;
use super::open::Arrivals;
use super::request::Writer;
use super::socket::Socket;
use super::tally::{Answer, Sent};
use super::world::World;

/// A platform has as many connections as it likes; these are enough for a second's silence of the shop.
const CONNECTIONS: usize = 256;

/// The callbacks that are under way.
pub struct Calls {
    used: u64,
    arrivals: Option<Rc<Arrivals>>,
    connections: Vec<rt::task::JoinHandle<()>>,
}

/// Begins to call back; the first phase has begun.
pub fn start(world: &Rc<World>) -> Calls {
    let (rate, used) = (world.plan.callbacks, world.plan.first.payments);
    if rate == 0 {
        return Calls { used, arrivals: None, connections: Vec::new() };
    }
    let arrivals = Arrivals::start(Instant::now(), f64::from(rate), None);
    let connect = |_| rt::spawn(call(Rc::clone(world), Rc::clone(&arrivals)));
    Calls { used, connections: (0..CONNECTIONS).map(connect).collect(), arrivals: Some(arrivals) }
}

impl Calls {
    /// Ends it; what is under way is waited for. Answers how many payments are used up.
    pub async fn stop(self) -> u64 {
        if let Some(arrivals) = &self.arrivals {
            arrivals.end();
        }
        for connection in self.connections {
            connection.await.unwrap();
        }
        self.used + self.arrivals.map_or(0, |arrivals| arrivals.taken())
    }
}

async fn call(world: Rc<World>, arrivals: Rc<Arrivals>) {
    let mut socket = Socket::new(&world.plan.address);
    let mut writer = Writer::new(&world.plan.address);
    while let Some((number, meant)) = arrivals.next().await {
        let number = world.plan.first.payments + number;
        assert!(number < world.plan.shop.payments, "no payment is left to call back for: prepare more");
        let (phase, sent, now) = (world.phase(), Sent::late(meant), world.clock.now());
        writer.callback(PAY + number, now.unix_seconds(), |body| world.key.sign(body, now));
        let answer = match socket.ask(&writer.request).await {
            Ok((200, b"success")) => Answer::Good,
            Ok(answer) => judged(answer),
            Err(told) => Answer::Other(told),
        };
        world.called_back(phase, sent, answer);
    }
}
