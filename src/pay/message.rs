//! The messages that Pay handles.

mod at_risk;
mod count;
mod notification;
mod parked;
mod payment;
mod record;
mod refund;
mod refund_list;
mod request;
mod sync;
pub mod turn;

pub use at_risk::{AtRisk, RequestedRefund, RiskKind, SumAtRisk};
pub use count::{AheadCounts, CountAhead, CountByPlatform, CountPending, FindPlatforms, PendingCounts, PlatformCounts};
pub use notification::{
    ListNotifications, ListParkedNotifications, Notified, Notify, ParkedNotification, StoredNotification,
};
pub use parked::{
    Decide, Decision, FindParkedCharges, ListDecisions, ListParked, LoggedDecision, MatchedOrder, ParkRemoved,
    ParkedItem, ParkedKind,
};
pub use payment::{
    Find, FindAny, FindOpenOrPaid, List, ListAll, Payment, PaymentWithOpenRefunds, ReadTimeline, Refund, Status,
};
pub use record::{FindPaymentRecords, FindRefundedPayments, ListPaidRecords, PaymentRecord, RefundRecord};
pub use refund::{ClaimDueRefunds, CompareGivenBack, Comparison, DueRefund, EndRefund};
pub use refund_list::{FindRefund, ListRefunds, RefundDetails};
pub use request::{FindRequest, OpenPayment, PriorRequest, SetCheckout};
pub use sync::{BringForward, ClaimDueSyncs, Close, DueSync, PostponeDue, StopSync};
