DROP TABLE sandbox_trade;
