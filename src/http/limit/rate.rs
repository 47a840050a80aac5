//! The rates of the settings.

use std::time::Duration;

use strum::{EnumCount, EnumIter};

/// A rate at which requests are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, EnumCount)]
pub enum Rate {
    /// Requests of an address without a user, and to addresses that do not exist.
    AddressRequests,
    /// Sign-ins from an address.
    SignIns,
    /// Registrations from an address.
    Registrations,
    /// Looks at pages of payments from an address.
    PaymentPages,
    /// Requests of an address that were refused: without a valid token, malformed, or to an address that does not exist.
    Refusals,
    /// Orders of a user.
    Orders,
    /// Payments that a user starts.
    Payments,
    /// Further requests of a user.
    UserRequests,
}

impl Rate {
    /// The setting, in `[limits]`.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::AddressRequests => "requests_per_address",
            Self::SignIns => "sign_ins_per_address",
            Self::Registrations => "registrations_per_address",
            Self::PaymentPages => "payment_pages_per_address",
            Self::Refusals => "refusals_per_address",
            Self::Orders => "orders_per_user",
            Self::Payments => "payments_per_user",
            Self::UserRequests => "requests_per_user",
        }
    }

    /// The time in which as many requests are allowed as the setting says.
    #[must_use]
    pub const fn period(self) -> Duration {
        match self {
            Self::Registrations => Duration::from_secs(3600),
            _ => Duration::from_secs(60),
        }
    }

    /// The position of the rate among all.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::AddressRequests => 0,
            Self::SignIns => 1,
            Self::Registrations => 2,
            Self::PaymentPages => 3,
            Self::Refusals => 4,
            Self::Orders => 5,
            Self::Payments => 6,
            Self::UserRequests => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn each_rate_has_its_own_number() {
        let indices: Vec<usize> = Rate::iter().map(Rate::index).collect();
        assert_eq!(indices, (0..Rate::COUNT).collect::<Vec<_>>());
    }
}
