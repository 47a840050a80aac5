//! Fund statements of the platforms against the shop's books, and reconciliations that an operator asks for over HTTP.

use encoding_rs::GBK;
use serde_json::{Value, json};
use tradepost::cli::reconcile::{self, Arguments};
use tradepost::gateway::statement::Bill;
use tradepost::gateway::statement::day::Day;
use tradepost::gateway::statement::text;
use tradepost::reconcile::{Kind, Report};

use super::bill::{DAY, at_noon, counts, settings, today, two_payments_and_a_refund};
use crate::on_each_platform;
use crate::platform::Sending;
use crate::support::{Answer, Platform, Shop};

on_each_platform!(
    a_days_funds_equal_the_books_and_show_the_fees,
    each_class_of_difference_in_the_funds_is_reported_and_repairs_nothing,
    a_fund_statement_that_was_cut_or_is_another_is_refused,
    an_operator_reconciles_a_day_over_http,
);

async fn download<F: Platform>(shop: &Shop<F>, day: Day, apply: bool) -> anyhow::Result<Report> {
    let arguments = Arguments { provider: F::PRODUCTS[0], bill: Bill::Funds, apply };
    reconcile::reconcile_day(&settings(shop), &arguments, day, &shop.app.clock).await
}

async fn from_file<F: Platform>(shop: &Shop<F>, bill: impl AsRef<[u8]>) -> anyhow::Result<Report> {
    let arguments = Arguments { provider: F::PRODUCTS[1], bill: Bill::Funds, apply: true };
    reconcile::reconcile(&settings(shop), &arguments, bill).await
}

async fn a_days_funds_equal_the_books_and_show_the_fees<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    two_payments_and_a_refund(&shop).await;
    let too_early = download(&shop, day, true).await.unwrap_err().to_string();
    assert!(too_early.contains(&format!("no statement of {day}")), "{too_early}");
    shop.app.clock.advance(DAY);
    let before = shop.app.rows();
    let file = shop.platform.funds(&day.to_string());
    let bare = text::unpack(&file).unwrap().remove(0).replace(['`', '\t', '\u{FEFF}'], "").replace("\r\n", "\n");
    for report in [
        download(&shop, day, false).await.unwrap(),
        download(&shop, day, true).await.unwrap(),
        from_file(&shop, &file).await.unwrap(),
        from_file(&shop, &bare).await.unwrap(),
        from_file(&shop, GBK.encode(&bare).0).await.unwrap(),
        from_file(&shop, bare.replace(',', "\t")).await.unwrap(),
    ] {
        assert_eq!((counts(&report), report.repaired), ([3, 0, 0, 0, 0], 0), "{report:?}");
        // Each charge costs 6.00.
        let funds = serde_json::to_value(report.funds).unwrap();
        let expected =
            json!({"charged": "2000.00", "refunded": "10.00", "fees": "12.00", "other": "0.00", "change": "1978.00"});
        assert_eq!(funds, expected);
    }
    assert_eq!(shop.app.rows(), before);
    shop.finish().await;
}

async fn each_class_of_difference_in_the_funds_is_reported_and_repairs_nothing<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    let [first, second] = two_payments_and_a_refund(&shop).await;
    let third = shop.another(F::PRODUCTS[0], "third").await;
    shop.pay_and_settle(&third.pay_id).await;
    let lost = shop.another(F::PRODUCTS[1], "lost").await;
    shop.platform.notices_of(&lost.pay_id, Sending::lost());
    shop.pay_and_settle(&lost.pay_id).await;
    shop.app.clock.advance(DAY);
    // The platform has booked another amount of the refund, nothing of the second payment, and another amount of the
    // third. The shop does not know yet that the last one is paid.
    let third_id = third.pay_id.clone();
    shop.platform.bills().change(move |trades| {
        trades.retain(|trade| trade.out_trade_no != second.pay_id);
        for trade in trades.iter_mut() {
            trade.refunds.iter_mut().for_each(|refund| refund.amount -= 1);
            if trade.out_trade_no == third_id {
                trade.paid.as_mut().unwrap().charged += 1;
            }
        }
    });
    let before = shop.app.rows();
    for apply in [false, true, true] {
        let report = download(&shop, day, apply).await.unwrap();
        assert_eq!((counts(&report), report.repaired), ([1, 1, 1, 2, 0], 0), "{report:?}");
        let of_first: Vec<_> = report.differences.iter().filter(|found| found.out_trade_no == first.pay_id).collect();
        assert_eq!((of_first.len(), of_first[0].kind, of_first[0].theirs.as_str()), (1, Kind::Amount, "refunded 9.99"));
    }
    assert_eq!(shop.app.rows(), before);
    shop.platform.bills().restore();
    shop.finish().await;
}

