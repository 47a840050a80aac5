DROP TABLE sandbox_delivery;
