//! The numbers of orders: each stands for a customer, goods and a coupon.

use std::collections::VecDeque;

/// Gives out numbers, those that came back first.
pub struct Numbers {
    next: u64,
    end: u64,
    back: VecDeque<u64>,
}

impl Numbers {
    /// The numbers from `first` to below `end`.
    pub const fn new(first: u64, end: u64) -> Self {
        Self { next: first, end, back: VecDeque::new() }
    }

    pub fn take(&mut self) -> u64 {
        if let Some(number) = self.back.pop_front() {
            return number;
        }
        assert!(self.next < self.end, "all coupons are used: prepare more than {}", self.end);
        self.next += 1;
        self.next - 1
    }

    /// An order that was refused as busy: it is sent again, with its key and its coupon.
    pub fn give_back(&mut self, number: u64) {
        self.back.push_back(number);
    }

    /// The first that was never given out.
    pub const fn next_new(&self) -> u64 {
        self.next
    }
}
