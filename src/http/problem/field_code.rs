//! The codes of field errors that are no refusals.

/// The field is missing.
pub const REQUIRED: &str = "required";
/// There is no such field.
pub const UNKNOWN_FIELD: &str = "unknown_field";
/// The field is given more than once.
pub const DUPLICATE_FIELD: &str = "duplicate_field";
/// The value has another JSON type.
pub const WRONG_TYPE: &str = "wrong_type";
/// The value is not one of the words in `allowed`.
pub const UNKNOWN_WORD: &str = "unknown_word";
/// The value is not valid.
pub const INVALID_VALUE: &str = "invalid_value";
/// The value exceeds `max`.
pub const TOO_HIGH: &str = "too_high";
/// The result would leave the range of what is stored.
pub const OUT_OF_RANGE: &str = "out_of_range";
/// There is no such thing, or it is not the caller's.
pub const NOT_FOUND: &str = "not_found";
/// The request has no token.
pub const TOKEN_MISSING: &str = "token_missing";
/// The token was valid and has expired.
pub const TOKEN_EXPIRED: &str = "token_expired";
/// The token is not one of this shop, or is no longer valid.
pub const TOKEN_INVALID: &str = "token_invalid";
/// The API key does not have the scope `scope`.
pub const SCOPE_MISSING: &str = "scope_missing";
/// The password is one of the most common ones.
pub const COMMON_PASSWORD: &str = "common_password";
/// The password is little more than the user's name.
pub const PASSWORD_IS_NAME: &str = "password_is_name";
/// The password is not the user's.
pub const WRONG_PASSWORD: &str = "wrong_password";
/// The name is one that looks like the shop's own.
pub const RESERVED_NAME: &str = "reserved_name";
