//! The payment platform: sends signed callbacks at a steady rate, independent of the customers.

use std::rc::Rc;
use std::time::Instant;

use actix_web::rt;

use super::super::shop::PAY;
use super::customer::classify;
use super::open::Arrivals;
use super::request::Writer;
use super::socket::Socket;
use super::tally::{Answer, Sent};
use super::world::World;

/// Connections of the platform. They are enough to keep the rate while the shop does not respond for a second.
const CONNECTIONS: usize = 256;

/// The running senders of callbacks.
pub struct Callbacks {
    used: u64,
    arrivals: Option<Rc<Arrivals>>,
    connections: Vec<rt::task::JoinHandle<()>>,
}

/// Starts to send callbacks at the plan's rate. Must be called after the first phase began.
pub fn start(world: &Rc<World>) -> Callbacks {
    let (rate, used) = (world.plan.callbacks, world.plan.first.payments);
    if rate == 0 {
        return Callbacks { used, arrivals: None, connections: Vec::new() };
    }
    let arrivals = Arrivals::start(Instant::now(), f64::from(rate), None);
    let connect = |_| rt::spawn(send(Rc::clone(world), Rc::clone(&arrivals)));
    Callbacks { used, connections: (0..CONNECTIONS).map(connect).collect(), arrivals: Some(arrivals) }
}

impl Callbacks {
    /// Stops sending and waits for the callbacks in flight. Returns the number of payments used up.
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

/// Sends callbacks on one connection until the arrivals end.
async fn send(world: Rc<World>, arrivals: Rc<Arrivals>) {
    let mut socket = Socket::new(&world.plan.address);
    let mut writer = Writer::new(&world.plan.address);
    while let Some((number, scheduled)) = arrivals.next().await {
        let number = world.plan.first.payments + number;
        assert!(number < world.plan.shop.payments, "no payment is left to call back for: prepare more");
        let (phase, sent, now) = (world.phase(), Sent::scheduled(scheduled), world.clock.now());
        writer.callback(PAY + number, now.unix_seconds(), |body| world.key.sign(body, now));
        let answer = match socket.send(&writer.request).await {
            Ok((200, b"success")) => Answer::Good,
            Ok(answer) => classify(answer),
            Err(error) => Answer::Other(error),
        };
        world.called_back(phase, sent, answer);
    }
}
