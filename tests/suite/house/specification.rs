//! The faults that must never happen, and the tests that show that they do not.
//!
//! Each entry names an event and what must follow from it, and then the tests that show it, as `module::name` below
//! `tests/suite` (`crash::` is `tests/crash`). A test in `payment/platform` runs on each platform.
//! `every_test_that_is_named_here_exists` fails if a test is renamed or removed and its entry is not.
//!
//! # Mistakes of the original
//!
//! Tradepost began as a teaching case whose first implementation had these faults.
//!
//! Orders:
//!
//! - A quantity of zero or less, with some balance to use, paid out money that was never taken. It must be refused
//!   before anything is written.
//!   `order::rule::a_quantity_below_one_is_refused_before_anything_is_written`
//! - After a refusal for lack of stock, the compensation added stock, released the coupon and refunded the balance
//!   whether or not they had been taken. An order must give back only what it took.
//!   `order::rule::a_refused_order_releases_nothing_it_did_not_take`,
//!   `order::rule::a_refused_order_releases_everything_it_took`
//! - Many concurrent orders of one product oversold it. They must sell exactly the stock, no more and no less.
//!   `order::contention::a_thousand_concurrent_orders_buy_exactly_ten_units`,
//!   `order::contention::sixty_four_customers_buy_exactly_ten_units_through_many_writers`,
//!   `order::contention::orders_of_several_units_never_oversell`,
//!   `order::contention::orders_that_list_the_same_goods_in_reverse_do_not_block_each_other`
//! - Two orders at once used the same coupon or the same balance. Each must be used once.
//!   `order::contention::a_coupon_in_several_concurrent_orders_is_used_once`,
//!   `order::contention::a_balance_in_several_concurrent_orders_is_taken_once`
//! - A caller named the coupon, balance, order or payment of another user. It must be as if it did not exist.
//!   `http::ownership::another_users_coupon_does_not_exist`,
//!   `http::ownership::another_users_balance_cannot_be_named_or_taken`,
//!   `http::ownership::another_users_order_and_payment_do_not_exist`,
//!   `shop_window::access::an_order_of_another_customer_does_not_exist`,
//!   `shop_window::access::every_page_admits_only_its_visitors_and_no_form_of_another_site`,
//!   `http::ownership::a_list_shows_only_the_callers_orders`
//! - A retried call took stock twice. It must have one effect.
//!   `order::idempotency_key::a_retried_request_is_the_same_order_even_after_a_restart`,
//!   `order::idempotency_key::fifty_concurrent_calls_with_one_key_are_one_order`,
//!   `order::idempotency_key::another_body_under_a_used_key_is_refused`,
//!   `order::idempotency_key::the_same_request_in_another_notation_is_the_same_request`,
//!   `shop_window::order::a_form_that_is_sent_twice_is_one_order_also_at_the_same_time`,
//!   `shop_window::payment::a_payment_that_was_declined_is_followed_by_one_other`,
//!   `order::idempotency_key::two_users_may_use_the_same_key`,
//!   `order::idempotency_key::a_refusal_stays_after_its_reason_is_gone`,
//!   `order::idempotency_key::the_refusal_of_a_cancelled_order_stays`,
//!   `order::idempotency_key::a_step_with_a_lost_answer_is_repeated_and_has_one_effect`,
//!   `database::text::keys_that_differ_in_case_are_two_orders_and_two_payments`
//! - A reservation arrived after its compensation. The tombstone must refuse it.
//!   `order::arrival::stock_is_correct_in_every_order_of_arrival`,
//!   `order::arrival::a_coupon_is_correct_in_every_order_of_arrival`,
//!   `order::arrival::a_balance_is_correct_in_every_order_of_arrival`
//!
//! Payments:
//!
//! - A callback had no valid signature, or another amount. It must change nothing.
//!   `sandbox::callback::a_tampered_callback_changes_nothing`,
//!   `sandbox::callback::a_callback_without_a_valid_signature_is_refused`,
//!   `sandbox::callback::a_signed_notice_that_differs_from_the_stored_payment_changes_nothing`
//! - A callback named another order than the one of its payment. Only the stored payment may decide.
//!   `sandbox::callback::a_notice_cannot_choose_the_order_it_pays`
//! - A payment was started for an order of another user, an unconfirmed order, or a paid one. It must be refused.
//!   `payment::start::only_the_callers_confirmed_unpaid_order_can_be_paid`,
//!   `payment::start::a_cancelled_order_cannot_be_paid`,
//!   `payment::start::an_order_past_its_payment_deadline_cannot_be_paid`,
//!   `payment::start::a_paid_order_cannot_be_paid_again_even_before_it_is_marked_paid`
//! - The same callback came 2 to 50 times, at once, before and after a restart. It must pay once, add points once, and
//!   be answered with success every time.
//!   `sandbox::callback::a_repeated_callback_pays_once_and_is_accepted_every_time`,
//!   `sandbox::callback::fifty_copies_of_a_callback_in_sequence_pay_once`
//! - A cancelled or expired order was paid. The money must be refunded automatically.
//!   `payment::unexpected_money::payment_of_a_cancelled_order_is_refunded_automatically`,
//!   `payment::unexpected_money::payment_of_an_expired_order_is_refunded_automatically_even_with_fifty_callbacks`
//!
//! Messages:
//!
//! - The process was killed between the pre-order and the message that cancels it. The order must be finished after the
//!   restart.
//!   `messaging::delivery::an_interrupted_order_is_cancelled_after_the_restart`,
//!   `messaging::delivery::an_interrupted_order_is_confirmed_after_a_restart_within_its_deadline`,
//!   `messaging::delivery::an_order_whose_cancellation_could_not_be_stored_is_cancelled_after_the_restart`,
//!   `messaging::delivery::a_panic_in_a_saga_restarts_the_coordinator_and_the_saga_is_resumed`
//! - A consumer stopped half-way and left a message in processing. The message must be taken over after its lease.
//!   `messaging::delivery::messages_that_are_claimed_and_not_acknowledged_are_due_again_after_the_lease`,
//!   `messaging::delivery::messages_claimed_before_a_restart_are_taken_over_at_once`,
//!   `messaging::delivery::a_message_whose_consumer_fails_around_its_commit_has_its_effect_once`
//! - The process was killed between "paid" and its message. That must be impossible: both are one transaction.
//!   `payment::commit::a_payment_and_its_messages_are_committed_together`,
//!   `payment::commit::a_callback_with_a_lost_answer_has_taken_effect`
//! - A reader of events passed over one whose transaction began early and committed late. Every event must follow the
//!   cursor of a reader that has not seen it.
//!   `feed::cursor::an_event_that_is_committed_late_with_a_small_id_follows_the_cursor_too`,
//!   `feed::cursor::pages_of_any_size_are_the_same_events_and_later_ones_follow_the_last_cursor`
//! - An event was sent to another system and the process ended before it had recorded that, or the system did not answer.
//!   It must be sent again, with the same id, and delay no other system and no order.
//!   `webhook::retry::an_attempt_whose_outcome_was_lost_is_made_again_with_the_same_id_after_the_lease`,
//!   `webhook::retry::a_receiver_that_fails_half_of_the_time_gets_every_event_once_and_each_attempt_has_the_same_id`,
//!   `webhook::retry::an_endpoint_that_does_not_answer_delays_neither_another_one_nor_orders`
//! - The address of a webhook leads into the network of the shop. Nothing must be sent to it.
//!   `webhook::address::an_endpoint_has_no_address_that_is_private_or_in_plain_text`,
//!   `webhook::address::a_name_that_stands_for_a_private_address_is_found_out_before_anything_is_sent`
//!
//! # Holes seen in today's shops
//!
//! - The browser's return and the callback race, and the loser refunds a good order.
//!   `payment::sync::a_browser_return_and_concurrent_callbacks_pay_once`
//! - The customer was charged, the stock was gone then, and the order stayed stuck.
//!   `payment::unexpected_money::a_late_payment_for_the_last_unit_is_refunded_and_blocks_no_other_order`
//! - The callback arrives before the payment's own commit.
//!   `payment::commit::a_callback_before_the_checkout_is_stored_is_accepted`
//! - One order is paid through two platforms, and the second payment is kept.
//!   `payment::unexpected_money::a_second_payment_through_a_second_platform_is_refunded`,
//!   `payment::unexpected_money::of_concurrent_payments_through_two_platforms_one_is_refunded`
//! - A double click on refund, or two refunds at once, exceed what was paid.
//!   `order::refund::fifty_concurrent_refund_requests_are_one_refund`,
//!   `order::refund::two_concurrent_refunds_never_exceed_what_was_paid`
//! - A callback is lost, and the order is cancelled although the platform has the money.
//!   `order::cancellation::a_paid_order_does_not_expire_even_if_every_callback_was_lost`,
//!   `order::cancellation::an_order_that_is_paid_at_the_platform_is_paid_and_not_cancelled`,
//!   `payment::sync::two_hundred_payments_with_lost_callbacks_are_found_by_status_queries`
//! - A late callback is answered with success and forgotten.
//!   `payment::unexpected_money::a_late_callback_is_accepted_and_its_payment_refunded`
//! - Unpaid orders hold their stock for ever, or one bad row stops the expiry of the others.
//!   `order::cancellation::an_unpaid_order_expires_and_releases_everything`,
//!   `order::cancellation::one_bad_row_does_not_stop_the_others_from_expiring`,
//!   `order::cancellation::orders_that_expired_while_the_shop_was_stopped_are_cancelled_after_the_start`
//! - The replay of a dead message reports success and drops the message, or runs it twice.
//!   `messaging::replay::a_dead_message_is_replayed_and_has_its_effect_once`,
//!   `messaging::replay::a_replayed_message_that_fails_again_is_dead_again_with_its_reason`
//! - The shop is upgraded while orders are in flight.
//!   `database::upgrade::orders_of_release_0_1_in_progress_are_paid_or_expire_and_keep_their_points`
//!
//! # Seen since
//!
//! In shops, and on the first release of this one.
//!
//! - A platform hangs while it has open orders.
//!   `alipay::answer::an_answer_after_the_timeout_counts_as_no_answer`,
//!   `wechat::answer::a_call_that_is_never_answered_times_out_and_its_outcome_is_queried`,
//!   `order::cancellation::an_order_is_not_cancelled_while_its_platform_does_not_answer`,
//!   `order::refund::a_refund_waits_until_its_platform_answers_again`,
//!   `payment::platform::outage::a_platform_that_hangs_holds_up_nothing_elsewhere`,
//!   `payment::platform::ten_minutes::ten_minutes_of_a_platform_that_answers_late`,
//!   `payment::platform::outage::a_platform_that_cuts_connections_for_an_hour_is_probed_once_a_minute_and_then_catches_up`,
//!   `payment::platform::outage::a_start_that_waits_for_its_platform_holds_no_place_and_is_answered_before_it_ends`
//! - Two clicks on two nodes start one payment at the same time. The platform must be asked for one checkout.
//!   `payment::turn::two_nodes_that_start_one_payment_create_it_once`
//! - A payment is closed here, can still be paid at the platform, and is paid late.
//!   `wechat::fault::a_late_payment_of_a_cancelled_order_is_refunded`
//! - A customer clicks at two nodes at once.
//!   `actor::poison::a_task_that_another_node_overtakes_finds_the_row_of_that_node`,
//!   `crash::nodes::two_nodes_never_oversell_and_one_continues_when_the_other_is_killed`
//! - An operator makes a refund in the platform's console.
//!   `alipay::refund::a_refund_made_in_the_console_of_alipay_is_booked`,
//!   `wechat::fault::a_refund_in_the_console_is_booked_once_its_payment_is_known`
//! - Two operators return the goods of one order, at two nodes, and more are in stock than were sold.
//!   `order::returned_goods::two_nodes_return_no_more_units_than_the_order_has_left`,
//!   `order::returned_goods::of_concurrent_part_refunds_only_those_return_units_that_the_order_has_left`
//! - A refund is pending at a platform that was removed from the settings, and no operator can end it.
//!   `payment::given_up::a_refund_at_a_removed_platform_is_parked_at_the_start_and_sent_under_its_number_when_it_is_back`
//! - The platform refuses a refund after the shop has accepted it.
//!   `order::refund::a_refund_the_platform_refuses_is_parked_with_its_reason`,
//!   `alipay::refund::a_refund_that_alipay_refuses_is_parked`,
//!   `wechat::refund::a_failed_refund_is_parked_and_never_repeated_automatically`
//! - One event or one trade number comes twice.
//!   `sandbox::callback::a_second_trade_for_a_paid_payment_is_parked`,
//!   `payment::unexpected_money::a_notice_that_first_named_another_payment_is_stored_with_the_one_it_paid`
//! - A second link for the same order is open after the order is paid.
//!   `payment::unexpected_money::a_payment_of_a_refunded_order_is_refunded_too`,
//!   `payment::unexpected_money::a_second_payment_through_a_second_platform_is_refunded`
//!
//! Seen too, and not shown by a test yet: a platform is removed from the settings while orders are open on it; a wrong
//! amount is parked and nothing can return it; a sum is above the largest amount; a decline and a payment are in one
//! batch; an operator's repeated call doubles a balance, a stock or a coupon; one account without money holds all the
//! stock; goods are taken off sale while orders are open; a backup is restored and the platform is ahead of it.
//!
//! # Faults of a payment platform
//!
//! The stand-ins in `tests/platform` produce each of them on request. The tests of the built-in sandbox stand above.
//!
//! - The callback is delayed until after the order has expired. The order counts as paid if the platform still had the
//!   payment open, else the money is refunded automatically.
//!   `payment::platform::life::a_callback_after_the_order_has_expired_finds_it_paid`,
//!   `alipay::fault::a_late_payment_of_a_cancelled_order_is_refunded`,
//!   `wechat::fault::a_late_payment_of_a_cancelled_order_is_refunded`
//! - The callback is duplicated, in sequence or concurrently. It pays once, and every copy is accepted.
//!   `payment::platform::notice::a_repeated_callback_pays_once`,
//!   `alipay::fault::fifty_notices_of_one_late_payment_are_one_refund`,
//!   `wechat::fault::a_callback_and_concurrent_queries_pay_once`
//! - Notices arrive out of order. The end state is the same, and no state goes back.
//!   `alipay::fault::notices_before_or_after_the_payment_never_move_it_back`,
//!   `alipay::fault::a_payment_that_was_reported_closed_and_is_paid_later_counts`,
//!   `alipay::refund::refund_notices_before_the_payment_notice_lead_to_the_same_state`,
//!   `wechat::fault::refund_notices_before_the_payment_notice_lead_to_the_same_state`
//! - The callback is lost. A query finds the payment on its schedule.
//!   `payment::platform::notice::a_lost_callback_is_found_by_a_query`,
//!   `alipay::fault::a_closed_trade_without_a_notice_is_found_by_a_query`
//! - The callback arrives before the create call has returned. It is accepted, because the payment is stored before the
//!   call.
//!   `payment::platform::notice::a_callback_before_the_answer_to_the_create_call_is_accepted`
//! - The signature is wrong, missing, a probe, or made with another key or algorithm, or the content does not decrypt.
//!   The notice is refused and changes nothing.
//!   `alipay::forgery::a_notice_without_a_valid_signature_is_refused_and_the_valid_one_accepted`,
//!   `alipay::forgery::a_notice_repeated_after_a_bad_signature_is_accepted`,
//!   `alipay::forgery::a_notice_with_a_flipped_bit_is_refused`,
//!   `wechat::forgery::a_notice_without_a_valid_signature_or_encryption_is_refused_and_the_next_one_accepted`,
//!   `wechat::forgery::an_unknown_event_is_accepted_without_effect`,
//!   `wechat::key::a_callback_that_differs_in_one_bit_is_refused_and_changes_nothing`,
//!   `wechat::key::a_probe_with_an_invalid_signature_is_refused`
//! - The amount, currency, application, seller, merchant or order is wrong, and the signature is good. The notice is
//!   refused and parked with its reason.
//!   `alipay::forgery::a_signed_notice_that_does_not_match_the_payment_is_parked_with_its_reason`,
//!   `alipay::forgery::a_notice_with_another_trade_number_is_refused`,
//!   `payment::platform::notice::a_charge_of_another_amount_is_parked_and_the_order_is_cancelled`,
//!   `alipay::forgery::a_notice_at_the_callback_address_of_another_product_is_refused`,
//!   `wechat::forgery::a_signed_notice_that_does_not_match_the_payment_is_parked_with_its_reason`,
//!   `wechat::forgery::a_signed_notice_that_does_not_match_the_refund_is_parked_with_its_reason`
//! - The timestamp is stale or in the future (WeChat Pay). The notice is refused, and the next one with a fresh
//!   timestamp is accepted.
//!   `wechat::forgery::a_notice_with_a_stale_or_future_timestamp_is_refused_and_the_next_one_accepted`
//! - A valid old notice is replayed after the refund. It changes nothing and is accepted.
//!   `alipay::fault::an_old_notice_after_the_refund_changes_nothing`,
//!   `wechat::fault::an_old_notice_after_the_refund_changes_nothing`
//! - A payment is refunded in several parts. The sum is right, no part counts as a second payment, and the parts never
//!   exceed what was paid.
//!   `payment::platform::refund::parts_are_refunded_up_to_what_was_paid_and_none_counts_as_a_payment`,
//!   `alipay::refund::concurrent_partial_refunds_are_each_made_once`
//! - A refund is pending first and then succeeds, closes or gets stuck, or its answer is lost. No refund is made twice.
//!   `alipay::refund::an_accepted_refund_is_not_done_until_alipay_confirms_it`,
//!   `alipay::refund::a_refund_with_a_lost_answer_is_made_once`,
//!   `alipay::refund::a_refund_that_alipay_closed_is_requested_again_under_its_number`,
//!   `alipay::refund::a_stuck_refund_stays_pending`,
//!   `wechat::refund::a_refund_is_made_once_whatever_its_outcome`
//! - A create, query, refund or close call has no valid answer: a timeout, a broken connection, a server error,
//!   garbage, an unsigned answer. The outcome is unknown and is queried.
//!   `alipay::answer::a_create_call_without_an_answer_ends_in_one_payment`,
//!   `alipay::answer::a_query_without_an_answer_is_repeated`,
//!   `alipay::answer::a_close_call_without_an_answer_leaves_the_order_open_until_the_outcome_is_known`,
//!   `alipay::answer::a_refund_without_an_answer_is_made_once`,
//!   `alipay::answer::an_answer_after_the_timeout_counts_as_no_answer`,
//!   `wechat::answer::a_create_call_without_a_valid_answer_ends_in_one_payment`,
//!   `wechat::answer::a_payment_whose_create_call_failed_and_is_not_repeated_is_closed`,
//!   `wechat::answer::a_create_call_repeated_in_the_last_seconds_of_the_order_is_the_same_payment`,
//!   `wechat::answer::a_query_without_a_valid_answer_is_repeated`,
//!   `wechat::answer::a_refund_without_a_valid_answer_is_queried_and_made_once`,
//!   `wechat::answer::a_refund_query_without_a_valid_answer_is_repeated`,
//!   `wechat::answer::a_refund_reported_missing_is_requested_again_and_stays_one_refund`,
//!   `wechat::answer::a_close_call_without_a_valid_answer_leaves_the_order_open_until_the_outcome_is_known`,
//!   `wechat::answer::a_slow_answer_within_the_timeout_is_accepted`,
//!   `wechat::answer::a_call_that_is_never_answered_times_out_and_its_outcome_is_queried`
//! - The customer pays while the shop closes the payment. It is paid.
//!   `payment::platform::life::a_customer_who_pays_during_the_close_call_has_paid`
//! - Two payments of one order are both paid. One counts, the other is refunded.
//!   `payment::platform::notice::of_two_payments_of_one_order_the_first_counts_and_the_second_is_refunded`,
//!   `payment::platform::notice::of_two_payments_of_one_order_at_once_one_counts_and_the_other_is_refunded`,
//!   `payment::platform::notice::a_second_trade_under_one_number_is_parked_with_its_reason`
//! - The platform changes its key while payments are under way. No valid message is refused.
//!   `alipay::key::a_change_of_keys_refuses_no_valid_message`,
//!   `alipay::key::a_message_signed_before_the_change_of_keys_is_valid_after_it`,
//!   `alipay::key::an_unknown_key_is_accepted_only_after_it_is_in_the_file`,
//!   `alipay::key::an_answer_that_names_an_unknown_certificate_counts_as_no_answer`,
//!   `wechat::key::a_change_of_keys_refuses_no_valid_message`,
//!   `wechat::key::a_shop_that_knows_only_the_old_key_accepts_nothing_signed_with_the_new_one`
//! - The platform ignores the shop's reply and repeats the callback on its schedule. The order is paid once.
//!   `payment::platform::notice::a_callback_with_an_ignored_reply_is_repeated_on_schedule_and_pays_once`,
//!   `alipay::fault::a_callback_that_could_not_be_stored_is_accepted_when_it_is_repeated`
//! - A coupon of the platform pays a part. The amount of the order is compared, not what the customer paid.
//!   `payment::platform::notice::a_coupon_of_the_platform_does_not_change_the_amount`
//! - The platform's statement lacks a line, or has one too many or a different one. Each difference is found.
//!   `payment::reconciliation::a_payment_with_lost_callbacks_is_reported_and_repaired_once_on_request`,
//!   `payment::reconciliation::differences_that_cannot_be_repaired_are_reported_every_time`
//!
//! # Stores that are lost, mixed up or replaced
//!
//! - A second process is started on a folder of stores. It is refused.
//!   `crash::folder::a_second_server_on_the_same_folder_is_refused_until_the_first_has_ended`
//! - A store is missing, new, of another shop or owner, of a newer release, or part of an unfinished backup. It is
//!   neither served nor read.
//!   `crash::folder::a_missing_store_beside_stores_in_use_is_refused_and_not_created`,
//!   `database::identity::stores_that_do_not_belong_together_are_refused_with_the_way_out`,
//!   `crash::backup::a_backup_that_was_killed_is_refused_by_every_command_and_one_that_failed_leaves_nothing`
//! - A first start or an upgrade is killed half-way. The next one continues it.
//!   `crash::folder::a_first_start_that_was_killed_while_it_created_the_stores_is_continued`,
//!   `database::identity::the_stores_of_a_release_without_identities_get_one_and_an_interrupted_upgrade_is_continued`
//! - A store is replaced under the running server. Nothing is acknowledged that the next start would not find.
//!   `crash::replaced::nothing_is_acknowledged_after_a_store_or_its_log_was_replaced`,
//!   `crash::replaced::an_idle_server_whose_store_is_replaced_ends_with_a_line_that_names_the_file`
//! - The clock is set back before a restart. No id is generated twice.
//!   `database::identity::after_a_start_with_a_clock_that_was_set_back_ids_continue_after_the_stored_ones`

