//! The tables of User.

diesel::table! {
    api_key (api_key_id) {
        api_key_id -> BigInt,
        key_name -> Text,
        key_prefix -> Text,
        key_hash -> Text,
        scopes -> Text,
        create_time -> BigInt,
        revoke_time -> Nullable<BigInt>,
        use_time -> Nullable<BigInt>,
    }
}

diesel::table! {
    ended_session (session_hash) {
        session_hash -> Text,
        user_id -> BigInt,
        end_time -> BigInt,
        expire_time -> BigInt,
    }
}

diesel::table! {
    recovery_code (user_id, code_hash) {
        user_id -> BigInt,
        code_hash -> Text,
    }
}

diesel::table! {
    second_factor (user_id) {
        user_id -> BigInt,
        secret -> Text,
        used_step -> BigInt,
        create_time -> BigInt,
    }
}

diesel::table! {
    sign_in (name_key, source) {
        name_key -> Text,
        source -> Text,
        failures -> Integer,
        wait_until -> BigInt,
        success_time -> Nullable<BigInt>,
        expire_time -> BigInt,
    }
}

diesel::table! {
    user_adjustment (adjustment_id) {
        adjustment_id -> BigInt,
        user_id -> BigInt,
        money -> BigInt,
        score -> BigInt,
        reason -> Text,
        create_time -> BigInt,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    user_money_log (user_id, order_id, money_log_type) {
        user_id -> BigInt,
        order_id -> BigInt,
        money_log_type -> Integer,
        use_money -> BigInt,
        create_time -> BigInt,
    }
}

diesel::table! {
    user_reference (user_id) {
        user_id -> BigInt,
        key_name -> Text,
        reference -> Text,
        create_time -> BigInt,
    }
}

diesel::table! {
    user_score_log (order_id, score_log_type) {
        order_id -> BigInt,
        score_log_type -> Integer,
        user_id -> BigInt,
        score -> BigInt,
        create_time -> BigInt,
    }
}

diesel::table! {
    user_score_part (refund_id) {
        refund_id -> BigInt,
        order_id -> BigInt,
        user_id -> BigInt,
        score -> BigInt,
        create_time -> BigInt,
    }
}

diesel::table! {
    users (user_id) {
        user_id -> BigInt,
        user_name -> Text,
        user_password -> Text,
        user_mobile -> Nullable<Text>,
        user_score -> BigInt,
        user_reg_time -> BigInt,
        user_money -> BigInt,
        user_role -> Integer,
        idempotency_key -> Nullable<Text>,
        name_key -> Nullable<Text>,
        token_epoch -> BigInt,
        disable_time -> Nullable<BigInt>,
        role_by -> Nullable<BigInt>,
        second_factor_time -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook (webhook_id) {
        webhook_id -> BigInt,
        url -> Text,
        description -> Text,
        event_types -> Text,
        secret -> Text,
        old_secret -> Nullable<Text>,
        old_secret_until -> Nullable<BigInt>,
        feed_cursor -> Text,
        failing_since -> Nullable<BigInt>,
        disable_time -> Nullable<BigInt>,
        disable_reason -> Nullable<Text>,
        create_time -> BigInt,
        delete_time -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook_attempt (delivery_id, attempt) {
        delivery_id -> BigInt,
        attempt -> BigInt,
        status_code -> Integer,
        duration_ms -> BigInt,
        remark -> Nullable<Text>,
        create_time -> BigInt,
    }
}

diesel::table! {
    webhook_delivery (delivery_id) {
        delivery_id -> BigInt,
        webhook_id -> BigInt,
        event_id -> Text,
        event_type -> Text,
        body -> Text,
        body_rest -> Nullable<Text>,
        status -> Integer,
        attempts -> Integer,
        tries -> Integer,
        due_time -> BigInt,
        create_time -> BigInt,
    }
}
