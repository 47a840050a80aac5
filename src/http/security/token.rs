//! Access tokens: JWT with HMAC-SHA256 only. Expiry is checked against the application's [`Clock`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};
use crate::user::message::session::SessionHash;

/// Issuer of every token, and their audience if the installation has no name.
const SERVICE: &str = "tradepost";
/// How long a token is accepted after its expiry, in seconds: the difference between the clocks of nodes. Short, because
/// a token may have leaked by then.
const EXPIRY_LEEWAY_S: i64 = 5;
/// How long a token is accepted before it begins, in seconds. Longer, because it only bridges the clocks: a token that
/// was just issued by a node whose clock is ahead is as good as it will be in a moment.
const BEGIN_LEEWAY_S: i64 = 30;
/// Longest token that is read, in bytes. The tokens issued here are far shorter.
const TOKEN_LENGTH_MAX: usize = 2048;
/// Tokens in one generation of [`VerifiedTokens`]; it keeps two.
const GENERATION_MAX: usize = 10_000;

/// The caller a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Id of the user.
    pub user_id: UserId,
    /// Role of the user.
    pub role: Role,
    /// The epoch of the user's tokens at the time of the sign-in. Tokens of another epoch are not valid.
    pub epoch: Timestamp,
}

/// The content of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The caller.
    pub caller: Caller,
    /// When the token expires, in Unix seconds.
    pub expires: i64,
    /// Identifies the token without revealing it: a [`SessionHash`] that clones share.
    pub session: Arc<str>,
    /// Whether the caller is an administrator who must add a second factor first. It follows from the account and the
    /// settings, and is not in the token.
    pub needs_second_factor: bool,
}

/// Reason for not accepting a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    /// It is forged, not valid yet, or issued by another service.
    Invalid,
    /// It is genuine and has expired.
    Expired,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    /// Distinguishes tokens of the same second, so that one of them can be ended. Missing in tokens of older releases.
    #[serde(default)]
    jti: String,
    exp: i64,
    nbf: i64,
    aud: String,
    iss: String,
    sub: UserId,
    role: Role,
    /// The epoch in milliseconds; missing if it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    epoch: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(epoch: &i64) -> bool {
    *epoch == 0
}

/// A cache of tokens with a verified signature that have begun, so that further requests skip the verification.
///
/// It has two generations. A new or used token belongs to the recent one. When that is full it replaces the previous
/// one, which evicts the tokens that were not used since the last replacement.
#[derive(Default)]
struct VerifiedTokens {
    recent: HashMap<String, Grant>,
    previous: HashMap<String, Grant>,
}

impl VerifiedTokens {
    fn find(&mut self, token: &str) -> Option<Grant> {
        if let Some((token, grant)) = self.previous.remove_entry(token) {
            self.insert(token, grant);
        }
        self.recent.get(token).cloned()
    }

    fn insert(&mut self, token: String, grant: Grant) {
        if self.recent.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.recent);
        }
        self.recent.insert(token, grant);
    }
}

/// A secret that signs tokens. Tokens name it by its id, so that the secret can be replaced while tokens of the one before
/// are still valid.
struct Secret {
    id: String,
    verifying: DecodingKey,
}

impl Secret {
    fn new(secret: &[u8]) -> Self {
        let mark = hmac::sign(&hmac::Key::new(HMAC_SHA256, secret), b"tradepost/key-id/1");
        let id = mark.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { id, verifying: DecodingKey::from_secret(secret) }
    }
}

/// Issues and verifies access tokens.
pub struct Tokens {
    verified: Mutex<VerifiedTokens>,
    signing: EncodingKey,
    /// The secret that signs, and then those whose tokens are still accepted.
    secrets: Vec<Secret>,
    validation: Validation,
    audience: String,
    clock: Clock,
    ttl: Duration,
    admin_ttl: Duration,
}

