//! The tables of Order.

diesel::table! {
    node (node_number) {
        node_number -> Integer,
        boot_id -> Text,
        address -> Text,
        host -> Text,
        process_id -> BigInt,
        version -> Text,
        start_time -> BigInt,
        heartbeat_time -> BigInt,
        lease_ms -> BigInt,
        clock_difference_ms -> BigInt,
    }
}

diesel::table! {
    order_account (user_id) {
        user_id -> BigInt,
        open_from -> BigInt,
        counted_to -> BigInt,
        orders_bound -> BigInt,
        units_bound -> BigInt,
        product_units_bound -> BigInt,
    }
}

diesel::table! {
    order_act (act_id) {
        act_id -> BigInt,
        order_id -> BigInt,
        act -> Text,
        by_whom -> Integer,
        user_id -> Nullable<BigInt>,
        detail -> Nullable<Text>,
        create_time -> BigInt,
        data -> Nullable<Text>,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    order_goods (order_id, goods_id) {
        order_id -> BigInt,
        goods_id -> BigInt,
        goods_number -> BigInt,
        goods_price -> BigInt,
        goods_name -> Nullable<Text>,
    }
}

diesel::table! {
    order_refund (refund_id) {
        refund_id -> BigInt,
        order_id -> BigInt,
        user_id -> BigInt,
        idempotency_key -> Nullable<Text>,
        fingerprint -> Text,
        amount -> BigInt,
        refusal -> Nullable<Text>,
        create_time -> BigInt,
        status -> Integer,
        revision -> Integer,
        done_time -> Nullable<BigInt>,
        foreign_no -> Nullable<Text>,
    }
}

diesel::table! {
    order_refund_goods (refund_id, goods_id) {
        refund_id -> BigInt,
        goods_id -> BigInt,
        order_id -> BigInt,
        goods_number -> BigInt,
    }
}

diesel::table! {
    orders (order_id) {
        order_id -> BigInt,
        user_id -> BigInt,
        order_status -> Integer,
        pay_status -> Integer,
        shipping_status -> Integer,
        address -> Text,
        consignee -> Text,
        goods_amount -> BigInt,
        shipping_fee -> BigInt,
        order_amount -> BigInt,
        coupon_id -> Nullable<BigInt>,
        coupon_paid -> BigInt,
        money_paid -> BigInt,
        pay_amount -> BigInt,
        add_time -> BigInt,
        confirm_time -> Nullable<BigInt>,
        pay_time -> Nullable<BigInt>,
        idempotency_key -> Text,
        fingerprint -> Text,
        deadline_time -> BigInt,
        wake_time -> Nullable<BigInt>,
        refusal -> Nullable<Text>,
        pay_id -> Nullable<BigInt>,
        refusal_data -> Nullable<Text>,
        pay_starts -> Integer,
        carrier -> Nullable<Text>,
        tracking_no -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(order_account, orders);
