//! Sessions of browsers: a cookie with the access token that the API issues. A token in a cookie is verified by the code
//! that verifies one in a header, and no route of the API reads cookies.

use actix_web::HttpRequest;
use aws_lc_rs::digest::{SHA256, digest};

use super::cookie::{self, Cookie, Name, SameSite};
use crate::http::extract::auth;
use crate::http::problem::{Code, Problem};
use crate::http::security::token::{Caller, Grant};
use crate::http::shop::session::end;
use crate::http::state::State;

/// A group of pages with sessions of its own.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// Name of the cookie.
    cookie: Name,
    /// Whether the session is also there when the visitor comes from another site.
    same_site: SameSite,
    /// Path of the page to sign in.
    pub sign_in: &'static str,
    /// Path of the first page.
    pub home: &'static str,
}

/// The pages of administrators.
pub const CONSOLE: Area = Area {
    cookie: Name::new("tradepost_console", "__Host-tradepost_console"),
    same_site: SameSite::Strict,
    sign_in: "/console/sign-in",
    home: "/console",
};

/// Path of the page on which an administrator adds a second factor.
pub const SECOND_FACTOR: &str = "/console/second-factor";

/// The pages of customers.
pub const SHOP: Area = Area {
    cookie: Name::new("tradepost_shop", "__Host-tradepost_shop"),
    // A platform sends the customer back to the order.
    same_site: SameSite::Lax,
    sign_in: "/sign-in",
    home: "/",
};

/// A session whose token is valid.
#[derive(Debug, Clone)]
pub struct Session {
    /// The user, and the token.
    pub grant: Grant,
    /// Identifies the session without revealing its token.
    pub mark: String,
}

impl Area {
    /// The session of a request in this area; `None` if the request has no cookie.
    ///
    /// # Errors
    /// 401 if the cookie has no valid token; 503.
    pub async fn session(self, req: &HttpRequest, state: &State) -> Result<Option<Session>, Problem> {
        let Some(token) = cookie::read(req, self.cookie.at(state)) else { return Ok(None) };
        let grant = auth::session_of(state, token).await?;
        auth::record_user(grant.caller.user_id);
        state.limits.user(req, grant.caller.user_id)?;
        Ok(Some(Session { grant, mark: hex::encode(digest(&SHA256, token.as_bytes())) }))
    }

    /// The header `Set-Cookie` that begins a session of `caller` with `token`.
    #[must_use]
    pub fn begin(self, state: &State, caller: &Caller, token: &str) -> String {
        self.set(state, token, state.tokens.ttl(caller.role).as_secs())
    }

    /// Ends the session of a request, so that no copy of the cookie is of use any more.
    ///
    /// # Errors
    /// 503.
    pub async fn sign_out(self, req: &HttpRequest, state: &State) -> Result<(), Problem> {
        match self.session(req, state).await {
            Ok(Some(session)) => end(state, session.grant).await,
            // There is nothing to end.
            Ok(None) => Ok(()),
            Err(problem) if problem.code == Code::Unauthenticated => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    /// The header `Set-Cookie` that ends the session.
    #[must_use]
    pub fn end(self, state: &State) -> String {
        self.set(state, "", 0)
    }

    fn set(self, state: &State, value: &str, max_age: u64) -> String {
        let is_secure = state.is_https();
        Cookie { name: self.cookie.at(state), value, max_age, same_site: self.same_site, is_secure }.header()
    }
}
