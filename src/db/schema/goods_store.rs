//! The tables of Goods.

diesel::table! {
    goods (goods_id) {
        goods_id -> BigInt,
        goods_name -> Text,
        goods_number -> BigInt,
        goods_price -> BigInt,
        goods_desc -> Text,
        add_time -> BigInt,
        on_sale -> Integer,
        revision -> BigInt,
    }
}

diesel::table! {
    goods_adjustment (adjustment_id) {
        adjustment_id -> BigInt,
        goods_id -> BigInt,
        delta -> BigInt,
        reason -> Text,
        create_time -> BigInt,
    }
}

diesel::table! {
    goods_number_log (order_id, goods_id, direction) {
        order_id -> BigInt,
        goods_id -> BigInt,
        direction -> Integer,
        goods_number -> BigInt,
        log_time -> BigInt,
    }
}

diesel::table! {
    goods_number_part (refund_id, goods_id) {
        refund_id -> BigInt,
        goods_id -> BigInt,
        order_id -> BigInt,
        goods_number -> BigInt,
        log_time -> BigInt,
    }
}
