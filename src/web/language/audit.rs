//! The page of the audit.

/// Words of the page of the audit.
#[derive(Debug)]
pub struct Audit {
    /// Title of the page.
    pub title: &'static str,
    /// Button that starts an audit.
    pub run: &'static str,
    /// An audit is running.
    pub running: &'static str,
    /// Orders that the running audit has checked.
    pub orders_checked: &'static str,
    /// Link that loads the page again.
    pub reload: &'static str,
    /// No audit was run.
    pub never: &'static str,
    /// Before the time of the audit.
    pub checked_at: &'static str,
    /// Verdict of the audit.
    pub all_hold: &'static str,
    /// Verdict of the audit.
    pub some_violated: &'static str,
    /// Heading of a column.
    pub invariant: &'static str,
    /// Heading: number of checked items.
    pub checked: &'static str,
    /// Heading: number of violations.
    pub violations: &'static str,
    /// State of an invariant.
    pub holds: &'static str,
    /// State of an invariant.
    pub violated: &'static str,
    /// Note on the number of violations.
    pub shown: &'static str,
    /// Meaning of an invariant.
    pub stock_ledger: &'static str,
    /// Meaning of an invariant.
    pub stock_order: &'static str,
    /// Meaning of an invariant.
    pub money_ledger: &'static str,
    /// Meaning of an invariant.
    pub money_order: &'static str,
    /// Meaning of an invariant.
    pub coupon_once: &'static str,
    /// Meaning of an invariant.
    pub order_arithmetic: &'static str,
    /// Meaning of an invariant.
    pub paid_exactly: &'static str,
    /// Meaning of an invariant.
    pub refund_bounded: &'static str,
    /// Meaning of an invariant.
    pub no_dead_money: &'static str,
    /// Meaning of an invariant.
    pub points_once: &'static str,
    /// Meaning of an invariant.
    pub outbox_effect: &'static str,
    /// Meaning of an invariant.
    pub inbox_settled: &'static str,
    /// Meaning of an invariant.
    pub no_order_stuck: &'static str,
    /// Meaning of an invariant.
    pub no_moment_ahead: &'static str,
    /// Meaning of an invariant.
    pub one_key_one_order: &'static str,
    /// Meaning of an invariant.
    pub status_legal: &'static str,
    /// Meaning of an invariant.
    pub notice_kept: &'static str,
    /// Meaning of an invariant.
    pub payment_matches: &'static str,
    /// Meaning of an invariant.
    pub payment_watched: &'static str,
    /// Meaning of an invariant.
    pub refund_made: &'static str,
    /// Meaning of an invariant.
    pub times_in_order: &'static str,
    /// Meaning of an invariant.
    pub journal_complete: &'static str,
    /// Meaning of an invariant.
    pub rows_have_owner: &'static str,
    /// Meaning of an invariant.
    pub files_intact: &'static str,
    /// Meaning of an invariant.
    pub chain_intact: &'static str,
    /// Meaning of an invariant.
    pub ledger_chained: &'static str,
}

/// The words in English.
pub const ENGLISH: Audit = Audit {
    title: "Audit",
    run: "Run now",
    running: "An audit is running.",
    orders_checked: "orders checked",
    reload: "Reload",
    never: "No audit was run since the start of this process.",
    checked_at: "Checked at",
    all_hold: "Every invariant holds.",
    some_violated: "Some rows violate an invariant.",
    invariant: "Invariant",
    checked: "Checked",
    violations: "Violations",
    holds: "holds",
    violated: "violated",
    shown: "The first 100 violations of each are shown.",
    stock_ledger: "The stock of goods is what its log says.",
    stock_order: "An order holds the stock of its lines while it lives, and none after that.",
    money_ledger: "The balance of a customer is what its log says.",
    money_order: "An order took the balance that it says, and gave it back if it ended.",
    coupon_once: "A coupon is used by one order at most.",
    order_arithmetic: "The amounts of an order add up.",
    paid_exactly: "A paid order has exactly one payment of its amount.",
    refund_bounded: "No more is refunded than was paid.",
    no_dead_money: "Money for an order that has ended is given back.",
    points_once: "Points are added once, and their sum is the score.",
    outbox_effect: "A delivered message has had its effect.",
    inbox_settled: "No message was left half-way.",
    no_order_stuck: "No order is stuck.",
    no_moment_ahead: "No stored moment is further ahead than the settings allow.",
    one_key_one_order: "One key led to one order.",
    status_legal: "The states of an order fit each other and its times.",
    notice_kept: "Each notification is kept, and has had its effect or a reason.",
    payment_matches: "A payment agrees with its order.",
    payment_watched: "The platform is asked for every payment that may still be paid.",
    refund_made: "A refund that was asked for is made, under way or parked.",
    times_in_order: "Times follow each other.",
    journal_complete: "Each act of an operator is in the journal.",
    rows_have_owner: "Each row belongs to something that exists.",
    files_intact: "The files of the stores are intact.",
    chain_intact: "The chains of the ledgers are unbroken.",
    ledger_chained: "Each row of a ledger is on its chain.",
};

