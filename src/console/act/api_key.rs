//! Acts on API keys.

use maud::html;

use crate::console::menu::Section;
use crate::console::operator::Operator;
use crate::domain::id::ApiKeyId;
use crate::domain::idempotency::IdempotencyKey;
use crate::http::admin::api_key::{NewApiKey, create_as, revoke_as};
use crate::http::extract::key::OptionalKey;
use crate::http::problem::{Code, Problem};
use crate::http::security::api_key;
use crate::http::state::HandlerResult;
use crate::web::component::{Tone, facts, notice};

const PATH: &str = "/console/api-keys";

/// Creates the key of a preview, and shows it. The answer is the page itself, because no address may have a secret. The
/// second click of a double click shows the same key.
pub async fn create(operator: &Operator, key: IdempotencyKey, new: NewApiKey, seed: &str) -> HandlerResult {
    let own = &operator.words.api_key;
    let generated = api_key::from_seed(&operator.state.seals, seed);
    let secret = generated.key.clone();
    let created = create_as(&operator.state, operator.admin, OptionalKey(Some(key)), new, generated).await?.value;
    if !secret.starts_with(&created.prefix) {
        // One token has one seed.
        return Err(Problem::new(Code::Internal));
    }
    let content = html! {
        div.title { h1 { (own.new) } }
        section.card.narrow {
            (notice(Tone::Info, own.keep))
            (facts([
                (own.name, html! { (created.name.as_str()) }),
                (own.scopes, html! { (created.scopes.stored()) }),
                (own.secret, html! { code.secret { (secret) } }),
            ]))
            p { a.button.go href=(PATH) { (own.back) } }
        }
    };
    operator.page(Section::ApiKeys, own.new, content).await
}

/// Revokes a key. A key that is revoked already stays so.
pub async fn revoke(operator: &Operator, api_key_id: ApiKeyId) -> Result<String, Problem> {
    revoke_as(&operator.state, operator.admin, api_key_id).await?;
    Ok(PATH.to_owned())
}
