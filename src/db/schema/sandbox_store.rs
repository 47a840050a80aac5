//! The tables of the sandbox platform.

diesel::table! {
    sandbox_delivery (delivery_id) {
        delivery_id -> BigInt,
        out_trade_no -> Text,
        event_id -> Text,
        status_code -> Integer,
        create_time -> BigInt,
    }
}

diesel::table! {
    sandbox_refund (out_trade_no, out_request_no) {
        out_trade_no -> Text,
        out_request_no -> Text,
        amount -> BigInt,
        create_time -> BigInt,
    }
}

diesel::table! {
    sandbox_trade (out_trade_no) {
        out_trade_no -> Text,
        trade_no -> Text,
        amount -> BigInt,
        status -> Integer,
        charged -> BigInt,
        refunded -> BigInt,
        add_time -> BigInt,
        pay_time -> Nullable<BigInt>,
        provider -> Text,
        return_url -> Nullable<Text>,
    }
}
