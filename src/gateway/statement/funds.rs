//! Fund statements: what a platform has booked in the merchant's account in a period, fees included.

use crate::domain::clock::Timestamp;
use crate::domain::money::Money;

/// The cause of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A payment.
    Charge,
    /// A refund, with our number of it if the platform says it.
    Refund(Option<String>),
}

/// Money of a payment or refund that was booked in the merchant's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The cause.
    pub cause: Cause,
    /// Our id of the payment, if the platform says it.
    pub out_trade_no: Option<String>,
    /// The platform's id of the payment or refund.
    pub trade_no: String,
    /// The amount before fees. It is never negative.
    pub amount: Money,
    /// Time of the booking.
    pub time: Timestamp,
}

/// A fund statement: its movements, and the period that it covers completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundStatement {
    /// The payments and refunds, in the order of the file.
    pub movements: Vec<Movement>,
    /// Fees that were charged, less those that were returned.
    pub fees: Money,
    /// Everything else, such as withdrawals: income less expenses.
    pub other: Money,
    /// Start of the period, inclusive.
    pub from: Timestamp,
    /// End of the period, inclusive.
    pub until: Timestamp,
}

/// Parses the bytes of a platform's fund statement. The error names the line and what is wrong with it.
pub type FundReader = fn(&[u8]) -> Result<FundStatement, String>;

/// A line of a fund statement, before it belongs to a payment or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Booked {
    /// A payment or refund, and the fee that was taken off it at once.
    Movement(Movement, Money),
    /// A fee; negative if it was returned.
    Fee(Money),
    /// Something else; negative if it is an expense.
    Other(Money),
}

/// Collects the lines of a statement of the period from `from` to `until`, both inclusive.
///
/// # Errors
/// If a sum leaves the range of amounts.
pub fn collect(lines: Vec<Booked>, (from, until): (Timestamp, Timestamp)) -> Result<FundStatement, String> {
    let (mut movements, mut fees, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        match line {
            Booked::Movement(movement, fee) => {
                movements.push(movement);
                fees.push(fee);
            }
            Booked::Fee(fee) => fees.push(fee),
            Booked::Other(amount) => others.push(amount),
        }
    }
    let sum = |amounts| Money::checked_sum(amounts).ok_or("the sums are too large");
    Ok(FundStatement { movements, fees: sum(fees)?, other: sum(others)?, from, until })
}
