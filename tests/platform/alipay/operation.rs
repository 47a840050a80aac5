//! Execution of the requests to Alipay.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::domain::clock::Timestamp;

use super::biz::{Biz, invalid};
use super::request::Request;
use super::{Front, Wrong, page};
use crate::platform::bill;
use crate::platform::book::{RefundState, Stage, Trade};
use crate::platform::china::{wall, yuan};
use crate::platform::engine::Engine;
use crate::platform::fault::Op;
use crate::platform::front::{Answer, Front as _};

/// The path of the files of bills.
pub const BILL_PATH: &str = "/bill";
const BILL: &str = "alipay.data.dataservice.bill.downloadurl.query";

pub const METHODS: [&str; 7] = [
    page::METHOD,
    "alipay.trade.precreate",
    "alipay.trade.query",
    "alipay.trade.close",
    "alipay.trade.refund",
    "alipay.trade.fastpay.refund.query",
    BILL,
];

const HOUR: Duration = Duration::from_secs(60 * 60);
const PAGE_LASTS: Duration = HOUR.saturating_mul(24 * 15);
const CODE_ORDER_LASTS: Duration = HOUR.saturating_mul(3);
const CODE_LASTS: Duration = HOUR.saturating_mul(2);
const REFUNDABLE: Duration = HOUR.saturating_mul(24 * 365);

type State = crate::platform::engine::State<Wrong>;

pub fn op(method: &str) -> Op {
    match method {
        "alipay.trade.query" => Op::Query,
        "alipay.trade.close" => Op::Close,
        "alipay.trade.refund" => Op::Refund,
        "alipay.trade.fastpay.refund.query" => Op::RefundQuery,
        BILL => Op::Bill,
        BILL_PATH => Op::BillFile,
        _ => Op::Create,
    }
}

/// Executes a request.
pub fn execute(engine: &Engine<Front>, state: &mut State, request: &Request, now: Timestamp) -> Answer {
    let biz = Biz(&request.biz);
    let done = match op(&request.method) {
        Op::Create => create(engine, state, request, now),
        Op::Query => query(state, &biz),
        Op::Close => close(state, &biz, now),
        Op::Refund => refund(engine, state, &biz, now),
        Op::RefundQuery => refund_query(state, &biz),
        Op::Bill => bill_address(engine, &biz, now),
        Op::BillFile => return bill_file(engine, state, request),
        Op::Certificates => panic!("Alipay has no such operation"),
    };
    done.map_or_else(|answer| answer, Answer::ok)
}

fn bill_address(engine: &Engine<Front>, biz: &Biz<'_>, now: Timestamp) -> Result<Value, Answer> {
    biz.only(&["bill_type", "bill_date"])?;
    let kind = biz.must("bill_type", 16)?;
    if !["trade", "signcustomer"].contains(&kind) {
        return Err(invalid("only the bills of trades and of the account"));
    }
    let day = biz.must("bill_date", 10)?;
    if bill::is_early(day, now) {
        return Err(Answer::error("isp.bill_not_exist"));
    }
    let base = engine.front.bills.base_url.get().unwrap();
    Ok(json!({"bill_download_url": format!("{base}{BILL_PATH}?token=half-a-minute&day={day}&kind={kind}")}))
}

fn bill_file(engine: &Engine<Front>, state: &State, request: &Request) -> Answer {
    let (day, trades) = (&request.params["day"], &state.trades);
    let is_funds = request.params["kind"] == "signcustomer";
    let file = if is_funds { engine.front.funds(trades, day) } else { engine.front.bill(trades, day) }.unwrap();
    Answer::file(engine.front.bills.sent(file))
}

