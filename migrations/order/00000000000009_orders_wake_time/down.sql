UPDATE orders SET wake_time = NULL WHERE order_status = 1;
