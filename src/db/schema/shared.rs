//! Tables that the stores of several owners have.

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
    store_meta (owner) {
        owner -> Text,
        shop_id -> Text,
        state -> Integer,
        backup_time -> Nullable<BigInt>,
    }
}
