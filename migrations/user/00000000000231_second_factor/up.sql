-- Second factors, also those that are not confirmed yet: then users.second_factor_time is NULL. secret is encrypted with a
-- key that is not in the store. used_step is the last step of 30 seconds whose code was used; 0 if none was.
CREATE TABLE second_factor (
    user_id BIGINT NOT NULL,
    secret VARCHAR(128) NOT NULL,
    used_step BIGINT NOT NULL,
    create_time BIGINT NOT NULL,
    CONSTRAINT second_factor_user_id_key PRIMARY KEY (user_id)
);
