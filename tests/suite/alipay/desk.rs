//! The real application and a stand-in for Alipay, who know each other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::platform::Alipay;
use crate::support::{Answer, GOODS, TestApp, Wish};

pub const PAGE: &str = "alipay";
pub const CODE: &str = "alipay_qr";
/// How long an order waits to be paid.
pub const PAY_WITHIN: Duration = Duration::from_secs(30 * 60);
/// Settings with which nobody asks Alipay how a payment stands: what is known was told.
pub const DEAF: [(&str, &str); 2] = [("PAYMENTS__ASK__FIRST", "72h"), ("PAYMENTS__ASK__LONGEST", "72h")];

/// Both of them.
pub struct Desk {
    pub alipay: Alipay,
    pub app: TestApp,
    /// The token of the customer.
    pub zs: String,
    pub admin: String,
}

/// An order and its payment.
#[derive(Debug, Clone)]
pub struct Case {
    pub order_id: String,
    pub pay_id: String,
}

/// How they come to be there.
impl Desk {
    /// Alipay tells, and is asked.
    pub async fn open() -> Self {
        Self::with(Alipay::start().await, &[]).await
    }

    /// Alipay tells, and is not asked.
    pub async fn deaf() -> Self {
        Self::with(Alipay::start().await, &DEAF).await
    }

    pub async fn with(alipay: Alipay, settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(&[alipay.settings(), settings.to_vec()].concat()).await;
        alipay.follow(&app.clock);
        let (zs, admin) = (app.zs().await, app.admin().await);
        let desk = Self { alipay, app, zs, admin };
        desk.alipay.deliver_to(&desk.app.url());
        desk
    }

    /// The shop starts again, elsewhere.
    pub async fn restart(&mut self) {
        self.app.restart().await;
        self.alipay.deliver_to(&self.app.url());
    }

    /// Ends a test in which the shop never asked as no shop should.
    pub async fn finish(self) {
        assert_eq!(self.alipay.complaints(), Vec::<String>::new());
        self.app.finish().await;
    }
}

/// What people do.
impl Desk {
    /// Starts a payment for an order.
    pub async fn start(&self, provider: &str, key: &str, order_id: &str) -> Answer {
        self.app.pay_through(provider, &self.zs, key, order_id).await
    }

    /// The customer goes where the shop sends them.
    pub async fn arrive(&self, started: &Answer) {
        let url =
            started.body["checkout"]["url"].as_str().unwrap_or_else(|| panic!("nowhere to pay: {}", started.text));
        match started.body["checkout"]["kind"].as_str() {
            Some("redirect") => assert!(self.alipay.open(url).await.is_good()),
            _ => assert_eq!(self.alipay.scan(url), Ok(started.text_of("pay_id"))),
        }
    }

    /// An order for one unit under this key.
    pub async fn order(&self, key: &str) -> String {
        self.app.order(&self.zs, key, &Wish::of(GOODS, 1)).await.expect(201).text_of("order_id")
    }

    /// The golden order; its customer is at Alipay and has not paid yet.
    pub async fn paying(&self, provider: &str) -> Case {
        let order_id = self.app.order(&self.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
        let started = self.start(provider, "pay", &order_id).await.expect(201);
        self.arrive(&started).await;
        Case { order_id, pay_id: started.text_of("pay_id") }
    }

    /// The golden order, paid.
    pub async fn paid(&self, provider: &str) -> Case {
        let case = self.paying(provider).await;
        self.alipay.pay(&case.pay_id).await;
        self.settle().await;
        case
    }

    /// Another order, whose customer is at Alipay.
    pub async fn another(&self, provider: &str, key: &str) -> Case {
        let order_id = self.order(key).await;
        let started = self.start(provider, key, &order_id).await.expect(201);
        self.arrive(&started).await;
        Case { order_id, pay_id: started.text_of("pay_id") }
    }

    pub async fn cancel(&self, case: &Case) -> Answer {
        self.app.post(&format!("/v1/orders/{}/cancel", case.order_id), &self.zs, json!({})).await
    }

    /// The administrator asks Alipay now.
    pub async fn ask(&self, case: &Case) -> Answer {
        self.app.post(&format!("/admin/payments/{}/query", case.pay_id), &self.admin, json!({})).await
    }

    /// All that is due now is done, here and there.
    pub async fn settle(&self) {
        for _ in 0..2 {
            self.app.settle().await;
            self.alipay.tick().await;
        }
        self.app.settle().await;
    }

    pub async fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        self.alipay.tick().await;
        self.settle().await;
    }
}

