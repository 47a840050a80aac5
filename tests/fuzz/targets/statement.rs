//! The statements of the platforms, as files that anybody may have changed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost::gateway::{alipay, wechat};
use tradepost::sandbox::statement::{HEAD, read};
use tradepost_fuzz::seed;

const LINES: &str = "77,sb1,payment,,880.00,2026-01-02T03:04:05Z\n77,sb1,refund,78,20.00,2026-01-03T03:04:05Z\n";
const ALIPAY: &str = "支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号\n\
                      1,77,交易,2026-01-02 03:04:05,1.00,1.00,\n#交易合计：1笔，商家实收共1.00元\n#退款合计：0笔，共0.00元\n";
const WECHAT: &str = "交易时间,微信订单号,商户订单号,交易状态,订单金额\n\
                      `2026-01-02 03:04:05,`1,`77,`SUCCESS,`1.00\n总交易单数,订单总金额\n`1,`1.00\n";

const ALIPAY_FUNDS: &str = "账务流水号,业务流水号,商户订单号,发生时间,收入金额（+元）,支出金额（-元）,业务类型\n\
                            1,2,77,2026-01-02 03:04:05,1.00,0.00,在线支付\n#支出合计：0笔，共0.00元\n#收入合计：1笔，共1.00元\n";
const WECHAT_FUNDS: &str = "记账时间,微信支付业务单号,资金流水单号,业务类型,收支类型,收支金额(元),备注,业务凭证号\n\
                            `2026-01-02 03:04:05,`1,`1,`交易,`收入,`1.00,`,`77\n\
                            资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n`1,`1,`1.00,`0,`0.00\n";

fuzz_target!(
    init: seed([
        format!("{HEAD}{LINES}"),
        HEAD.to_owned(),
        ALIPAY.to_owned(),
        WECHAT.to_owned(),
        ALIPAY_FUNDS.to_owned(),
        WECHAT_FUNDS.to_owned(),
    ]),
    |input: &[u8]| {
        for reader in [read, alipay::bill::read, wechat::bill::read] {
            if let Ok(statement) = reader(input) {
                assert!(statement.from <= statement.until && !statement.entries.iter().any(|e| e.amount < Default::default()));
            }
        }
        for reader in [alipay::funds::read, wechat::funds::read] {
            if let Ok(statement) = reader(input) {
                assert!(statement.from <= statement.until && !statement.movements.iter().any(|m| m.amount < Default::default()));
            }
        }
    }
);
