DELETE FROM pay_ask WHERE pay_id NOT IN (SELECT pay_id FROM pay_open);
