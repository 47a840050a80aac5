//! Bills of the platforms against the shop's books: by download and from files, as they are made and as spreadsheets save
//! them. Each class of difference is reported, a preview changes nothing, and what is repaired is repaired once.

use std::time::Duration;

use encoding_rs::GBK;
use serde_json::json;
use tradepost::cli::reconcile::{self, Arguments};
use tradepost::config::{self, Settings};
use tradepost::gateway::statement::Bill;
use tradepost::gateway::statement::day::Day;
use tradepost::gateway::statement::text;
use tradepost::reconcile::{Kind, Report};

use crate::on_each_platform;
use crate::platform::Sending;
use crate::support::{Case, MINUTE, NO_QUERIES, Platform, Shop};

on_each_platform!(
    a_days_bill_equals_the_books_by_download_and_from_a_file,
    a_bill_is_read_as_a_spreadsheet_saves_it,
    a_bill_that_was_cut_or_changed_is_refused,
    a_payment_without_a_notice_is_repaired_from_the_bill_once,
    each_class_of_difference_is_reported_and_nothing_is_changed,
    a_bill_that_is_not_the_one_asked_for_is_refused,
);

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A shop at noon in China, so that everything in a test happens on one day.
pub(super) async fn at_noon<F: Platform>() -> Shop<F> {
    let settings = [NO_QUERIES[0], NO_QUERIES[1], ("ORDERS__PAY_WITHIN", "72h")];
    let mut shop = Shop::with(F::start().await, &settings).await;
    let now = shop.app.clock.now();
    let next = Day::of(now).unwrap().last().unwrap();
    shop.app.clock.advance(next.since(now) + DAY / 2);
    shop.sign_in().await;
    shop
}

pub(super) fn today<F: Platform>(shop: &Shop<F>) -> Day {
    Day::of(shop.app.clock.now()).unwrap()
}

pub(super) fn settings<F: Platform>(shop: &Shop<F>) -> Settings {
    let url = shop.app.store_url();
    let all = shop.platform.settings().into_iter().chain([("STORE__URL", url.as_str())]);
    config::read("", all.map(|(name, text)| (format!("TRADEPOST__{name}"), text.to_owned())).collect()).unwrap()
}

async fn download<F: Platform>(shop: &Shop<F>, day: Day, apply: bool) -> anyhow::Result<Report> {
    let arguments = Arguments { provider: F::PRODUCTS[0], bill: Bill::Trade, apply };
    reconcile::reconcile_day(&settings(shop), &arguments, day, &shop.app.clock).await
}

async fn from_file<F: Platform>(shop: &Shop<F>, bill: impl AsRef<[u8]>) -> anyhow::Result<Report> {
    let arguments = Arguments { provider: F::PRODUCTS[1], bill: Bill::Trade, apply: true };
    reconcile::reconcile(&settings(shop), &arguments, bill).await
}

pub(super) fn counts(report: &Report) -> [u64; 5] {
    [Kind::Matched, Kind::MissingHere, Kind::MissingThere, Kind::Amount, Kind::Status]
        .map(|kind| report.counts.get(&kind).copied().unwrap_or(0))
}

/// A payment of 1000.00 on each product, and a refund of 10.00 of the first.
pub(super) async fn two_payments_and_a_refund<F: Platform>(shop: &Shop<F>) -> [Case; 2] {
    let mut cases = Vec::new();
    for product in F::PRODUCTS {
        let case = shop.another(product, product).await;
        shop.pay_and_settle(&case.pay_id).await;
        shop.assert_order(&case, "confirmed", "paid").await;
        cases.push(case);
    }
    let refund = format!("/admin/orders/{}/refund", cases[0].order_id);
    shop.app.post(&refund, &shop.admin, json!({"amount": "10.00", "reason": "damaged"})).await.expect(202);
    shop.settle().await;
    shop.advance(MINUTE * 2).await;
    assert_eq!(shop.platform.trade(&cases[0].pay_id).refunded(), 1_000);
    cases.try_into().unwrap()
}

