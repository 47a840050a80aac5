//! `/console/settings`: the settings in effect.

use maud::html;

use super::menu::Section;
use super::operator::Operator;
use crate::http::state::{HandlerResult, ShownSetting};
use crate::web::component::{Column, table};

/// `GET /console/settings`
///
/// # Errors
/// None of its own.
pub async fn show(operator: Operator) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.setting);
    let columns = [Column::Text(own.key), Column::Text(own.value), Column::Text(own.origin)];
    let row = |setting: &ShownSetting| {
        vec![html! { code { (setting.key) } }, html! { code { (setting.value) } }, html! { (setting.origin) }]
    };
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card {
            p.soft { (own.intro) }
            (table(words, &columns, operator.state.settings.iter().map(row)))
        }
    };
    operator.page(Section::Settings, own.title, content).await
}