impl Tokens {
    /// Signs tokens with `secret`, at least 32 random bytes. A token is valid for `ttl`.
    #[must_use]
    pub fn new(secret: &[u8], clock: Clock, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_audience(&[SERVICE]);
        validation.set_issuer(&[SERVICE]);
        // The crate would use the system time; `read` uses `clock`.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            verified: Mutex::default(),
            signing: EncodingKey::from_secret(secret),
            secrets: vec![Secret::new(secret)],
            validation,
            audience: SERVICE.to_owned(),
            clock,
            ttl,
            admin_ttl: ttl,
        }
    }

    /// The same, but for the installation with this name alone: tokens of others are not valid, also if they have the same
    /// secret.
    #[must_use]
    pub fn of_installation(mut self, name: &str) -> Self {
        self.audience = format!("{SERVICE}:{name}");
        self.validation.set_audience(&[&self.audience]);
        self
    }

    /// The same, but tokens of administrators are valid for `ttl`.
    #[must_use]
    pub fn with_admin_ttl(self, ttl: Duration) -> Self {
        Self { admin_ttl: ttl, ..self }
    }

    /// The same, but tokens that were signed with `secret` are accepted as well.
    #[must_use]
    pub fn accepting(mut self, secret: &[u8]) -> Self {
        self.secrets.push(Secret::new(secret));
        self
    }

    /// Lifetime of a new token for this role.
    #[must_use]
    pub const fn ttl(&self, role: Role) -> Duration {
        match role {
            Role::Customer => self.ttl,
            Role::Admin => self.admin_ttl,
        }
    }

    /// A token for `caller`, valid from now on.
    ///
    /// # Errors
    /// 500 if it cannot be signed, which is a bug.
    pub fn issue(&self, caller: Caller) -> Result<String, Problem> {
        let now = self.clock.now();
        let claims = Claims {
            jti: Uuid::from_u128(fastrand::u128(..)).simple().to_string(),
            exp: now.plus(self.ttl(caller.role)).unix_seconds(),
            nbf: now.unix_seconds(),
            aud: self.audience.clone(),
            iss: SERVICE.to_owned(),
            sub: caller.user_id,
            role: caller.role,
            epoch: caller.epoch.0,
        };
        let kid = self.secrets.first().map(|secret| secret.id.clone());
        let header = Header { kid, ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "token not signed");
            Problem::new(Code::Internal)
        })
    }

    /// The content of `token`. Whether the session was ended meanwhile is not known here.
    ///
    /// # Errors
    /// The token is forged, not valid yet or issued by another service, or it has expired.
    pub fn read(&self, token: &str) -> Result<Grant, TokenRefusal> {
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(TokenRefusal::Invalid);
        }
        let verified = self.verified().find(token);
        let grant = verified.or_else(|| self.verify(token)).ok_or(TokenRefusal::Invalid)?;
        let now = self.clock.now().unix_seconds();
        let has_expired = grant.expires.saturating_add(EXPIRY_LEEWAY_S) <= now;
        if has_expired { Err(TokenRefusal::Expired) } else { Ok(grant) }
    }

    /// The content of a token that is genuine and has begun. The latest time counts, so that a clock that is set back
    /// signs no user out.
    fn verify(&self, token: &str) -> Option<Grant> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid;
        // Tokens of earlier releases name no secret.
        let mut secrets = self.secrets.iter().filter(|secret| kid.as_ref().is_none_or(|kid| *kid == secret.id));
        let decode = |secret: &Secret| jsonwebtoken::decode::<Claims>(token, &secret.verifying, &self.validation).ok();
        let claims = secrets.find_map(decode)?.claims;
        if claims.nbf > self.clock.latest().unix_seconds().saturating_add(BEGIN_LEEWAY_S) {
            return None;
        }
        let caller = Caller { user_id: claims.sub, role: claims.role, epoch: Timestamp(claims.epoch) };
        let grant =
            Grant { caller, expires: claims.exp, session: session_hash(token).into(), needs_second_factor: false };
        self.verified().insert(token.to_owned(), grant.clone());
        Some(grant)
    }

    fn verified(&self) -> MutexGuard<'_, VerifiedTokens> {
        self.verified.lock()
    }
}

