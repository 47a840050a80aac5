//! Execution of the requests to WeChat Pay.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value, json};
use tradepost::domain::clock::Timestamp;

use super::request::{BILL_PATH, Fields, Request, wrong};
use super::{Front, Wrong, encrypt, transaction};
use crate::platform::bill;
use crate::platform::book::{Stage, Trade};
use crate::platform::china::{day, read_rfc3339};
use crate::platform::engine::Engine;
use crate::platform::front::{Answer, Front as _};
use crate::platform::key::field;

const MINUTE: Duration = Duration::from_secs(60);
const CODE_LASTS: Duration = MINUTE.saturating_mul(2 * 60);
const H5_LASTS: Duration = MINUTE.saturating_mul(5);
const LASTS_MAX: Duration = MINUTE.saturating_mul(7 * 24 * 60);
const REFUNDABLE: Duration = MINUTE.saturating_mul(365 * 24 * 60);
const REFUNDS_MAX: usize = 50;
const IN_ORDERS: &[u8] = b"_-|*";
const IN_REFUNDS: &[u8] = b"_-|*@";

type State = crate::platform::engine::State<Wrong>;

/// Executes a request.
pub fn execute(engine: &Engine<Front>, state: &mut State, request: &Request, now: Timestamp) -> Answer {
    let result = match request {
        Request::Prepay(kind, body) => prepay(engine, state, (kind, body), now),
        Request::Query(number) => query(engine, state, |trade| trade.out_trade_no == *number),
        Request::QueryById(id) => query(engine, state, |trade| trade.is_paid() && trade.trade_no == *id),
        Request::Close(number) => close(state, number, now),
        Request::Refund(body) => refund(engine, state, body, now),
        Request::RefundQuery(number) => refund_query(state, number),
        Request::Certificates => Ok(certificates(engine)),
        Request::Bill(day, is_funds) => bill_address(engine, state, (day, *is_funds), now),
        Request::BillFile(day, is_funds) => {
            let file = bill_file(engine, state, (day, *is_funds)).unwrap();
            return Answer::file(engine.front.bills.sent(file));
        }
    };
    result.map_or_else(|answer| answer, Answer::ok)
}

/// The certificate of the platform, encrypted with the merchant's key.
fn certificates(engine: &Engine<Front>) -> Value {
    let (account, nonce) = (&engine.front.account, "c3rtif1cat3s");
    let sealed = encrypt(&account.api_v3_key, nonce, "certificate", field("wx_platform_cert", "pem"));
    json!({"data": [{
        "serial_no": account.keys[1].0, "effective_time": "2025-01-01T00:00:00+08:00",
        "expire_time": "2055-01-01T00:00:00+08:00",
        "encrypt_certificate": {"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate",
            "ciphertext": sealed},
    }]})
}

/// The address of the bill of a day, and the hash of its file.
fn bill_address(
    engine: &Engine<Front>,
    state: &State,
    (day, is_funds): (&str, bool),
    now: Timestamp,
) -> Result<Value, Answer> {
    let file = bill_file(engine, state, (day, is_funds)).filter(|_| !bill::is_early(day, now));
    let file = file.ok_or_else(|| refuse("NO_STATEMENT_EXIST", "there is no bill of that day"))?;
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &file));
    let base = engine.front.bills.base_url.get().unwrap();
    let kind = if is_funds { "-funds" } else { "" };
    let url = format!("{base}{BILL_PATH}?token={day}{kind}");
    Ok(json!({"hash_type": "SHA1", "hash_value": hash, "download_url": url}))
}

fn bill_file(engine: &Engine<Front>, state: &State, (day, is_funds): (&str, bool)) -> Option<Vec<u8>> {
    if is_funds { engine.front.funds(&state.trades, day) } else { engine.front.bill(&state.trades, day) }
}

/// An error that no field causes.
fn refuse(code: &str, why: &str) -> Answer {
    Answer { body: why.into(), ..Answer::error(code) }
}