/// The text of a bill, out of its archive and encoding.
fn bill_text<F: Platform>(shop: &Shop<F>, day: Day) -> String {
    text::unpack(&shop.platform.bill(&day.to_string())).unwrap().remove(0)
}

async fn a_days_bill_equals_the_books_by_download_and_from_a_file<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    two_payments_and_a_refund(&shop).await;
    let too_early = download(&shop, day, true).await.unwrap_err().to_string();
    assert!(too_early.contains(&format!("no statement of {day}")), "{too_early}");
    shop.app.clock.advance(DAY);
    let before = shop.app.rows();
    for apply in [false, true] {
        let report = download(&shop, day, apply).await.unwrap();
        assert_eq!((counts(&report), report.repaired), ([3, 0, 0, 0, 0], 0), "{report:?}");
    }
    let report = from_file(&shop, shop.platform.bill(&day.to_string())).await.unwrap();
    assert_eq!(counts(&report), [3, 0, 0, 0, 0], "{report:?}");
    assert_eq!(shop.app.rows(), before);
    shop.finish().await;
}

async fn a_bill_is_read_as_a_spreadsheet_saves_it<F: Platform>() {
    let shop = at_noon::<F>().await;
    two_payments_and_a_refund(&shop).await;
    let text = bill_text(&shop, today(&shop));
    let bare = text.replace(['`', '\t', '\u{FEFF}'], "");
    let unix = bare.replace("\r\n", "\n");
    let slashed = unix.replace(&today(&shop).to_string(), &today(&shop).to_string().replace('-', "/"));
    for saved in [
        bare.clone().into_bytes(),
        unix.clone().into_bytes(),
        format!("\u{FEFF}{bare}\r\n,,,,\r\n").into_bytes(),
        GBK.encode(&bare).0.into_owned(),
        GBK.encode(&unix).0.into_owned(),
        unix.replace(',', "\t").into_bytes(),
        format!("\u{FEFF}{unix}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        unix.replace(".00,", ",").into_bytes(),
        slashed.into_bytes(),
    ] {
        let report = from_file(&shop, &saved).await;
        let report = report.unwrap_or_else(|error| panic!("{error:#}: {}", String::from_utf8_lossy(&saved)));
        assert_eq!(counts(&report), [3, 0, 0, 0, 0], "{}", String::from_utf8_lossy(&saved));
    }
    shop.finish().await;
}

async fn a_bill_that_was_cut_or_changed_is_refused<F: Platform>() {
    let shop = at_noon::<F>().await;
    let [Case { pay_id, .. }, _] = two_payments_and_a_refund(&shop).await;
    let text = bill_text(&shop, today(&shop));
    let lines: Vec<&str> = text.lines().collect();
    let without = |left_out: &dyn Fn(&&str) -> bool| {
        lines.iter().copied().filter(|line| !left_out(line)).collect::<Vec<_>>().join("\n")
    };
    let lines_of_payment = |line: &&str| line.contains(&pay_id);
    for (bill, why) in [
        (without(&lines_of_payment), "the file is incomplete"),
        (without(&|line| line.starts_with('#') || line.contains("总") || line.starts_with("`3,")), "incomplete"),
        (text.replacen("1000.00", "1000.01", 2), "the file is incomplete"),
        (text.replace(&pay_id, "3.84448E+17"), "spreadsheet"),
        (text.replace("商户订单号", "order"), "商户订单号"),
        (text.replace("1000.00", "much"), "must be money"),
        (String::new(), ""),
        ("\u{89}PNG\r\n".to_owned(), ""),
    ] {
        let error = format!("{:#}", from_file(&shop, &bill).await.unwrap_err());
        assert!(error.contains(why), "{why}: {error}: {bill}");
    }
    shop.finish().await;
}

async fn a_payment_without_a_notice_is_repaired_from_the_bill_once<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    let lost = shop.another(F::PRODUCTS[1], "lost").await;
    shop.platform.notices_of(&lost.pay_id, Sending::lost());
    shop.pay_and_settle(&lost.pay_id).await;
    let known = shop.another(F::PRODUCTS[0], "known").await;
    shop.pay_and_settle(&known.pay_id).await;
    shop.app.clock.advance(DAY);
    let before = shop.app.rows();
    let preview = download(&shop, day, false).await.unwrap();
    assert_eq!((counts(&preview), preview.repaired, preview.differences.len()), ([1, 1, 0, 0, 0], 0, 1));
    assert_eq!(shop.app.rows(), before, "a preview changes nothing");
    let applied = download(&shop, day, true).await.unwrap();
    assert_eq!((counts(&applied), applied.repaired, applied.differences.len()), ([1, 1, 0, 0, 0], 1, 0));
    shop.app.settle().await;
    let mut shop = shop;
    shop.sign_in().await;
    shop.assert_order(&lost, "confirmed", "paid").await;
    let again = download(&shop, day, true).await.unwrap();
    assert_eq!((counts(&again), again.repaired), ([2, 0, 0, 0, 0], 0));
    shop.finish().await;
}