/// The first half of the SHA-256 of a token.
fn session_hash(token: &str) -> SessionHash {
    hex::encode(digest(&SHA256, token.as_bytes())).chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const HOUR: Duration = Duration::from_secs(3600);

    fn tokens() -> (Tokens, Clock) {
        let clock = Clock::default();
        (Tokens::new(SECRET, clock.clone(), HOUR), clock)
    }

    fn valid_claims() -> Value {
        let now = Clock::default().now().unix_seconds();
        json!({"exp": now + 60, "nbf": now, "aud": SERVICE, "iss": SERVICE, "sub": "7", "role": "customer"})
    }

    fn signed(claims: &Value, algorithm: Algorithm, secret: &[u8]) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    #[test]
    fn an_issued_token_is_read_until_it_expires() {
        let (tokens, clock) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Admin, epoch: Timestamp(7) };
        let token = tokens.issue(caller).unwrap();
        assert_eq!(tokens.read(&token).map(|grant| grant.caller), Ok(caller));
        clock.advance(HOUR + Duration::from_secs(3));
        assert_eq!(tokens.read(&token).map(|grant| grant.caller), Ok(caller), "within the leeway");
        clock.advance(Duration::from_secs(3));
        assert_eq!(tokens.read(&token), Err(TokenRefusal::Expired));
    }

    #[test]
    fn a_token_of_another_installation_is_not_valid_also_if_the_secret_is_the_same() {
        let of = |name: &str| tokens().0.of_installation(name);
        let caller = Caller { user_id: UserId::new(7), role: Role::Admin, epoch: Timestamp(0) };
        let token = of("one").issue(caller).unwrap();
        assert_eq!(of("one").read(&token).map(|grant| grant.caller), Ok(caller));
        assert_eq!(of("two").read(&token), Err(TokenRefusal::Invalid));
        assert_eq!(tokens().0.read(&token), Err(TokenRefusal::Invalid));
        assert_eq!(of("one").read(&tokens().0.issue(caller).unwrap()), Err(TokenRefusal::Invalid));
    }

    #[test]
    fn two_tokens_of_one_second_differ() {
        let (tokens, _) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, epoch: Timestamp(0) };
        let (one, other) = (tokens.issue(caller).unwrap(), tokens.issue(caller).unwrap());
        assert_ne!(one, other);
        let of = |token: &str| tokens.read(token).map(|grant| grant.caller);
        assert_eq!((of(&one), of(&other)), (Ok(caller), Ok(caller)));
    }

    #[test]
    fn a_token_of_a_node_whose_clock_is_ahead_is_read_at_once() {
        let (issuing, ahead) = tokens();
        let (reading, _) = tokens();
        ahead.advance(Duration::from_secs(25));
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, epoch: Timestamp(0) };
        assert_eq!(reading.read(&issuing.issue(caller).unwrap()).map(|grant| grant.caller), Ok(caller));
        ahead.advance(Duration::from_secs(10));
        assert_eq!(
            reading.read(&issuing.issue(caller).unwrap()),
            Err(TokenRefusal::Invalid),
            "no clock of a node is so wrong"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_signs_no_user_out() {
        let (tokens, clock) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, epoch: Timestamp(0) };
        let token = tokens.issue(caller).unwrap();
        let of_another_node = signed(&valid_claims(), Algorithm::HS256, SECRET);
        assert!(tokens.read(&of_another_node).is_ok());
        let an_hour_ago = Timestamp(clock.now().0 - 3_600_000);
        clock.follow(an_hour_ago, std::time::Instant::now(), Duration::ZERO);
        assert!(tokens.read(&token).is_ok() && tokens.read(&of_another_node).is_ok());
        clock.advance(HOUR + HOUR + Duration::from_secs(6));
        assert_eq!(tokens.read(&token), Err(TokenRefusal::Expired), "it expires as before");
    }

    #[test]
    fn the_cache_keeps_the_tokens_that_are_used() {
        let (mut cache, mut next) = (VerifiedTokens::default(), 0..);
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, epoch: Timestamp(0) };
        let grant = Grant { caller, expires: 1, session: Arc::default(), needs_second_factor: false };
        cache.insert("used".to_owned(), grant.clone());
        cache.insert("forgotten".to_owned(), grant.clone());
        for _ in 0..3 {
            next.by_ref().take(GENERATION_MAX - 1).for_each(|n: u32| cache.insert(n.to_string(), grant.clone()));
            assert_eq!(cache.find("used"), Some(grant.clone()));
        }
        assert_eq!(cache.find("forgotten"), None);
        assert!(cache.recent.len() + cache.previous.len() <= 2 * GENERATION_MAX);
    }

    #[test]
    fn a_token_is_bound_to_one_algorithm_and_key() {
        let (tokens, _) = tokens();
        let token = signed(&valid_claims(), Algorithm::HS256, SECRET);
        assert!(tokens.read(&token).is_ok());
        assert!(tokens.read(&signed(&valid_claims(), Algorithm::HS256, b"another key of 32 bytes, and more")).is_err());
        assert!(tokens.read(&signed(&valid_claims(), Algorithm::HS384, SECRET)).is_err());
        let rest = token.split_once('.').unwrap().1;
        let payload = rest.split_once('.').unwrap().0;
        // {"alg":"none"}, {"alg":"None","typ":"JWT"}
        for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIiwidHlwIjoiSldUIn0"] {
            assert!(tokens.read(&format!("{header}.{payload}.")).is_err());
            assert!(tokens.read(&format!("{header}.{rest}")).is_err());
        }
        assert!(tokens.read(&token[..token.len() - 2]).is_err());
        for junk in ["", ".", "..", "a.b.c", &"a".repeat(5000)] {
            assert!(tokens.read(junk).is_err());
        }
    }

    #[test]
    fn every_claim_is_required_and_checked() {
        let (tokens, _) = tokens();
        for claim in ["exp", "nbf", "aud", "iss", "sub", "role"] {
            let mut claims = valid_claims();
            claims.as_object_mut().unwrap().remove(claim);
            assert!(tokens.read(&signed(&claims, Algorithm::HS256, SECRET)).is_err(), "without {claim}");
        }
        let now = Clock::default().now().unix_seconds();
        for (claim, value) in [
            ("exp", json!(now - 60)),
            ("exp", json!(i64::MIN)),
            ("exp", json!("never")),
            ("nbf", json!(now + 60)),
            ("nbf", json!(i64::MAX)),
            ("aud", json!("others")),
            ("aud", json!(["tradepost"])),
            ("iss", json!("others")),
            ("sub", json!("x")),
            ("sub", json!(7)),
            ("role", json!("owner")),
        ] {
            let mut claims = valid_claims();
            claims[claim] = value.clone();
            assert!(tokens.read(&signed(&claims, Algorithm::HS256, SECRET)).is_err(), "{claim}: {value}");
        }
    }

    #[test]
    fn tokens_of_the_secret_before_are_accepted_as_long_as_it_is_named() {
        let (before, clock) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, epoch: Timestamp(0) };
        let old = before.issue(caller).unwrap();
        let unnamed = signed(&valid_claims(), Algorithm::HS256, SECRET);
        let new = || Tokens::new(b"a new secret of 32 bytes, at least", clock.clone(), HOUR);
        let both = new().accepting(SECRET);
        assert!(both.read(&old).is_ok() && both.read(&unnamed).is_ok());
        assert_eq!((new().read(&old), new().read(&unnamed)), (Err(TokenRefusal::Invalid), Err(TokenRefusal::Invalid)));
        let issued = both.issue(caller).unwrap();
        assert!(new().read(&issued).is_ok() && before.read(&issued).is_err(), "the new one signs");
    }

    #[test]
    fn tokens_of_administrators_are_shorter() {
        let (tokens, clock) = tokens();
        let tokens = tokens.with_admin_ttl(Duration::from_secs(60));
        let of = |role| tokens.issue(Caller { user_id: UserId::new(7), role, epoch: Timestamp(0) }).unwrap();
        let (customer, admin) = (of(Role::Customer), of(Role::Admin));
        clock.advance(Duration::from_secs(66));
        assert_eq!((tokens.read(&customer).is_ok(), tokens.read(&admin)), (true, Err(TokenRefusal::Expired)));
    }
}