fn prepay(
    engine: &Engine<Front>,
    state: &mut State,
    (kind, body): (&str, &Map<String, Value>),
    now: Timestamp,
) -> Result<Value, Answer> {
    let account = &engine.front.account;
    let fields = Fields(body);
    fields.only(&[
        "appid",
        "mchid",
        "description",
        "out_trade_no",
        "time_expire",
        "attach",
        "notify_url",
        "goods_tag",
        "support_fapiao",
        "amount",
        "payer",
        "detail",
        "scene_info",
        "settle_info",
    ])?;
    fields.is("mchid", &account.mchid)?;
    if fields.must("appid", 32)? != account.appid {
        return Err(Answer::wrong("NO_AUTH", "the appid is not bound to the mchid"));
    }
    fields.must("description", 127)?;
    fields.text("attach", 128)?;
    let out_trade_no = fields.number("out_trade_no", 6, 32, IN_ORDERS)?;
    let notify_url = fields.notify_url(255)?.ok_or_else(|| wrong("no notify_url"))?;
    let amount = fields.object("amount")?;
    amount.only(&["total", "currency"])?;
    amount.is("currency", "CNY")?;
    let total = amount.fen("total")?;
    match kind {
        "JSAPI" => drop(fields.object("payer")?.must("openid", 128)?),
        "MWEB" => check_scene(&fields.object("scene_info")?)?,
        _ if body.contains_key("payer") => return Err(wrong("unknown field payer")),
        _ => {}
    }
    let ends = fields.text("time_expire", 64)?;
    let ends =
        ends.map(|text| read_rfc3339(text).ok_or_else(|| wrong(&format!("time_expire is {text}")))).transpose()?;
    let mut parameters = Value::Object(body.clone());
    parameters["trade_type"] = json!(kind);
    let name = match kind {
        "JSAPI" => "prepay_id",
        "MWEB" => "h5_url",
        _ => "code_url",
    };
    let lasts = if kind == "MWEB" { H5_LASTS } else { CODE_LASTS };
    let code = |trade: &Trade| json!({name: trade.code});
    if let Some(index) = state.find(out_trade_no) {
        let trade = &mut state.trades[index];
        check_repeated(trade, &parameters)?;
        trade.code_until = now.plus(lasts).min(trade.closes_at);
        return Ok(code(trade));
    }
    if ends.is_some_and(|at| at < now.plus(MINUTE) || at > now.plus(LASTS_MAX)) {
        return Err(wrong("time_expire is sooner than in a minute, or later than in seven days"));
    }
    let closes_at = ends.unwrap_or(now.plus(LASTS_MAX));
    let n = state.count();
    let trade = Trade {
        out_trade_no: out_trade_no.to_owned(),
        trade_no: super::number(n, now),
        stage: Stage::Waiting,
        total,
        code: match kind {
            "JSAPI" => format!("wx{}{n:022x}", day(now)),
            "MWEB" => {
                let base = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb";
                format!("{base}?prepay_id=wx{}{n:022x}&package=3213443237", day(now))
            }
            _ => format!("weixin://wxpay/bizpayurl?pr=Own{n:06}zz"),
        },
        parameters,
        code_until: now.plus(lasts).min(closes_at),
        closes_at,
        notify_url: notify_url.to_owned(),
        created_at: now,
        closed_at: None,
        paid: None,
        refunds: Vec::new(),
    };
    let answer = code(&trade);
    state.trades.push(trade);
    Ok(answer)
}

/// Checks who pays from which kind of page.
fn check_scene(scene: &Fields<'_>) -> Result<(), Answer> {
    scene.only(&["payer_client_ip", "device_id", "store_info", "h5_info"])?;
    let address = scene.must("payer_client_ip", 45)?;
    address.parse::<std::net::IpAddr>().map_err(|_| wrong("payer_client_ip is no address"))?;
    let page = scene.object("h5_info")?;
    page.only(&["type", "app_name", "app_url", "bundle_id", "package_name"])?;
    match page.must("type", 32)? {
        "Wap" | "iOS" | "Android" => Ok(()),
        _ => Err(wrong("the type of the page is not known")),
    }
}

