DROP INDEX users_name_key_key /*! ON users */;