/// What is seen.
impl Desk {
    /// What Alipay has taken from the customer, and given back.
    pub fn ledger(&self, case: &Case) -> (i64, i64) {
        let trades = self.alipay.trades(&case.pay_id);
        (trades.iter().map(|trade| trade.charged()).sum(), trades.iter().map(|trade| trade.refunded()).sum())
    }

    /// What Alipay was answered, each time.
    pub fn replies(&self, case: &Case) -> Vec<String> {
        self.alipay.deliveries(&case.pay_id).into_iter().map(|sent| format!("{} {}", sent.status, sent.reply)).collect()
    }

    pub async fn payment(&self, case: &Case) -> Value {
        self.app.get(&format!("/v1/payments/{}", case.pay_id), &self.zs).await.expect(200).body
    }

    #[track_caller]
    pub fn assert_replies(&self, case: &Case, expected: &[&str]) {
        assert_eq!(self.replies(case), expected);
    }

    pub async fn assert_payment(&self, case: &Case, status: &str) {
        assert_eq!(self.payment(case).await["status"], status);
    }

    pub async fn assert_order(&self, case: &Case, order_status: &str, pay_status: &str) {
        let order = self.app.get(&format!("/v1/orders/{}", case.order_id), &self.zs).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["pay_status"]), (&json!(order_status), &json!(pay_status)));
    }

    /// Balance and points of the customer.
    pub async fn me(&self) -> (String, i64) {
        let me = self.app.get("/v1/users/me", &self.zs).await.expect(200);
        (me.text_of("user_money"), me.body["user_score"].as_i64().unwrap())
    }

    /// The golden order is paid once: here, and there.
    pub async fn assert_paid(&self, case: &Case) {
        self.app.assert_paid_once(&self.zs, &case.order_id).await;
        self.assert_payment(case, "paid").await;
        assert_eq!(self.ledger(case), (88_000, 0));
        assert_eq!(self.me().await, ("900.00".to_owned(), 980));
        assert_eq!(self.app.number("pay", "SELECT count(*) AS n FROM pay_refund"), 0);
    }

    /// The golden order is refunded once and wholly: here, and there.
    pub async fn assert_refunded(&self, case: &Case) {
        self.assert_order(case, "refunded", "paid").await;
        self.assert_payment(case, "refunded").await;
        assert_eq!(self.ledger(case), (88_000, 88_000));
        assert_eq!(self.me().await, ("1000.00".to_owned(), 100));
        assert_eq!(self.app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), 0);
    }

    /// The golden order died before its money came: all of that went back, and nobody got points for it.
    pub async fn assert_dead_money_back(&self, case: &Case) {
        self.assert_order(case, "cancelled", "paying").await;
        self.assert_payment(case, "refunded").await;
        assert_eq!(self.ledger(case), (88_000, 88_000));
        assert_eq!(self.alipay.trade(&case.pay_id).refunds.len(), 1);
        assert_eq!(self.me().await, ("1000.00".to_owned(), 100));
    }

    /// Why notices were not believed, each once, as an administrator sees it.
    pub async fn parked(&self) -> Vec<String> {
        let list = self.app.get("/admin/notices", &self.admin).await.expect(200).body;
        let reason = |notice: &Value| notice["reason"].as_str().unwrap_or_default().to_owned();
        list["items"].as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(reason).collect()
    }

    /// Payments and refunds that are not settled, as the status page counts them.
    pub async fn unsettled(&self) -> [i64; 3] {
        let status = self.app.get("/admin/status", &self.admin).await.expect(200).body;
        ["open", "refunds_pending", "refunds_parked"].map(|name| status["payments"][name].as_i64().unwrap())
    }
}