/// Checks a create call for a number that exists: the parameters must be the same, and the order must be payable.
fn check_repeated(trade: &Trade, parameters: &Value) -> Result<(), Answer> {
    if trade.parameters != *parameters {
        return Err(Answer::wrong("INVALID_REQUEST", "the same out_trade_no, other parameters"));
    }
    match trade.stage {
        Stage::Closed => Err(refuse("INVALID_REQUEST", "the order is closed")),
        _ if trade.is_paid() => Err(refuse("ORDER_PAID", "the order is paid")),
        _ => Ok(()),
    }
}

fn query(engine: &Engine<Front>, state: &State, matches: impl Fn(&Trade) -> bool) -> Result<Value, Answer> {
    let trade = state.trades.iter().find(|trade| matches(trade));
    let trade = trade.ok_or_else(|| refuse("ORDER_NOT_EXIST", "there is no such order"))?;
    Ok(transaction::payment(&engine.front.account, trade, transaction::state(trade)))
}

fn close(state: &mut State, number: &str, now: Timestamp) -> Result<Value, Answer> {
    let index = state.find(number).ok_or_else(|| refuse("ORDER_NOT_EXIST", "there is no such order"))?;
    let trade = &mut state.trades[index];
    match trade.stage {
        Stage::Waiting | Stage::Unscanned => trade.close(now),
        Stage::Closed => {}
        Stage::Paid | Stage::Finished => return Err(refuse("ORDER_PAID", "the order is paid")),
    }
    Ok(Value::Null)
}

fn refund(
    engine: &Engine<Front>,
    state: &mut State,
    body: &Map<String, Value>,
    now: Timestamp,
) -> Result<Value, Answer> {
    let fields = Fields(body);
    fields.only(&[
        "transaction_id",
        "out_trade_no",
        "out_refund_no",
        "reason",
        "notify_url",
        "amount",
        "funds_account",
        "goods_detail",
    ])?;
    let number = fields.number("out_refund_no", 1, 64, IN_REFUNDS)?;
    fields.text("reason", 80)?;
    let notify_url = fields.notify_url(256)?.unwrap_or_default();
    let amount = fields.object("amount")?;
    amount.only(&["refund", "total", "currency", "from"])?;
    amount.is("currency", "CNY")?;
    let (fen, total) = (amount.fen("refund")?, amount.fen("total")?);
    let index = match (fields.text("transaction_id", 32)?, fields.text("out_trade_no", 32)?) {
        (Some(id), None) => state.trades.iter().position(|trade| trade.is_paid() && trade.trade_no == id),
        (None, Some(number)) => state.find(number),
        _ => return Err(wrong("either transaction_id or out_trade_no")),
    };
    let index = index.ok_or_else(|| refuse("RESOURCE_NOT_EXISTS", "there is no such order"))?;
    let trade = &state.trades[index];
    let inconsistent = |why: &str| Err(Answer::wrong("INVALID_REQUEST", why));
    if trade.is_paid() && total != trade.charged() {
        return inconsistent("the total is not what was paid");
    }
    match trade.refund(number) {
        Some(former) if former.amount != fen => return inconsistent("the same out_refund_no, another amount"),
        Some(former) => return Ok(transaction::refund(trade, former)),
        None => {}
    }
    if state.trades.iter().any(|trade| trade.refund(number).is_some()) {
        return inconsistent("the out_refund_no is one of another order");
    }
    match trade.paid {
        None => return Err(refuse("INVALID_REQUEST", "the order is not paid")),
        Some(paid) if now.since(paid.at) > REFUNDABLE => return Err(refuse("INVALID_REQUEST", "paid too long ago")),
        Some(_) if trade.refunds.len() >= REFUNDS_MAX => return Err(refuse("INVALID_REQUEST", "too many refunds")),
        Some(paid) if trade.allocated() + fen > paid.charged => return inconsistent("more than is left"),
        Some(_) => {}
    }
    engine.begin_refund(state, index, (number, fen, notify_url), now);
    let trade = &state.trades[index];
    Ok(transaction::refund(trade, trade.refund(number).unwrap()))
}

fn refund_query(state: &State, number: &str) -> Result<Value, Answer> {
    let found = state.trades.iter().find_map(|trade| Some(transaction::refund(trade, trade.refund(number)?)));
    found.ok_or_else(|| refuse("RESOURCE_NOT_EXISTS", "there is no such refund"))
}
