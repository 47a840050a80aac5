DROP TABLE ended_session;