fn create(engine: &Engine<Front>, state: &mut State, request: &Request, now: Timestamp) -> Result<Value, Answer> {
    let biz = Biz(&request.biz);
    biz.only(&[
        "out_trade_no",
        "total_amount",
        "subject",
        "product_code",
        "body",
        "passback_params",
        "goods_detail",
        "extend_params",
        "timeout_express",
        "time_expire",
        "qr_pay_mode",
        "qrcode_width",
    ])?;
    let is_page = request.method == page::METHOD;
    let out_trade_no = biz.number("out_trade_no")?.ok_or_else(|| invalid("no out_trade_no"))?;
    let total = biz.amount("total_amount")?;
    let subject = biz.must("subject", 256)?;
    if subject.contains(['/', '=', '&']) {
        return Err(invalid("the subject has one of / = & in it"));
    }
    biz.text("body", 128)?;
    biz.text("passback_params", 512)?;
    let product = biz.text("product_code", 64)?.unwrap_or("FACE_TO_FACE_PAYMENT");
    let products: &[&str] =
        if is_page { &["FAST_INSTANT_TRADE_PAY"] } else { &["QR_CODE_OFFLINE", "FACE_TO_FACE_PAYMENT"] };
    if !products.contains(&product) {
        return Err(invalid(&format!("product_code is {product}")));
    }
    let notify_url = request.params.get("notify_url").cloned().unwrap_or_default();
    if !notify_url.starts_with("http://") && !notify_url.starts_with("https://") {
        return Err(invalid(&format!("no notice can be sent to {notify_url:?}")));
    }
    if let Some(index) = state.find(out_trade_no) {
        return create_again(&state.trades[index], request, product);
    }
    let closes_at = biz.ends(if is_page { PAGE_LASTS } else { CODE_ORDER_LASTS }, now)?;
    let n = state.count();
    let trade = Trade {
        out_trade_no: out_trade_no.to_owned(),
        trade_no: super::number(n, now),
        stage: if is_page { Stage::Waiting } else { Stage::Unscanned },
        total,
        parameters: Value::Object(request.biz.clone()),
        code: format!("https://qr.alipay.com/bax{n:017}"),
        code_until: if is_page { closes_at } else { now.plus(CODE_LASTS).min(closes_at) },
        closes_at,
        notify_url,
        created_at: now,
        closed_at: None,
        paid: None,
        refunds: Vec::new(),
    };
    let answer = json!({"out_trade_no": trade.out_trade_no, "qr_code": trade.code});
    state.trades.push(trade);
    if is_page {
        engine.announce(state, state.trades.len() - 1, crate::platform::Kind::Waiting, now);
    }
    Ok(answer)
}

/// A create call for a number that exists.
fn create_again(trade: &Trade, request: &Request, product: &str) -> Result<Value, Answer> {
    if trade.parameters != Value::Object(request.biz.clone()) {
        return Err(Answer::wrong("ACQ.CONTEXT_INCONSISTENT", "the same number, other words"));
    }
    match trade.stage {
        Stage::Paid => Err(Answer::error("ACQ.TRADE_HAS_SUCCESS")),
        Stage::Finished => Err(Answer::error("ACQ.TRADE_HAS_FINISHED")),
        Stage::Closed => Err(Answer::error("ACQ.TRADE_HAS_CLOSE")),
        _ if product == "QR_CODE_OFFLINE" => Err(Answer::error("ACQ.APPLY_PC_MERCHANT_CODE_ERROR")),
        _ => Ok(json!({"out_trade_no": trade.out_trade_no, "qr_code": trade.code})),
    }
}

/// The index of the trade. `trade_no` takes precedence, and an unscanned trade does not exist.
fn locate(state: &State, biz: &Biz<'_>) -> Result<usize, Answer> {
    let index = match (biz.text("trade_no", 64)?, biz.number("out_trade_no")?) {
        (Some(trade_no), _) => state.trades.iter().position(|trade| trade.trade_no == trade_no),
        (None, Some(out_trade_no)) => state.find(out_trade_no),
        (None, None) => return Err(invalid("neither trade_no nor out_trade_no")),
    };
    let index = index.filter(|index| state.trades[*index].stage != Stage::Unscanned);
    index.ok_or_else(|| Answer::error("ACQ.TRADE_NOT_EXIST"))
}

fn query(state: &State, biz: &Biz<'_>) -> Result<Value, Answer> {
    biz.only(&["out_trade_no", "trade_no", "query_options"])?;
    let trade = &state.trades[locate(state, biz)?];
    let (charged, coupon) = trade.paid.map_or((trade.total, trade.total), |paid| (paid.charged, paid.coupon));
    let received = yuan(charged - coupon);
    let mut answer = json!({
        "trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "buyer_logon_id": "own***@example.com",
        "trade_status": super::status(trade), "total_amount": yuan(charged), "receipt_amount": received,
        "buyer_pay_amount": received, "invoice_amount": received, "point_amount": "0.00",
    });
    if let Some(paid) = trade.paid {
        answer["send_pay_date"] = json!(wall(paid.at));
        answer["fund_bill_list"] = json!([{"fund_channel": "ALIPAYACCOUNT", "amount": received}]);
    }
    if let Some(passed_back) = trade.parameters.get("passback_params") {
        answer["passback_params"] = passed_back.clone();
    }
    Ok(answer)
}

