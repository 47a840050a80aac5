//! Access tokens: JWT with HMAC-SHA256 only. Expiry is checked against the application's [`Clock`].

use std::collections::HashMap;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::domain::clock::Clock;
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};
use crate::http::security::admin_passwords::PasswordMark;

/// Issuer and audience of every token.
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
    /// The password that an administrator signed in with; none for customers.
    pub password: PasswordMark,
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
    exp: i64,
    nbf: i64,
    aud: String,
    iss: String,
    sub: UserId,
    role: Role,
    /// Random, so that two tokens of one user differ, and with them the sessions that they begin. Missing in tokens of
    /// older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    /// Missing in tokens of customers, and in an administrator's of older versions, which are refused.
    #[serde(default, skip_serializing_if = "PasswordMark::is_none")]
    pwd: PasswordMark,
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

/// The content of a verified token that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    caller: Caller,
    /// Unix seconds.
    expires: i64,
}

impl VerifiedTokens {
    fn find(&mut self, token: &str) -> Option<Grant> {
        if let Some((token, grant)) = self.previous.remove_entry(token) {
            self.insert(token, grant);
        }
        self.recent.get(token).copied()
    }

    fn insert(&mut self, token: String, grant: Grant) {
        if self.recent.len() >= GENERATION_MAX {
            self.previous = std::mem::take(&mut self.recent);
        }
        self.recent.insert(token, grant);
    }
}

/// Issues and verifies access tokens.
pub struct Tokens {
    verified: Mutex<VerifiedTokens>,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    clock: Clock,
    ttl: Duration,
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
            verifying: DecodingKey::from_secret(secret),
            validation,
            clock,
            ttl,
        }
    }

    /// Lifetime of a new token, in seconds.
    #[must_use]
    pub const fn ttl_s(&self) -> u64 {
        self.ttl.as_secs()
    }

    /// A token for `caller`, valid from now on.
    ///
    /// # Errors
    /// 500 if it cannot be signed, which is a bug.
    pub fn issue(&self, caller: Caller) -> Result<String, Problem> {
        let now = self.clock.now();
        let claims = Claims {
            exp: now.plus(self.ttl).unix_seconds(),
            nbf: now.unix_seconds(),
            aud: SERVICE.to_owned(),
            iss: SERVICE.to_owned(),
            sub: caller.user_id,
            role: caller.role,
            jti: Some(Uuid::now_v7()),
            pwd: caller.password,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "token not signed");
            Problem::new(Code::Internal)
        })
    }

    /// The caller `token` names.
    ///
    /// # Errors
    /// The token is forged, not valid yet or issued by another service, or it has expired.
    pub fn read(&self, token: &str) -> Result<Caller, TokenRefusal> {
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(TokenRefusal::Invalid);
        }
        let verified = self.verified().find(token);
        let grant = verified.or_else(|| self.verify(token)).ok_or(TokenRefusal::Invalid)?;
        let now = self.clock.now().unix_seconds();
        let has_expired = grant.expires.saturating_add(EXPIRY_LEEWAY_S) <= now;
        if has_expired { Err(TokenRefusal::Expired) } else { Ok(grant.caller) }
    }

    /// The content of a token that is genuine and has begun. The latest time counts, so that a clock that is set back
    /// signs no user out.
    fn verify(&self, token: &str) -> Option<Grant> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation).ok()?.claims;
        if claims.nbf > self.clock.latest().unix_seconds().saturating_add(BEGIN_LEEWAY_S) {
            return None;
        }
        let caller = Caller { user_id: claims.sub, role: claims.role, password: claims.pwd };
        let grant = Grant { caller, expires: claims.exp };
        self.verified().insert(token.to_owned(), grant);
        Some(grant)
    }

    fn verified(&self) -> MutexGuard<'_, VerifiedTokens> {
        self.verified.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Timestamp;
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
        let caller = Caller { user_id: UserId::new(7), role: Role::Admin, password: PasswordMark::of("hash") };
        let token = tokens.issue(caller).unwrap();
        assert_eq!(tokens.read(&token), Ok(caller));
        clock.advance(HOUR + Duration::from_secs(3));
        assert_eq!(tokens.read(&token), Ok(caller), "within the leeway");
        clock.advance(Duration::from_secs(3));
        assert_eq!(tokens.read(&token), Err(TokenRefusal::Expired));
    }

    #[test]
    fn two_tokens_of_one_second_differ() {
        let (tokens, _) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, password: PasswordMark::NONE };
        let (one, other) = (tokens.issue(caller).unwrap(), tokens.issue(caller).unwrap());
        assert_ne!(one, other);
        assert_eq!((tokens.read(&one), tokens.read(&other)), (Ok(caller), Ok(caller)));
    }

    #[test]
    fn a_token_of_a_node_whose_clock_is_ahead_is_read_at_once() {
        let (issuing, ahead) = tokens();
        let (reading, _) = tokens();
        ahead.advance(Duration::from_secs(25));
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, password: PasswordMark::NONE };
        assert_eq!(reading.read(&issuing.issue(caller).unwrap()), Ok(caller));
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
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, password: PasswordMark::NONE };
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
        let caller = Caller { user_id: UserId::new(7), role: Role::Customer, password: PasswordMark::NONE };
        let grant = Grant { caller, expires: 1 };
        cache.insert("used".to_owned(), grant);
        cache.insert("forgotten".to_owned(), grant);
        for _ in 0..3 {
            next.by_ref().take(GENERATION_MAX - 1).for_each(|n: u32| cache.insert(n.to_string(), grant));
            assert_eq!(cache.find("used"), Some(grant));
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
}
