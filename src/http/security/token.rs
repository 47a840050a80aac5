//! Access tokens: JWT, HMAC-SHA256 alone, judged by our clock.

use std::collections::HashMap;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use crate::domain::clock::Clock;
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::http::problem::{Code, Problem};

/// Both who makes the tokens and whom they are for.
const PARTY: &str = "tradepost";
const LEEWAY_S: i64 = 5;
/// No token of ours is near this long.
const LONGEST: usize = 2048;
/// Tokens whose signature is known to be good; twice as many may be kept.
const KNOWN_MAX: usize = 10_000;

/// Who a token says is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    exp: i64,
    nbf: i64,
    aud: String,
    iss: String,
    sub: UserId,
    role: Role,
}

/// Tokens whose signature was verified, so that a customer's next request need not have it done again. Those that nobody
/// has used for a while go: the young become the old, and whoever is old and asks is young again.
#[derive(Default)]
struct Known {
    young: HashMap<String, Grant>,
    old: HashMap<String, Grant>,
}

/// What a token says, whenever it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    caller: Caller,
    from: i64,
    to: i64,
}

impl Known {
    fn find(&mut self, token: &str) -> Option<Grant> {
        if let Some((token, grant)) = self.old.remove_entry(token) {
            self.keep(token, grant);
        }
        self.young.get(token).copied()
    }

    fn keep(&mut self, token: String, grant: Grant) {
        if self.young.len() >= KNOWN_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, grant);
    }
}

/// Makes and reads access tokens.
pub struct Tokens {
    known: Mutex<Known>,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    clock: Clock,
    ttl: Duration,
}

impl Tokens {
    /// Tokens signed with `secret`, at least 32 random bytes, good for `ttl`.
    #[must_use]
    pub fn new(secret: &[u8], clock: Clock, ttl: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_audience(&[PARTY]);
        validation.set_issuer(&[PARTY]);
        // The crate would ask the system for the time; `read` asks our clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            known: Mutex::default(),
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            validation,
            clock,
            ttl,
        }
    }

    /// How long a new token is good, in seconds.
    #[must_use]
    pub const fn ttl_s(&self) -> u64 {
        self.ttl.as_secs()
    }

    /// A token for this user, from now on.
    ///
    /// # Errors
    /// 500 where it cannot be signed, which is a bug.
    pub fn issue(&self, caller: Caller) -> Result<String, Problem> {
        let now = self.clock.now();
        let claims = Claims {
            exp: now.plus(self.ttl).unix_seconds(),
            nbf: now.unix_seconds(),
            aud: PARTY.to_owned(),
            iss: PARTY.to_owned(),
            sub: caller.user_id,
            role: caller.role,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "token not signed");
            Problem::new(Code::Internal)
        })
    }

    /// Who is calling with this token; `None` where it is forged, from another time, or not one of ours.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<Caller> {
        if token.len() > LONGEST {
            return None;
        }
        let known = self.known().find(token);
        let grant = known.or_else(|| self.verify(token))?;
        let now = self.clock.now().unix_seconds();
        let begun = grant.from <= now.saturating_add(LEEWAY_S);
        let over = grant.to.saturating_add(LEEWAY_S) <= now;
        (begun && !over).then_some(grant.caller)
    }

    fn verify(&self, token: &str) -> Option<Grant> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation).ok()?.claims;
        let caller = Caller { user_id: claims.sub, role: claims.role };
        let grant = Grant { caller, from: claims.nbf, to: claims.exp };
        self.known().keep(token.to_owned(), grant);
        Some(grant)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
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

    fn good() -> Value {
        let now = Clock::default().now().unix_seconds();
        json!({"exp": now + 60, "nbf": now, "aud": PARTY, "iss": PARTY, "sub": "7", "role": "customer"})
    }

    fn signed(claims: &Value, algorithm: Algorithm, secret: &[u8]) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    #[test]
    fn what_is_issued_is_read_until_it_expires() {
        let (tokens, clock) = tokens();
        let caller = Caller { user_id: UserId::new(7), role: Role::Admin };
        let token = tokens.issue(caller).unwrap();
        assert_eq!(tokens.read(&token), Some(caller));
        clock.advance(HOUR + Duration::from_secs(3));
        assert_eq!(tokens.read(&token), Some(caller), "within the leeway");
        clock.advance(Duration::from_secs(3));
        assert_eq!(tokens.read(&token), None);
    }

    #[test]
    fn of_the_tokens_that_are_known_those_stay_that_are_used() {
        let (mut known, mut next) = (Known::default(), 0..);
        let grant = Grant { caller: Caller { user_id: UserId::new(7), role: Role::Customer }, from: 0, to: 1 };
        known.keep("used".to_owned(), grant);
        known.keep("forgotten".to_owned(), grant);
        for _ in 0..3 {
            next.by_ref().take(KNOWN_MAX - 1).for_each(|n: u32| known.keep(n.to_string(), grant));
            assert_eq!(known.find("used"), Some(grant));
        }
        assert_eq!(known.find("forgotten"), None);
        assert!(known.young.len() + known.old.len() <= 2 * KNOWN_MAX);
    }

    #[test]
    fn a_token_is_bound_to_one_algorithm_and_key() {
        let (tokens, _) = tokens();
        let token = signed(&good(), Algorithm::HS256, SECRET);
        assert!(tokens.read(&token).is_some());
        assert!(tokens.read(&signed(&good(), Algorithm::HS256, b"another key of 32 bytes, and more")).is_none());
        assert!(tokens.read(&signed(&good(), Algorithm::HS384, SECRET)).is_none());
        let rest = token.split_once('.').unwrap().1;
        let payload = rest.split_once('.').unwrap().0;
        // {"alg":"none"}, {"alg":"None","typ":"JWT"}
        for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIiwidHlwIjoiSldUIn0"] {
            assert!(tokens.read(&format!("{header}.{payload}.")).is_none());
            assert!(tokens.read(&format!("{header}.{rest}")).is_none());
        }
        assert!(tokens.read(&token[..token.len() - 2]).is_none());
        for junk in ["", ".", "..", "a.b.c", &"a".repeat(5000)] {
            assert!(tokens.read(junk).is_none());
        }
    }

    #[test]
    fn every_claim_is_required_and_checked() {
        let (tokens, _) = tokens();
        for claim in ["exp", "nbf", "aud", "iss", "sub", "role"] {
            let mut claims = good();
            claims.as_object_mut().unwrap().remove(claim);
            assert!(tokens.read(&signed(&claims, Algorithm::HS256, SECRET)).is_none(), "without {claim}");
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
            let mut claims = good();
            claims[claim] = value.clone();
            assert!(tokens.read(&signed(&claims, Algorithm::HS256, SECRET)).is_none(), "{claim}: {value}");
        }
    }
}
