DROP TABLE sandbox_refund;
