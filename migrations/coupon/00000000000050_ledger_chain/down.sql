DROP TABLE ledger_link;
DROP TABLE ledger_record;
