-- Orders that waited for their payment before orders expired: each is looked at once, and then at its time.
UPDATE orders SET wake_time = confirm_time WHERE order_status = 1 AND pay_status < 2 AND wake_time IS NULL;