async fn a_fund_statement_that_was_cut_or_is_another_is_refused<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    two_payments_and_a_refund(&shop).await;
    shop.app.clock.advance(DAY);
    let (bill, funds) = (shop.platform.bill(&day.to_string()), shop.platform.funds(&day.to_string()));
    let text = text::unpack(&funds).unwrap().remove(0);
    let lines: Vec<&str> = text.lines().collect();
    let cut = |left_out: &dyn Fn(&str) -> bool| {
        lines.iter().copied().filter(|line| !left_out(line)).collect::<Vec<_>>().join("\n")
    };
    for (wrong, why) in [
        (cut(&|line| line.contains("10.00,")), "incomplete"),
        (cut(&|line| line.starts_with("#支出") || line.starts_with("资金流水总笔数")), "incomplete"),
        (text.replacen("1000.00", "1000.01", 1), "incomplete"),
        (text.replace("1000.00", "much"), "must be money"),
        (String::new(), ""),
    ] {
        let error = format!("{:#}", from_file(&shop, &wrong).await.unwrap_err());
        assert!(error.contains(why), "{why}: {error}: {wrong}");
    }
    from_file(&shop, &bill).await.unwrap_err();
    shop.platform.bills().replace(bill);
    download(&shop, day, true).await.unwrap_err();
    shop.platform.bills().replace(funds);
    // The other kind is refused too. WeChat Pay has signed for another file.
    let arguments = Arguments { provider: F::PRODUCTS[0], bill: Bill::Trade, apply: true };
    let error = reconcile::reconcile_day(&settings(&shop), &arguments, day, &shop.app.clock).await.unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("--bill funds") || error.contains("hash differs"), "{error}");
    shop.platform.bills().restore();
    shop.finish().await;
}

async fn reconcile_over_http<F: Platform>(shop: &Shop<F>, body: Value) -> Answer {
    shop.app.post("/admin/reconciliations", &shop.admin, body).await
}

async fn an_operator_reconciles_a_day_over_http<F: Platform>() {
    let mut shop = at_noon::<F>().await;
    let day = today(&shop).to_string();
    let body = |apply: bool| json!({"provider": F::PRODUCTS[0], "day": day, "apply": apply});
    two_payments_and_a_refund(&shop).await;
    let lost = shop.another(F::PRODUCTS[1], "lost").await;
    shop.platform.notices_of(&lost.pay_id, Sending::lost());
    shop.pay_and_settle(&lost.pay_id).await;
    let early = reconcile_over_http(&shop, body(true)).await.expect_problem(409, "no_statement");
    assert!(early.body["detail"].as_str().unwrap().contains(&day), "{}", early.text);
    shop.app.clock.advance(DAY);
    shop.sign_in().await;
    let before = shop.app.rows();
    let preview = reconcile_over_http(&shop, body(false)).await.expect(200).body;
    let counts = json!({"matched": 3, "missing_here": 1, "missing_there": 0, "amount": 0, "status": 0});
    assert_eq!((&preview["counts"], &preview["repaired"], &preview["ok"]), (&counts, &json!(0), &json!(false)));
    assert_eq!(preview["differences"][0]["out_trade_no"], lost.pay_id);
    assert_eq!(shop.app.rows(), before, "a preview changes nothing");
    let funds = json!({"provider": F::PRODUCTS[0], "day": day, "bill": "funds"});
    let funds = reconcile_over_http(&shop, funds).await.expect(200).body;
    assert_eq!((&funds["funds"]["fees"], &funds["counts"]), (&json!("18.00"), &counts));
    let applied = reconcile_over_http(&shop, body(true)).await.expect(200).body;
    assert_eq!((&applied["counts"], &applied["repaired"], &applied["ok"]), (&counts, &json!(1), &json!(true)));
    shop.app.settle().await;
    shop.assert_order(&lost, "confirmed", "paid").await;
    let again = reconcile_over_http(&shop, body(true)).await.expect(200).body;
    assert_eq!((&again["counts"]["matched"], &again["repaired"], &again["ok"]), (&json!(4), &json!(0), &json!(true)));
    for (field, wrong) in [("provider", json!("unknown")), ("day", json!("yesterday")), ("bill", json!("all"))] {
        let mut body = body(false);
        body[field] = wrong;
        let refused = reconcile_over_http(&shop, body).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field);
    }
    shop.finish().await;
}
