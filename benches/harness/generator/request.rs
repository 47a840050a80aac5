//! Writes the requests into a buffer that is reused.

use std::io::Write;

use super::super::shop::{BALANCE_USED, OrderSpec, PRICE, SHIPPING};

/// Minor units as the decimal text of the API.
fn money(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// Writes requests for one server. `request` is the last one written.
pub struct Writer {
    address: String,
    body: Vec<u8>,
    pub request: Vec<u8>,
}

impl Writer {
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), body: Vec::new(), request: Vec::new() }
    }

    /// `POST /v1/orders`: one unit, the coupon, some balance, and the prices the customer expects.
    pub fn order(&mut self, token: &str, key: &str, spec: &OrderSpec) {
        let OrderSpec { goods, coupon, .. } = spec;
        let (price, used) = (money(PRICE), money(BALANCE_USED));
        self.body.clear();
        write!(
            self.body,
            r#"{{"goods":[{{"goods_id":"{goods}","goods_number":1,"goods_price":"{price}"}}],"coupon_id":"{coupon}","money_paid":"{used}","address":"1 Main Street","consignee":"load"}}"#
        )
        .unwrap();
        self.post("/v1/orders", &format!("authorization: Bearer {token}\r\nidempotency-key: {key}\r\n"));
    }

    /// `POST /v1/payments`
    pub fn payment(&mut self, token: &str, key: &str, order_id: &str) {
        self.body.clear();
        write!(self.body, r#"{{"order_id":"{order_id}","provider":"sandbox"}}"#).unwrap();
        self.post("/v1/payments", &format!("authorization: Bearer {token}\r\nidempotency-key: {key}\r\n"));
    }

    /// `POST /sandbox/trades/{pay_id}/pay`
    pub fn pay(&mut self, pay_id: &str) {
        self.body.clear();
        self.post(&format!("/sandbox/trades/{pay_id}/pay"), "");
    }

    /// `POST /v1/payments/callbacks/sandbox`: the prepared payment `pay_id` succeeded. `sign` makes the signature
    /// header from the body. `created` is in Unix seconds.
    pub fn callback(&mut self, pay_id: u64, created: i64, sign: impl FnOnce(&[u8]) -> String) {
        let amount = money(PRICE + SHIPPING);
        self.body.clear();
        write!(
            self.body,
            r#"{{"id":"evt_load{pay_id}_paid","type":"payment.succeeded","created":{created},"data":{{"out_trade_no":"{pay_id}","trade_no":"load{pay_id}","amount":"{amount}","currency":"CNY","merchant_id":"tradepost-demo"}}}}"#
        )
        .unwrap();
        let signature = sign(&self.body);
        self.post("/v1/payments/callbacks/sandbox", &format!("sandbox-signature: {signature}\r\n"));
    }

    /// `POST /v1/sessions`
    pub fn sign_in(&mut self, name: &str, password: &str) {
        self.body.clear();
        write!(self.body, r#"{{"user_name":"{name}","user_password":"{password}"}}"#).unwrap();
        self.post("/v1/sessions", "");
    }

    /// `GET /admin/status`
    pub fn status(&mut self, token: &str) {
        self.request.clear();
        let address = &self.address;
        write!(self.request, "GET /admin/status HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n")
            .unwrap();
    }

    fn post(&mut self, path: &str, headers: &str) {
        let (address, length) = (&self.address, self.body.len());
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nhost: {address}\r\n{headers}content-type: application/json\r\n\
             content-length: {length}\r\n\r\n"
        )
        .unwrap();
        self.request.extend_from_slice(&self.body);
    }
}
