//! Words of the pages of errors. A code without a sentence does not compile.

use serde_json::Value;

use crate::http::problem::field_code::FieldCode;
use crate::http::problem::{Code, FieldError};

/// Words of the pages of errors.
#[derive(Debug)]
pub struct Failure {
    /// Title if the session has ended.
    pub signed_out: &'static str,
    /// Title if something is not allowed.
    pub forbidden: &'static str,
    /// Title if a page does not exist.
    pub not_found: &'static str,
    /// Title if the shop cannot answer at present.
    pub busy: &'static str,
    /// Title of an internal error.
    pub internal: &'static str,
    /// Title if the state does not allow an act.
    pub conflict: &'static str,
    /// Title of a request that is not valid.
    pub invalid: &'static str,
    /// Advice on how to return.
    pub back: &'static str,
    /// Link to the first page.
    pub home: &'static str,
    /// The meaning of a code.
    pub refusal: fn(Code) -> &'static str,
    /// The sentence about a field; `None` for the detail that the error has. False if it leaves the rule to that detail.
    pub field: fn(&FieldError) -> Option<(String, bool)>,
    /// Reasons that pages have for a refusal.
    pub reasons: Reasons,
}

/// Reasons that pages have for a refusal.
#[derive(Debug)]
pub struct Reasons {
    /// A form of another site.
    pub foreign: &'static str,
    /// A preview that was made in another session.
    pub other_session: &'static str,
    /// A preview that is too old.
    pub too_old: &'static str,
    /// No answer within the time limit of a request.
    pub unanswered: &'static str,
    /// More live pages than this process serves.
    pub too_many_pages: &'static str,
    /// A file that differs from the one in the preview.
    pub other_file: &'static str,
}

impl Reasons {
    /// All of them, in the same order in each language.
    #[must_use]
    pub const fn all(&self) -> [&'static str; 6] {
        [self.foreign, self.other_session, self.too_old, self.unanswered, self.too_many_pages, self.other_file]
    }
}

/// The words in English.
pub const ENGLISH: Failure = Failure {
    signed_out: "You are signed out",
    forbidden: "Not allowed",
    not_found: "There is no such page",
    busy: "Busy: try again in a moment",
    internal: "Something went wrong",
    conflict: "This is not possible now",
    invalid: "The input is not valid",
    back: "The Back button of the browser returns to what you have entered.",
    home: "To the first page",
    refusal: Code::detail,
    field: |_| None,
    reasons: Reasons {
        foreign: "The request does not come from a page of this server",
        other_session: "The preview is not of this session: open the page again",
        too_old: "The preview is older than an hour: open the page again",
        unanswered: "There was no answer in time, and the outcome is not known yet: look before you try again",
        too_many_pages: "Too many pages are open",
        other_file: "The file is not the one that was compared",
    },
};

/// The words in Chinese.
pub const CHINESE: Failure = Failure {
    signed_out: "您已退出登录",
    forbidden: "不允许",
    not_found: "页面不存在",
    busy: "系统繁忙，请稍后再试",
    internal: "系统出错",
    conflict: "当前无法执行",
    invalid: "输入无效",
    back: "使用浏览器的“后退”按钮可回到您填写的内容。",
    home: "返回首页",
    refusal: refusal_in_chinese,
    field: field_in_chinese,
    reasons: Reasons {
        foreign: "该请求并非来自本服务器的页面",
        other_session: "该预览不属于当前会话：请重新打开页面",
        too_old: "该预览已超过一小时：请重新打开页面",
        unanswered: "未能及时得到答复，结果尚不明确：请先查看再重试",
        too_many_pages: "打开的页面过多",
        other_file: "该文件与比对时的文件不同",
    },
};