fn close(state: &mut State, biz: &Biz<'_>, now: Timestamp) -> Result<Value, Answer> {
    biz.only(&["out_trade_no", "trade_no"])?;
    let index = locate(state, biz)?;
    let trade = &mut state.trades[index];
    match trade.stage {
        Stage::Waiting => trade.close(now),
        Stage::Closed => return Err(Answer::error("ACQ.REASON_TRADE_STATUS_INVALID")),
        _ => return Err(Answer::error("ACQ.TRADE_STATUS_ERROR")),
    }
    Ok(json!({"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no}))
}

fn refund(engine: &Engine<Front>, state: &mut State, biz: &Biz<'_>, now: Timestamp) -> Result<Value, Answer> {
    biz.only(&["out_trade_no", "trade_no", "refund_amount", "out_request_no", "refund_reason"])?;
    biz.text("refund_reason", 256)?;
    let (amount, number) = (biz.amount("refund_amount")?, biz.number("out_request_no")?);
    let index = locate(state, biz)?;
    let trade = &state.trades[index];
    if number.is_none() && amount != trade.charged() {
        return Err(invalid("a part can be given back only under a number of its own"));
    }
    let number = number.unwrap_or(&trade.out_trade_no).to_owned();
    let former = trade.refund(&number).filter(|former| former.state != RefundState::Closed);
    if former.is_some_and(|former| former.amount != amount) {
        return Err(Answer::wrong("ACQ.DISCORDANT_REPEAT_REQUEST", "the same number, another amount"));
    }
    let is_new = former.is_none();
    if is_new {
        refundable(trade, amount, now)?;
        let notify_url = trade.notify_url.clone();
        engine.begin_refund(state, index, (&number, amount, &notify_url), now);
    }
    let trade = &state.trades[index];
    let is_done = trade.refund(&number).is_some_and(|refund| refund.state == RefundState::Success);
    Ok(json!({
        "trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "buyer_logon_id": "own***@example.com",
        // The sum of all refunds of the trade.
        "refund_fee": yuan(trade.refunded()),
        // Of this request: a repeated request changes nothing.
        "fund_change": if is_new && is_done { "Y" } else { "N" },
    }))
}

fn refundable(trade: &Trade, amount: i64, now: Timestamp) -> Result<(), Answer> {
    let is_over = trade.paid.is_some_and(|paid| now.since(paid.at) > REFUNDABLE);
    match trade.stage {
        Stage::Finished => return Err(Answer::error("ACQ.TRADE_HAS_FINISHED")),
        Stage::Paid if is_over => return Err(Answer::error("ACQ.TRADE_HAS_FINISHED")),
        Stage::Paid => {}
        Stage::Closed => return Err(Answer::error("ACQ.TRADE_HAS_CLOSE")),
        Stage::Waiting | Stage::Unscanned => return Err(Answer::error("ACQ.TRADE_STATUS_ERROR")),
    }
    let (allocated, charged) = (trade.allocated(), trade.charged());
    match allocated + amount > charged {
        true if allocated == 0 => Err(Answer::wrong("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "more than was paid")),
        true => Err(Answer::wrong("ACQ.REASON_TRADE_REFUND_FEE_ERR", "more than is left")),
        false => Ok(()),
    }
}

/// Queries a refund. The answer is an empty success if the refund does not exist or is not done.
fn refund_query(state: &State, biz: &Biz<'_>) -> Result<Value, Answer> {
    biz.only(&["out_trade_no", "trade_no", "out_request_no", "query_options"])?;
    let number = biz.number("out_request_no")?.ok_or_else(|| invalid("no out_request_no"))?;
    let trade = &state.trades[locate(state, biz)?];
    let Some(refund) = trade.refund(number).filter(|refund| refund.state == RefundState::Success) else {
        return Ok(json!({}));
    };
    Ok(json!({
        "trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "out_request_no": refund.number,
        "total_amount": yuan(trade.charged()), "refund_amount": yuan(refund.amount), "refund_status": "REFUND_SUCCESS",
    }))
}
