//! The requests to WeChat Pay, and the rules of their fields.

use serde_json::{Map, Value};

use super::Account;
use crate::platform::fault::Op;
use crate::platform::front::Answer;
use crate::platform::server::RawRequest;

const TRANSACTIONS: &str = "/v3/pay/transactions/";
const REFUNDS: &str = "/v3/refund/domestic/refunds";
/// The path of the files of bills.
pub const BILL_PATH: &str = "/v3/billdownload/file";

/// A request with a valid signature.
#[derive(Debug)]
pub enum Request {
    /// Trade type (`NATIVE`, `JSAPI`, `MWEB`) and body.
    Prepay(&'static str, Map<String, Value>),
    Query(String),
    QueryById(String),
    Close(String),
    Refund(Map<String, Value>),
    RefundQuery(String),
    Certificates,
    /// The day of a bill, and whether it is that of funds.
    Bill(String, bool),
    BillFile(String, bool),
}

impl Request {
    pub fn op(&self) -> Op {
        match self {
            Self::Prepay(..) => Op::Create,
            Self::Query(_) | Self::QueryById(_) => Op::Query,
            Self::Close(_) => Op::Close,
            Self::Refund(_) => Op::Refund,
            Self::RefundQuery(_) => Op::RefundQuery,
            Self::Certificates => Op::Certificates,
            Self::Bill(..) => Op::Bill,
            Self::BillFile(..) => Op::BillFile,
        }
    }

    /// The shop's number of the trade, or of the refund if the request names no trade.
    pub fn number(&self) -> &str {
        match self {
            Self::Prepay(_, body) | Self::Refund(body) => {
                body.get("out_trade_no").and_then(Value::as_str).unwrap_or_default()
            }
            Self::Query(number) | Self::Close(number) | Self::RefundQuery(number) => number,
            Self::Certificates | Self::QueryById(_) | Self::Bill(..) | Self::BillFile(..) => "",
        }
    }
}

pub fn wrong(why: &str) -> Answer {
    Answer::wrong("PARAM_ERROR", why)
}

/// Reads a request.
///
/// # Errors
/// The answer to a request that cannot be understood.
pub fn read(account: &Account, request: &RawRequest) -> Result<Request, Answer> {
    let unknown = || Answer::wrong("INVALID_REQUEST", "there is no such interface");
    let path = request.target.split('?').next().unwrap_or_default();
    let query = request.query();
    match request.method.as_str() {
        "POST" if !query.is_empty() => Err(wrong("a query where none belongs")),
        "POST" => post(account, path, body(request)?).unwrap_or_else(|| Err(unknown())),
        "GET" if !request.body.is_empty() => Err(wrong("a body where none belongs")),
        "GET" => get(account, path, query).unwrap_or_else(|| Err(unknown())),
        _ => Err(unknown()),
    }
}

fn post(account: &Account, path: &str, body: Map<String, Value>) -> Option<Result<Request, Answer>> {
    if path == REFUNDS {
        return Some(Ok(Request::Refund(body)));
    }
    let request = match path.strip_prefix(TRANSACTIONS)? {
        "native" => Request::Prepay("NATIVE", body),
        "jsapi" => Request::Prepay("JSAPI", body),
        "h5" => Request::Prepay("MWEB", body),
        rest => {
            let number = decoded(rest.strip_prefix("out-trade-no/")?.strip_suffix("/close")?);
            let is_ours = body.len() == 1 && body.get("mchid").and_then(Value::as_str) == Some(&account.mchid);
            return Some(if is_ours { Ok(Request::Close(number)) } else { Err(wrong("the body is not our mchid")) });
        }
    };
    Some(Ok(request))
}

fn get(account: &Account, path: &str, query: &str) -> Option<Result<Request, Answer>> {
    if let Some(number) = path.strip_prefix(REFUNDS).and_then(|rest| rest.strip_prefix('/')) {
        return Some(Ok(Request::RefundQuery(decoded(number))));
    }
    if path == "/v3/certificates" && query.is_empty() {
        return Some(Ok(Request::Certificates));
    }
    if path == "/v3/bill/tradebill" {
        let day = query.strip_prefix("bill_date=").and_then(|rest| rest.strip_suffix("&bill_type=ALL"));
        return Some(
            day.map(|day| Request::Bill(day.to_owned(), false)).ok_or_else(|| wrong("no day of a bill of all trades")),
        );
    }
    if path == "/v3/bill/fundflowbill" {
        let day = query.strip_prefix("bill_date=").and_then(|rest| rest.strip_suffix("&account_type=BASIC"));
        let request = day.map(|day| Request::Bill(day.to_owned(), true));
        return Some(request.ok_or_else(|| wrong("no day of a bill of the basic account")));
    }
    if path == BILL_PATH {
        let token = query.strip_prefix("token=")?;
        let (day, is_funds) = token.strip_suffix("-funds").map_or((token, false), |day| (day, true));
        return Some(Ok(Request::BillFile(day.to_owned(), is_funds)));
    }
    let rest = path.strip_prefix(TRANSACTIONS)?;
    let request = match rest.strip_prefix("out-trade-no/") {
        Some(number) => Request::Query(decoded(number)),
        None => Request::QueryById(decoded(rest.strip_prefix("id/")?)),
    };
    if query != format!("mchid={}", account.mchid) {
        return Some(Err(wrong("the query does not say our mchid, and nothing else")));
    }
    Some(Ok(request))
}

/// The number in a part of a path.
fn decoded(part: &str) -> String {
    let pair = format!("n={}", part.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn body(request: &RawRequest) -> Result<Map<String, Value>, Answer> {
    serde_json::from_slice(&request.body).map_err(|_| wrong("the body is no JSON object"))
}

/// The fields of a body.
pub struct Fields<'a>(pub &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// Only these fields are allowed, so that a misspelt name is found.
    pub fn only(&self, names: &[&str]) -> Result<(), Answer> {
        match self.0.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => Err(wrong(&format!("unknown field {name}"))),
            None => Ok(()),
        }
    }

    /// An optional text of 1 to `longest` characters.
    pub fn text(&self, name: &str, longest: usize) -> Result<Option<&'a str>, Answer> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.as_str().filter(|text| (1..=longest).contains(&text.chars().count()));
        text.map(Some).ok_or_else(|| wrong(&format!("{name} is {value}")))
    }

