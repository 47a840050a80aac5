//! Security events, in one form: a log line with the target `tradepost::security`, the event, and the user. The span of the
//! request adds the address of the client, the request id and the route.

use crate::domain::id::UserId;

/// The target of the lines, by which they can be filtered.
pub const TARGET: &str = "tradepost::security";

/// An event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A user has signed in.
    SignedIn,
    /// A sign-in failed: the name or the password was wrong.
    SignInFailed,
    /// A sign-in was refused because too many had failed.
    SignInLocked,
    /// A sign-in with the right password was refused because the account is disabled.
    SignInDisabled,
    /// A user has signed out.
    SignedOut,
    /// All sessions of a user were ended.
    SignedOutEverywhere,
    /// A user has changed the password.
    PasswordChanged,
    /// A user has registered.
    Registered,
    /// A request was refused because the caller may not do that.
    Forbidden,
    /// An administrator has changed an account: the role, or whether its user may sign in.
    AccountChanged,
    /// A one-time code was wrong; the password was right.
    SecondFactorFailed,
    /// A user has added a second factor.
    SecondFactorAdded,
    /// A second factor was removed, by its user or by an administrator.
    SecondFactorRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
}

impl Event {
    /// The name, as in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignInLocked => "sign_in_locked",
            Self::SignInDisabled => "sign_in_disabled",
            Self::SignedOut => "signed_out",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::PasswordChanged => "password_changed",
            Self::Registered => "registered",
            Self::Forbidden => "forbidden",
            Self::AccountChanged => "account_changed",
            Self::SecondFactorFailed => "second_factor_failed",
            Self::SecondFactorAdded => "second_factor_added",
            Self::SecondFactorRemoved => "second_factor_removed",
            Self::RecoveryCodeUsed => "recovery_code_used",
        }
    }

    /// Logs the event. `user` is the account that it is about; its name, if it is known to exist or was entered.
    pub fn log(self, user: Option<UserId>, user_name: Option<&str>) {
        let user = user.map(tracing::field::display);
        tracing::info!(target: "tradepost::security", event = self.name(), user, user_name, "security event");
    }
}
