//! Words that problems and resources share.

use std::sync::LazyLock;

use strum::VariantArray;

use crate::domain::event::What;
use crate::domain::webhook::DisableReason;
use crate::http::problem::Code;
use crate::messaging::feed::event_type;

/// The states of an order.
pub const ORDER_STATUS: &[&str] = &["unconfirmed", "confirmed", "cancelled", "invalid", "refunded"];

/// The states of an order's payment.
pub const PAY_STATUS: &[&str] = &["unpaid", "paying", "paid"];

/// The states of an order's delivery.
pub const SHIPPING_STATUS: &[&str] = &["unshipped", "shipped", "received"];

/// The reasons for which an order is refused.
pub const REFUSALS: &[Code] = &[
    Code::GoodsOffSale,
    Code::InsufficientStock,
    Code::InsufficientBalance,
    Code::CouponAlreadyUsed,
    Code::TooManyUnpaidOrders,
    Code::TooManyUnpaidUnits,
    Code::TooManyUnitsInAll,
    Code::OrderDeadlinePassed,
    Code::GoodsNotFound,
    Code::CouponNotFound,
    Code::GoodsPriceMismatch,
    Code::ShippingFeeMismatch,
    Code::OrderAmountMismatch,
    Code::OrderAmountTooHigh,
    Code::MoneyPaidTooHigh,
];

/// The scopes of an API key.
pub const SCOPES: &[&str] = &["orders", "catalog", "events"];

/// The states of an item.
pub const PARKED_STATUS: &[&str] = &["parked", "returned", "accepted", "dismissed"];

/// The states of a payment.
pub const PAYMENT_STATUS: &[&str] = &["unpaid", "paid", "closed", "refunded"];

/// The states of a trade.
pub const TRADE_STATUS: &[&str] = &["open", "paid", "declined", "closed"];

/// The states of a refund.
pub const REFUND_STATUS: &[&str] = &["pending", "done", "parked", "dismissed"];

/// The statements of a platform.
pub const BILLS: &[&str] = &["trade", "funds"];

/// The states of a message that is not delivered.
pub const MESSAGE_STATUS: &[&str] = &["pending", "dead"];

/// The states of a delivery to a webhook.
pub const DELIVERY_STATUS: &[&str] = &["pending", "delivered", "failed"];

/// The kinds of entries of a customer's logs.
pub const LOG_TYPES: &[&str] = &["paid", "refunded", "adjusted"];

/// The roles of users.
pub const USER_ROLES: &[&str] = &["customer", "admin"];

/// The ways in which a customer is sent to a platform.
pub const CHECKOUT_KINDS: &[&str] = &["redirect", "qr_code", "jsapi"];

/// The defects of callbacks that the sandbox sends on request.
pub const CALLBACK_DEFECTS: &[&str] = &["signature", "amount", "order", "merchant", "timestamp"];

/// The states of the service.
pub const SERVICE_STATUS: &[&str] = &["healthy", "degraded", "unhealthy"];

/// The currencies of amounts.
pub const CURRENCIES: &[&str] = &["CNY"];

/// The forms of lists.
pub const LIST_FORMATS: &[&str] = &["json", "csv"];

/// An enumeration that is a component of the document, so that generated clients have one type for it.
pub struct Enumeration {
    /// Name of the component.
    pub name: &'static str,
    /// Description of the component.
    pub about: &'static str,
    /// The words, in the order in which they are shown.
    pub words: Vec<&'static str>,
}

/// The enumerations with names. Every other enumeration is described where it is used.
pub static ENUMERATIONS: LazyLock<Vec<Enumeration>> = LazyLock::new(|| {
    let refusals: Vec<&str> = REFUSALS.iter().map(|code| code.name()).collect();
    let event_types: Vec<&str> = event_type::ALL.iter().map(|known| known.name).collect();
    let disable_reasons = DisableReason::ALL.map(DisableReason::word);
    let events: Vec<&str> = What::VARIANTS.iter().map(|what| what.word()).collect();
    [
        ("OrderStatus", "The state of an order.", ORDER_STATUS),
        ("PayStatus", "The state of an order's payment.", PAY_STATUS),
        ("ShippingStatus", "The state of an order's delivery.", SHIPPING_STATUS),
        ("RefusalCode", "The reason for which an order is refused.", &refusals),
        ("PaymentStatus", "The state of a payment.", PAYMENT_STATUS),
        ("RefundStatus", "The state of a refund. A `parked` refund waits for an operator.", REFUND_STATUS),
        ("ParkedStatus", "The state of money that waits for an operator.", PARKED_STATUS),
        ("TradeStatus", "The state of a trade of the sandbox.", TRADE_STATUS),
        ("Bill", "The statement: of payments and refunds, or of the movements of the account.", BILLS),
        ("MessageStatus", "The state of a message. A `dead` message is not sent again.", MESSAGE_STATUS),
        ("DeliveryStatus", "The state of a delivery to a webhook.", DELIVERY_STATUS),
        ("DisableReason", "The reason for which a webhook gets no events.", &disable_reasons),
        ("LogType", "The kind of a change.", LOG_TYPES),
        ("UserRole", "The role, which decides what a user may do.", USER_ROLES),
        ("CheckoutKind", "How a customer is sent to a platform.", CHECKOUT_KINDS),
        ("CallbackDefect", "The defect of a callback.", CALLBACK_DEFECTS),
        ("ServiceStatus", "The state of the service.", SERVICE_STATUS),
        ("ListFormat", "The form of a list.", LIST_FORMATS),
        ("Currency", "The currency of an amount.", CURRENCIES),
        ("EventKind", "The kind of an event in the history of an order.", &events),
        ("EventType", "The type of an event for other systems.", &event_types),
        ("ApiKeyScope", "The permission of an API key.", SCOPES),
    ]
    .into_iter()
    .map(|(name, about, words)| Enumeration { name, about, words: words.to_vec() })
    .collect()
});
