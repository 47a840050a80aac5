//! The tables of Coupon.

diesel::table! {
    coupon (coupon_id) {
        coupon_id -> BigInt,
        coupon_price -> BigInt,
        user_id -> BigInt,
        order_id -> Nullable<BigInt>,
        is_used -> Integer,
        used_time -> Nullable<BigInt>,
        add_time -> BigInt,
    }
}

diesel::table! {
    coupon_log (order_id, direction) {
        order_id -> BigInt,
        direction -> Integer,
        coupon_id -> BigInt,
        log_time -> BigInt,
    }
}
