-- Of accounts whose names differ in case only, the oldest has the key.
UPDATE users SET name_key = LOWER(user_name) WHERE user_id IN (
    SELECT first_id FROM (
        SELECT MIN(user_id) AS first_id FROM users WHERE user_name NOT LIKE 'reference:%' GROUP BY LOWER(user_name)
    ) AS firsts
);