/// The words in Chinese.
pub const CHINESE: Audit = Audit {
    title: "审计",
    run: "立即运行",
    running: "审计正在运行。",
    orders_checked: "个订单已检查",
    reload: "刷新",
    never: "本进程启动后尚未运行审计。",
    checked_at: "检查时间",
    all_hold: "所有不变式均成立。",
    some_violated: "部分数据违反不变式。",
    invariant: "不变式",
    checked: "已检查",
    violations: "违反数",
    holds: "成立",
    violated: "不成立",
    shown: "每项最多显示前 100 条。",
    stock_ledger: "商品库存与库存日志一致。",
    stock_order: "订单有效期间占用其明细的库存，结束后全部归还。",
    money_ledger: "顾客余额与余额日志一致。",
    money_order: "订单扣减的余额与记录一致，终止后已退回。",
    coupon_once: "每张优惠券最多被一个订单使用。",
    order_arithmetic: "订单各项金额相加无误。",
    paid_exactly: "已支付订单恰好有一笔等额支付。",
    refund_bounded: "退款不超过已付金额。",
    no_dead_money: "已终止订单的款项都已退回。",
    points_once: "积分只发放一次，且合计等于积分余额。",
    outbox_effect: "已投递的消息都已生效。",
    inbox_settled: "没有处理到一半的消息。",
    no_order_stuck: "没有卡住的订单。",
    no_moment_ahead: "没有超出设置允许范围的未来时刻。",
    one_key_one_order: "一个幂等键只对应一个订单。",
    status_legal: "订单各状态与时间相互吻合。",
    notice_kept: "每条通知都已保存，且已生效或有拒绝原因。",
    payment_matches: "支付与其订单一致。",
    payment_watched: "凡可能仍被支付的款项，都在向平台查询。",
    refund_made: "请求的退款已完成、进行中或待处理。",
    times_in_order: "时间先后有序。",
    journal_complete: "管理员的每次操作都有记录。",
    rows_have_owner: "每行数据都有所属对象。",
    files_intact: "存储文件完好。",
    chain_intact: "账本链条完整。",
    ledger_chained: "账本的每一行都在链上。",
};

impl Audit {
    /// The meaning of the invariant `name`; the name itself if it has no sentence.
    #[must_use]
    pub fn meaning<'a>(&'a self, name: &'a str) -> &'a str {
        match name {
            "stock_ledger" => self.stock_ledger,
            "stock_order" => self.stock_order,
            "money_ledger" => self.money_ledger,
            "money_order" => self.money_order,
            "coupon_once" => self.coupon_once,
            "order_arithmetic" => self.order_arithmetic,
            "paid_exactly" => self.paid_exactly,
            "refund_bounded" => self.refund_bounded,
            "no_dead_money" => self.no_dead_money,
            "points_once" => self.points_once,
            "outbox_effect" => self.outbox_effect,
            "inbox_settled" => self.inbox_settled,
            "no_order_stuck" => self.no_order_stuck,
            "no_moment_ahead" => self.no_moment_ahead,
            "one_key_one_order" => self.one_key_one_order,
            "status_legal" => self.status_legal,
            "notice_kept" => self.notice_kept,
            "payment_matches" => self.payment_matches,
            "payment_watched" => self.payment_watched,
            "refund_made" => self.refund_made,
            "times_in_order" => self.times_in_order,
            "journal_complete" => self.journal_complete,
            "rows_have_owner" => self.rows_have_owner,
            "files_intact" => self.files_intact,
            "chain_intact" => self.chain_intact,
            "ledger_chained" => self.ledger_chained,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::NAMES;

    #[test]
    fn every_invariant_has_a_sentence() {
        for words in [&ENGLISH, &CHINESE] {
            for name in NAMES {
                assert_ne!(words.meaning(name), name);
            }
        }
    }
}
