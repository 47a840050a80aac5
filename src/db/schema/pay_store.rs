//! The tables of Pay.

diesel::table! {
    pay (pay_id) {
        pay_id -> BigInt,
        order_id -> BigInt,
        user_id -> BigInt,
        pay_amount -> BigInt,
        is_paid -> Integer,
        provider -> Text,
        trade_no -> Nullable<Text>,
        checkout_kind -> Nullable<Text>,
        add_time -> BigInt,
        pay_time -> Nullable<BigInt>,
        close_time -> Nullable<BigInt>,
        checkout -> Nullable<Text>,
        expire_time -> Nullable<BigInt>,
        charged -> Nullable<BigInt>,
        return_url -> Nullable<Text>,
        start_no -> Integer,
    }
}

diesel::table! {
    pay_act (act_id) {
        act_id -> BigInt,
        subject_id -> BigInt,
        order_id -> Nullable<BigInt>,
        act -> Text,
        user_id -> BigInt,
        reason -> Text,
        create_time -> BigInt,
    }
}

diesel::table! {
    pay_ask (pay_id) {
        pay_id -> BigInt,
        ask_time -> BigInt,
        asks -> Integer,
        provider -> Text,
    }
}

diesel::table! {
    pay_log (pay_id) {
        pay_id -> BigInt,
        order_id -> BigInt,
        user_id -> BigInt,
        pay_amount -> BigInt,
        log_time -> BigInt,
    }
}

diesel::table! {
    pay_notice (provider, event_id) {
        provider -> Text,
        event_id -> Text,
        pay_id -> Nullable<BigInt>,
        body -> Text,
        verdict -> Integer,
        reason -> Nullable<Text>,
        times -> Integer,
        create_time -> BigInt,
        content -> Nullable<Text>,
    }
}

diesel::table! {
    pay_open (pay_id) {
        pay_id -> BigInt,
        order_id -> BigInt,
        provider -> Text,
        start_until -> Nullable<BigInt>,
        start_node -> Nullable<Integer>,
    }
}

diesel::table! {
    pay_parked (parked_id) {
        parked_id -> BigInt,
        provider -> Text,
        trade_no -> Text,
        pay_id -> Nullable<BigInt>,
        amount -> BigInt,
        currency -> Text,
        reason -> Text,
        status -> Integer,
        create_time -> BigInt,
        refund_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    pay_refund (refund_id) {
        refund_id -> BigInt,
        pay_id -> BigInt,
        order_id -> BigInt,
        amount -> BigInt,
        reason -> Text,
        status -> Integer,
        attempts -> Integer,
        due_time -> BigInt,
        create_time -> BigInt,
        done_time -> Nullable<BigInt>,
        remark -> Nullable<Text>,
        provider -> Text,
        foreign_no -> Nullable<Text>,
        unnamed -> BigInt,
        revision -> Integer,
        dismiss_time -> Nullable<BigInt>,
        parked_id -> Nullable<BigInt>,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    pay_request (user_id, idempotency_key) {
        user_id -> BigInt,
        idempotency_key -> Text,
        fingerprint -> Text,
        pay_id -> Nullable<BigInt>,
        refusal -> Nullable<Text>,
        create_time -> BigInt,
        is_reuse -> Nullable<Integer>,
    }
}
