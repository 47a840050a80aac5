//! A statement that the operator has as a file, against the books. To repair, the same file is chosen once more: the page
//! does not carry it.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::result::result;
use crate::console::menu::Section;
use crate::console::operator::Operator;
use crate::domain::idempotency::Fingerprint;
use crate::gateway::statement::Bill;
use crate::http::admin::reconciliation::compare_file;
use crate::http::extract::multipart::FileForm;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::web::language::{ENGLISH, Words};
use crate::web::preview;
use crate::web::redirect::see_other;

const PATH: &str = "/console/reconcile";

/// The fields beside the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFields {
    provider: String,
    #[serde(default)]
    bill: Bill,
    /// The token of the page that has shown the comparison. Without it, nothing is changed.
    token: Option<String>,
}

/// The repair by one file, as its token has it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileRepair {
    provider: String,
    bill: Bill,
    /// Fingerprint of the content.
    content: String,
}

/// The form that compares a file.
#[must_use]
pub fn form(words: &Words, providers: &[&str]) -> Markup {
    let own = &words.reconcile;
    html! {
        details.card {
            summary { (own.file) " …" }
            form.filters method="post" action=(PATH) enctype="multipart/form-data" {
                label { (words.common.provider)
                    select name="provider" { @for known in providers { option { (known) } } }
                }
                label { (own.bill)
                    select name="bill" {
                        option value="trade" { (own.trade) }
                        option value="funds" { (own.funds) }
                    }
                }
                label { (own.file) input type="file" name="file" required; }
                button { (own.compare) }
            }
        }
    }
}

/// `POST /console/reconcile`: compares a file; with the token of a comparison of the same file, it repairs the books.
///
/// # Errors
/// 403 if the token is of another file; 409 if the statement cannot be compared; 422 for an unknown platform.
pub async fn compare(operator: Operator, form: FileForm<FileFields>) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.reconcile);
    let FileForm { fields: FileFields { provider, bill, token }, file } = form;
    let content = Fingerprint::of(&file).map_err(|_| Problem::new(Code::Internal))?.as_str().to_owned();
    let repair = FileRepair { provider, bill, content };
    if let Some(token) = token {
        let (previewed, _) = preview::open::<FileRepair>(state, &operator.session, &token)?;
        if previewed != repair {
            return Err(Problem::with(Code::Forbidden, ENGLISH.failure.reasons.other_file));
        }
        compare_file(state, operator.admin, &repair.provider, bill, &file, true).await?;
        return Ok(see_other(&format!("{PATH}?done=1")));
    }
    let report = compare_file(state, operator.admin, &repair.provider, bill, &file, false).await?;
    let token = preview::seal(state, &operator.session, &repair)?;
    let again = html! {
        form.filters method="post" action=(PATH) enctype="multipart/form-data" {
            input type="hidden" name="provider" value=(repair.provider);
            input type="hidden" name="token" value=(token);
            label { (own.file_again) input type="file" name="file" required; }
            button.go { (own.repair) }
        }
    };
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} a.button href=(PATH) { (words.act.back) } }
        (result(words, &report, again))
    };
    operator.page(Section::Reconcile, own.title, content).await
}
