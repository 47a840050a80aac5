//! Platform certificates: a merchant without WeChat Pay's public key fetches them, also when they have been replaced.

use std::time::Duration;

use crate::platform::{Op, Wechat};
use crate::support::NO_QUERIES;
use crate::wechat::platform::{SCAN, Shop};

#[actix_web::test]
async fn certificates_are_fetched_before_the_first_call_and_every_twelve_hours() {
    let mut shop = Shop::with(Wechat::with_fetched_certificate().await, &NO_QUERIES).await;
    let case = shop.paid(SCAN).await;
    shop.assert_paid(&case).await;
    assert_eq!(shop.call_count(Op::Certificates), 1);
    for (hours, fetched) in [(11, 1), (2, 2), (11, 2)] {
        shop.app.clock.advance(Duration::from_secs(hours * 3600));
        shop.sign_in().await;
        shop.query(&case.pay_id).await.expect(200);
        assert_eq!(shop.call_count(Op::Certificates), fetched, "after {hours} more hours");
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_certificate_that_the_file_lacks_is_fetched_when_a_message_names_it() {
    let shop = Shop::with(Wechat::with_replaced_certificate().await, &NO_QUERIES).await;
    let case = shop.paid(SCAN).await;
    shop.assert_paid(&case).await;
    assert_eq!(shop.call_count(Op::Certificates), 1);
    shop.finish().await;
}