fn refusal_in_chinese(code: Code) -> &'static str {
    match code {
        Code::MalformedRequest => "请求格式有误",
        Code::Unauthenticated => "需要登录",
        Code::OneTimeCodeRequired => "需要一次性验证码",
        Code::SecondFactorRequired => "须先设置两步验证",
        Code::SecondFactorExists => "已设置两步验证",
        Code::InvalidSignature => "签名无效",
        Code::Forbidden => "不允许此操作",
        Code::NotFound => "未找到",
        Code::MethodNotAllowed => "不支持此请求方法",
        Code::RequestTimeout => "请求接收超时",
        Code::IdempotencyKeyInUse => "使用该幂等键的首个请求仍在处理中",
        Code::UserNameTaken => "用户名已被使用",
        Code::GoodsOffSale => "商品已下架",
        Code::InsufficientStock => "库存不足",
        Code::InsufficientBalance => "余额不足",
        Code::CouponAlreadyUsed => "优惠券已用于其他订单",
        Code::OrderDeadlinePassed => "未能及时完成下单",
        Code::TooManyUnpaidOrders => "未支付订单过多",
        Code::TooManyUnpaidUnits => "未支付订单中的商品数量过多",
        Code::TooManyUnitsInAll => "未支付订单中的商品总数过多",
        Code::OrderNotPayable => "订单当前无法支付",
        Code::OrderNotCancellable => "订单当前无法取消",
        Code::OrderNotShippable => "订单当前无法发货",
        Code::OrderNotReceivable => "订单当前无法确认收货",
        Code::OrderNotRefundable => "订单当前无法退款",
        Code::PaymentNotClosable => "支付当前无法关闭",
        Code::AlreadyDecided => "已作出决定",
        Code::DecisionNotPossible => "该决定不适用",
        Code::InvalidNotice => "通知无效",
        Code::NoStatement => "没有可供比对的账单",
        Code::CursorBeyondEnd => "游标超出了最后一个事件",
        Code::WebhookDisabled => "该 Webhook 已停用",
        Code::TradeNotOpen => "交易已结束",
        Code::PreconditionFailed => "内容在此期间已被修改",
        Code::PayloadTooLarge => "请求内容过大",
        Code::HeadTooLarge => "请求头过大",
        Code::UnsupportedMediaType => "不支持该内容类型",
        Code::InvalidRequest => "请求内容无效",
        Code::IdempotencyKeyReused => "该幂等键已用于另一请求",
        Code::GoodsNotFound => "商品不存在",
        Code::CouponNotFound => "优惠券不存在",
        Code::GoodsPriceMismatch => "价格已变动",
        Code::ShippingFeeMismatch => "运费已变动",
        Code::OrderAmountMismatch => "订单合计已变动",
        Code::OrderAmountTooHigh => "订单金额超过 9999999999.99",
        Code::MoneyPaidTooHigh => "使用的余额超过应付金额",
        Code::Internal => "内部错误",
        Code::TooManyRequests => "请求过于频繁，请稍后再试",
        Code::AccountProtected => "该账户不可更改",
        Code::TooManySignIns => "登录失败次数过多，请稍后再试",
        Code::Busy => "系统繁忙，请重试",
        Code::PlatformUnavailable => "支付平台没有响应",
        Code::NotReady => "尚未就绪",
    }
}

/// The sentence about a field. The rule of a value that is not valid is in the detail only.
fn field_in_chinese(error: &FieldError) -> Option<(String, bool)> {
    if let Some(refusal) = Code::ALL.iter().find(|code| code.name() == error.code) {
        return Some((refusal_in_chinese(*refusal).to_owned(), true));
    }
    let member = |name: &str| error.member(name).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    let whole = |sentence: &str| (sentence.to_owned(), true);
    let sentence = match FieldCode::ALL.into_iter().find(|code| code.name() == error.code)? {
        FieldCode::Required => whole("必填"),
        FieldCode::UnknownField => whole("没有此字段"),
        FieldCode::DuplicateField => whole("重复出现"),
        FieldCode::WrongType => ("类型不正确".to_owned(), false),
        FieldCode::UnknownWord => match error.member("allowed").and_then(Value::as_array) {
            Some(words) if !words.is_empty() => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                (format!("必须是以下之一：{}", words.join("、")), true)
            }
            _ => whole("目前没有允许的值"),
        },
        FieldCode::InvalidValue => ("值无效".to_owned(), false),
        FieldCode::TooHigh => (member("max").map_or("值过大".to_owned(), |max| format!("最大为 {max}")), true),
        FieldCode::OutOfRange => {
            let now = ["available", "user_money"].into_iter().find_map(member);
            (now.map_or("结果超出范围".to_owned(), |now| format!("结果超出范围，当前为 {now}")), true)
        }
        FieldCode::NotFound => whole("不存在"),
        FieldCode::TokenMissing => whole("缺少令牌"),
        FieldCode::TokenExpired => whole("已过期，请重新登录"),
        FieldCode::TokenInvalid => whole("令牌无效"),
        FieldCode::ScopeMissing => whole("该密钥没有所需的权限"),
        FieldCode::CommonPassword => whole("该密码过于常见"),
        FieldCode::PasswordIsName => whole("密码与用户名过于相似"),
        FieldCode::WrongPassword => whole("密码不正确"),
        FieldCode::ReservedName => whole("该名称保留给商店使用"),
        FieldCode::WrongOneTimeCode => whole("验证码不正确或已使用过"),
    };
    Some(sentence)
}