    pub fn must(&self, name: &str, longest: usize) -> Result<&'a str, Answer> {
        self.text(name, longest)?.ok_or_else(|| wrong(&format!("no {name}")))
    }

    pub fn is(&self, name: &str, value: &str) -> Result<(), Answer> {
        match self.must(name, 128)? {
            found if found == value => Ok(()),
            found => Err(wrong(&format!("{name} is {found}"))),
        }
    }

    /// A number of the shop with `shortest` to `longest` characters: letters, digits and those in `more`.
    pub fn number(&self, name: &str, shortest: usize, longest: usize, more: &[u8]) -> Result<&'a str, Answer> {
        let text = self.must(name, longest)?;
        let is_good = text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
        if is_good && text.len() >= shortest { Ok(text) } else { Err(wrong(&format!("{name} is {text}"))) }
    }

    /// Fen, at least one, as an integer.
    pub fn fen(&self, name: &str) -> Result<i64, Answer> {
        let fen = self.0.get(name).and_then(Value::as_i64).filter(|fen| *fen >= 1);
        fen.ok_or_else(|| wrong(&format!("{name} is {:?}", self.0.get(name))))
    }

    /// An object.
    pub fn object(&self, name: &str) -> Result<Fields<'a>, Answer> {
        self.0.get(name).and_then(Value::as_object).map(Fields).ok_or_else(|| wrong(&format!("no {name}")))
    }

    /// The address for notices: with https and without a query.
    pub fn notify_url(&self, longest: usize) -> Result<Option<&'a str>, Answer> {
        match self.text("notify_url", longest)? {
            Some(url) if !url.starts_with("https://") || url.contains(['?', '#', ' ']) => {
                Err(wrong(&format!("notify_url is {url}")))
            }
            url => Ok(url),
        }
    }
}
