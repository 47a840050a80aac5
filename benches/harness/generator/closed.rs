//! A closed loop: each connection sends the next order when the last is answered.

use std::rc::Rc;
use std::time::Instant;

use actix_web::rt;

use super::customer::Customer;
use super::tally::Sent;
use super::world::World;

/// Orders until then on so many connections.
pub async fn load(world: &Rc<World>, connections: usize, to: Instant) {
    let phase = world.phase();
    let connect = |_| {
        let world = Rc::clone(world);
        rt::spawn(async move {
            let mut customer = Customer::new(&world);
            while Instant::now() < to {
                let (sent, number) = (Sent::now(), world.numbers.borrow_mut().take());
                let answer = customer.order(number).await;
                world.ordered(phase, number, sent, answer);
            }
        })
    };
    for connection in (0..connections).map(connect).collect::<Vec<_>>() {
        connection.await.unwrap();
    }
}
