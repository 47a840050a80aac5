//! Second factors: the secret from which an app computes one-time codes, and recovery codes.

use actix::Message;

use super::AccountState;
use crate::actor::Reply;
use crate::domain::id::UserId;
use crate::journal::Request;
use crate::user::error::HasSecondFactor;

/// The encrypted secret of a second factor. User cannot read it.
pub type SealedSecret = String;

/// The SHA-256 of a recovery code, as 64 hexadecimal digits.
pub type CodeHash = String;

/// Keeps the secret of a second factor that is to be confirmed, in place of an earlier one that was not.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<(), HasSecondFactor>>")]
pub struct BeginSecondFactor {
    /// Id of the user, who exists.
    pub user_id: UserId,
    /// The secret.
    pub secret: SealedSecret,
}

/// Finds the second factor of a user, confirmed or not. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<SecondFactor>>")]
pub struct FindSecondFactor {
    /// Id of the user.
    pub user_id: UserId,
}

/// Outcome of a [`FindSecondFactor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret.
    pub secret: SealedSecret,
    /// Number of recovery codes that are left.
    pub recovery_codes: i64,
}

/// Puts a second factor into effect, and ends the user's sessions. `None` if it is in effect already, or another one is to
/// be confirmed.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<AccountState>>")]
pub struct ConfirmSecondFactor {
    /// Id of the user.
    pub user_id: UserId,
    /// The secret to which the code belongs that the user has entered.
    pub secret: SealedSecret,
    /// Step of that code.
    pub step: i64,
    /// The recovery codes.
    pub recovery_codes: Vec<CodeHash>,
    /// The administrator's request.
    pub request: Request,
}

/// The proof that a user has a second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The step of a code that an app has computed.
    Step(i64),
    /// A recovery code.
    RecoveryCode(CodeHash),
}

/// Uses a code, which is of no use afterwards. False if it was used before, or does not exist.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<bool>")]
pub struct UseSecondFactor {
    /// Id of the user.
    pub user_id: UserId,
    /// The code.
    pub proof: Proof,
}

/// Lists the secrets of all users. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<(UserId, SealedSecret)>>")]
pub struct ListSealedSecrets;

/// Replaces a secret by the same one under another key. Nothing changes if it was replaced meanwhile.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Reseal {
    /// Id of the user.
    pub user_id: UserId,
    /// The present text.
    pub old: SealedSecret,
    /// The new text.
    pub new: SealedSecret,
}