use std::fs;
use std::path::{Path, PathBuf};

/// The names in the documentation above: `module::name`, in backticks.
fn named() -> Vec<&'static str> {
    let documentation = include_str!("specification.rs").lines().filter_map(|line| line.strip_prefix("//!"));
    documentation
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.contains("::") && !name.ends_with("::") && *name != "module::name")
        .collect()
}

/// The file of a module, which is written as in the documentation above.
fn file_of(module: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = if module.starts_with("crash::") { tests } else { tests.join("suite") };
    folder.join(module.replace("::", "/")).with_extension("rs")
}

/// Whether a source file has a test of this name, or a generic one that runs on each platform.
fn has_test(source: &str, name: &str) -> bool {
    let starts = [format!("async fn {name}("), format!("fn {name}(")];
    let mut before = "";
    let has_own = source.lines().any(|line| {
        let is_test = before.starts_with("#[") && before.ends_with("test]");
        before = line;
        is_test && starts.iter().any(|start| line.starts_with(start))
    });
    let shared = source.split_once("on_each_platform!(").and_then(|(_, rest)| rest.split_once(");"));
    has_own || shared.is_some_and(|(list, _)| list.lines().any(|line| line.trim() == format!("{name},")))
}

/// Whether there is a test of this name, which is written as `module::name`.
pub fn is_test(name: &str) -> bool {
    let (module, test) = name.rsplit_once("::").unwrap();
    fs::read_to_string(file_of(module)).is_ok_and(|source| has_test(&source, test))
}

#[test]
fn every_test_that_is_named_here_exists() {
    let names = named();
    assert!(names.len() > 100, "{} names were found", names.len());
    let missing: Vec<&&str> = names.iter().filter(|name| !is_test(name)).collect();
    assert!(missing.is_empty(), "named in the documentation, and no test: {missing:#?}");
}
