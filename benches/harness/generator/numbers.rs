//! Allocation of order numbers. A number determines the customer, the goods and the coupon of an order.

use std::collections::VecDeque;

/// Allocates numbers; released ones are reused first.
pub struct Numbers {
    next: u64,
    end: u64,
    released: VecDeque<u64>,
}

impl Numbers {
    /// Allocates the numbers from `first` up to, but not including, `end`.
    pub const fn new(first: u64, end: u64) -> Self {
        Self { next: first, end, released: VecDeque::new() }
    }

    /// The next number. Panics if all are used.
    pub fn take(&mut self) -> u64 {
        if let Some(number) = self.released.pop_front() {
            return number;
        }
        assert!(self.next < self.end, "all coupons are used: prepare more than {}", self.end);
        self.next += 1;
        self.next - 1
    }

    /// Returns the number of an order that was refused as busy. The order is sent again with the same key and coupon.
    pub fn release(&mut self, number: u64) {
        self.released.push_back(number);
    }

    /// The first number that was never allocated.
    pub const fn next_new(&self) -> u64 {
        self.next
    }
}
