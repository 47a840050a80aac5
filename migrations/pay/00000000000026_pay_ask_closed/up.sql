-- Closed payments that may still be paid at their platform are asked for too. No platform keeps a payment open for more
-- than 15 days; what has expired is asked for once.
INSERT INTO pay_ask (pay_id, ask_time, asks, provider)
    SELECT pay_id, add_time, 0, provider FROM pay
    WHERE is_paid = 1 AND close_time IS NOT NULL AND add_time > (SELECT MAX(add_time) FROM pay) - 1296000000;