async fn each_class_of_difference_is_reported_and_nothing_is_changed<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    let [first, second] = two_payments_and_a_refund(&shop).await;
    let third = shop.another(F::PRODUCTS[0], "third").await;
    shop.pay_and_settle(&third.pay_id).await;
    shop.app.clock.advance(DAY);
    // The platform lists another amount of the refund, nothing of the second payment, another amount of the third, and a
    // payment that is not the shop's.
    let third_id = third.pay_id.clone();
    shop.platform.bills().change(move |trades| {
        let mut unrelated = trades.iter().find(|trade| trade.out_trade_no == third_id).unwrap().clone();
        trades.retain(|trade| trade.out_trade_no != second.pay_id);
        for trade in trades.iter_mut() {
            trade.refunds.iter_mut().for_each(|refund| refund.amount -= 1);
            if trade.out_trade_no == third_id {
                trade.paid.as_mut().unwrap().charged += 1;
            }
        }
        (unrelated.out_trade_no, unrelated.trade_no) = ("4711".to_owned(), format!("{}9", unrelated.trade_no));
        trades.push(unrelated);
    });
    let before = shop.app.rows();
    for apply in [false, true, true] {
        let report = download(&shop, day, apply).await.unwrap();
        assert_eq!((counts(&report), report.repaired), ([1, 1, 1, 2, 0], 0), "{report:?}");
        let of_first: Vec<_> = report.differences.iter().filter(|found| found.out_trade_no == first.pay_id).collect();
        assert_eq!((of_first.len(), of_first[0].kind, of_first[0].theirs.as_str()), (1, Kind::Amount, "refunded 9.99"));
    }
    assert_eq!(shop.app.rows(), before);
    shop.finish().await;
}

async fn a_bill_that_is_not_the_one_asked_for_is_refused<F: Platform>() {
    let shop = at_noon::<F>().await;
    let day = today(&shop);
    two_payments_and_a_refund(&shop).await;
    let right = shop.platform.bill(&day.to_string());
    shop.app.clock.advance(DAY * 2);
    let next = Day::of(shop.app.clock.now().minus(DAY)).unwrap();
    let mut shop = shop;
    shop.sign_in().await;
    let other = shop.another(F::PRODUCTS[0], "other").await;
    shop.pay_and_settle(&other.pay_id).await;
    let before = shop.app.rows();
    for content in [b"<html>Please sign in</html>".to_vec(), right[..right.len() / 2].to_vec(), Vec::new()] {
        shop.platform.bills().replace(content);
        download(&shop, day, true).await.unwrap_err();
    }
    shop.platform.bills().replace(right);
    download(&shop, next, true).await.unwrap_err();
    shop.platform.bills().restore();
    assert_eq!(counts(&download(&shop, day, true).await.unwrap()), [3, 0, 0, 0, 0]);
    assert_eq!(shop.app.rows(), before);
    shop.finish().await;
}
