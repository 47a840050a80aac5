//! A closed loop: each connection sends its next order when the previous one is answered.

use std::rc::Rc;
use std::time::Instant;

use actix_web::rt;

use super::customer::Customer;
use super::tally::Sent;
use super::world::World;

/// Sends orders of `customers` until `end`.
pub async fn load(world: &Rc<World>, customers: Vec<Customer>, end: Instant) {
    let phase = world.phase();
    let start = |mut customer: Customer| {
        let world = Rc::clone(world);
        rt::spawn(async move {
            while Instant::now() < end {
                let (sent, number) = (Sent::now(), world.numbers.borrow_mut().take());
                let answer = customer.order(number).await;
                world.ordered(phase, number, sent, answer);
            }
        })
    };
    for customer in customers.into_iter().map(start).collect::<Vec<_>>() {
        customer.await.unwrap();
    }
}
