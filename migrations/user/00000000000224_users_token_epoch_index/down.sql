DROP INDEX users_token_epoch_idx /*! ON users */;
