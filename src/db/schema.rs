//! The tables of all owners, as the migrations create them (`tests/suite/database/schema.rs` compares the two).
#![expect(missing_docs, reason = "the migrations document the columns")]
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
diesel::table! {
    ended_session (session_hash) {
        session_hash -> Text,
        user_id -> BigInt,
        end_time -> BigInt,
        expire_time -> BigInt,
    }
}
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

diesel::table! {
    ledger_link (link_number) {
        link_number -> BigInt,
        kind -> Integer,
        link_time -> BigInt,
        hash -> Text,
        entries -> Text,
    }
}

diesel::table! {
    ledger_record (record_id) {
        record_id -> BigInt,
        entries -> Text,
    }
}

diesel::table! {
    mq_consumer (msg_id, group_name) {
        msg_id -> Text,
        group_name -> Text,
        msg_tag -> Text,
        msg_key -> Text,
        msg_body -> Text,
        consumer_status -> Integer,
        consumer_times -> Integer,
        consumer_timestamp -> BigInt,
        remark -> Nullable<Text>,
    }
}

diesel::table! {
    mq_producer (id) {
        id -> Text,
        group_name -> Text,
        msg_topic -> Text,
        msg_tag -> Text,
        msg_key -> Text,
        msg_body -> Text,
        msg_status -> Integer,
        create_time -> BigInt,
        due_time -> BigInt,
        attempts -> Integer,
        node_id -> Nullable<Integer>,
        remark -> Nullable<Text>,
    }
}

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
    store_meta (owner) {
        owner -> Text,
        shop_id -> Text,
        state -> Integer,
        backup_time -> Nullable<BigInt>,
    }
}

diesel::table! {
    admin_act (act_id) {
        act_id -> BigInt,
        user_id -> BigInt,
        subject_id -> BigInt,
        act -> Text,
        reason -> Nullable<Text>,
        data -> Text,
        idempotency_key -> Nullable<Text>,
        fingerprint -> Nullable<Text>,
        create_time -> BigInt,
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
    }
}

diesel::allow_tables_to_appear_in_same_query!(order_account, orders);
