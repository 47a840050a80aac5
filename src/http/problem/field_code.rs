//! The codes of field errors that are no refusals.

/// A code of a field error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldCode {
    /// The field is missing.
    Required,
    /// There is no such field.
    UnknownField,
    /// The field is given more than once.
    DuplicateField,
    /// The value has another JSON type.
    WrongType,
    /// The value is not one of the words in `allowed`.
    UnknownWord,
    /// The value is not valid.
    InvalidValue,
    /// The value exceeds `max`.
    TooHigh,
    /// The result would leave the range of what is stored.
    OutOfRange,
    /// There is no such thing, or it is not the caller's.
    NotFound,
    /// The request has no token.
    TokenMissing,
    /// The token was valid and has expired.
    TokenExpired,
    /// The token is not one of this shop, or is no longer valid.
    TokenInvalid,
    /// The API key does not have the scope `scope`.
    ScopeMissing,
    /// The password is one of the most common ones.
    CommonPassword,
    /// The password is little more than the user's name.
    PasswordIsName,
    /// The password is not the user's.
    WrongPassword,
    /// The name is one that looks like the shop's own.
    ReservedName,
    /// The one-time code is not valid now, or was used before.
    WrongOneTimeCode,
}

impl FieldCode {
    /// Every code.
    pub const ALL: [Self; 18] = [
        Self::Required,
        Self::UnknownField,
        Self::DuplicateField,
        Self::WrongType,
        Self::UnknownWord,
        Self::InvalidValue,
        Self::TooHigh,
        Self::OutOfRange,
        Self::NotFound,
        Self::TokenMissing,
        Self::TokenExpired,
        Self::TokenInvalid,
        Self::ScopeMissing,
        Self::CommonPassword,
        Self::PasswordIsName,
        Self::WrongPassword,
        Self::ReservedName,
        Self::WrongOneTimeCode,
    ];

    /// The code as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::UnknownField => "unknown_field",
            Self::DuplicateField => "duplicate_field",
            Self::WrongType => "wrong_type",
            Self::UnknownWord => "unknown_word",
            Self::InvalidValue => "invalid_value",
            Self::TooHigh => "too_high",
            Self::OutOfRange => "out_of_range",
            Self::NotFound => "not_found",
            Self::TokenMissing => "token_missing",
            Self::TokenExpired => "token_expired",
            Self::TokenInvalid => "token_invalid",
            Self::ScopeMissing => "scope_missing",
            Self::CommonPassword => "common_password",
            Self::PasswordIsName => "password_is_name",
            Self::WrongPassword => "wrong_password",
            Self::ReservedName => "reserved_name",
            Self::WrongOneTimeCode => "wrong_one_time_code",
        }
    }
}

/// The field is missing.
pub const REQUIRED: &str = FieldCode::Required.name();
/// There is no such field.
pub const UNKNOWN_FIELD: &str = FieldCode::UnknownField.name();
/// The field is given more than once.
pub const DUPLICATE_FIELD: &str = FieldCode::DuplicateField.name();
/// The value has another JSON type.
pub const WRONG_TYPE: &str = FieldCode::WrongType.name();
/// The value is not one of the words in `allowed`.
pub const UNKNOWN_WORD: &str = FieldCode::UnknownWord.name();
/// The value is not valid.
pub const INVALID_VALUE: &str = FieldCode::InvalidValue.name();
/// The value exceeds `max`.
pub const TOO_HIGH: &str = FieldCode::TooHigh.name();
/// The result would leave the range of what is stored.
pub const OUT_OF_RANGE: &str = FieldCode::OutOfRange.name();
/// There is no such thing, or it is not the caller's.
pub const NOT_FOUND: &str = FieldCode::NotFound.name();
/// The request has no token.
pub const TOKEN_MISSING: &str = FieldCode::TokenMissing.name();
/// The token was valid and has expired.
pub const TOKEN_EXPIRED: &str = FieldCode::TokenExpired.name();
/// The token is not one of this shop, or is no longer valid.
pub const TOKEN_INVALID: &str = FieldCode::TokenInvalid.name();
/// The API key does not have the scope `scope`.
pub const SCOPE_MISSING: &str = FieldCode::ScopeMissing.name();
/// The password is one of the most common ones.
pub const COMMON_PASSWORD: &str = FieldCode::CommonPassword.name();
/// The password is little more than the user's name.
pub const PASSWORD_IS_NAME: &str = FieldCode::PasswordIsName.name();
/// The password is not the user's.
pub const WRONG_PASSWORD: &str = FieldCode::WrongPassword.name();
/// The name is one that looks like the shop's own.
pub const RESERVED_NAME: &str = FieldCode::ReservedName.name();
/// The one-time code is not valid now, or was used before.
pub const WRONG_ONE_TIME_CODE: &str = FieldCode::WrongOneTimeCode.name();
