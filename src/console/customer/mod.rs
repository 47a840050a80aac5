//! `/console/customers`: the customers, and the page of each with its ledgers.

mod account;
mod ledger;
mod page;

use maud::html;

pub use account::change;
pub use page::{adjust, show};

use super::menu::Section;
use super::operator::Operator;
use crate::http::admin::list::{ListedUser, UsersQuery, find_users};
use crate::http::extract::listing::Listing;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::web::component::{Column, Field, csv_link, filters, id, money, pager, table, time};

const PATH: &str = "/console/customers";

/// `GET /console/customers`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<UsersQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.customer);
    let users = find_users(&operator.state, query).await?;
    let columns = [
        Column::Text(words.common.customer),
        Column::Text(own.name),
        Column::Number(own.balance),
        Column::Number(own.points),
        Column::Text(own.registered),
        Column::Text(own.role),
        Column::Text(own.account),
    ];
    let row = |listed: &ListedUser| {
        let user = &listed.user;
        vec![
            id("/console/customers/", user.user_id),
            html! { (user.user_name) },
            money(user.user_money),
            html! { (user.user_score) },
            time(user.user_reg_time),
            account::role(own, listed.user_role),
            account::state(own, listed.disable_time),
        ]
    };
    let fields = [Field::Text("user_name", own.name), Field::Text("user_name_prefix", own.prefix)];
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card {
            (filters(words, PATH, &pairs, &[], &fields))
        }
        section.card {
            (table(words, &columns, users.items.iter().map(row)))
            (pager(words, PATH, &pairs, users.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Customers, own.title, content).await
}

/// `GET /console/customers.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<UsersQuery>) -> HandlerResult {
    form.csv().answer(find_users(&operator.state, query).await?, "ListedUser")
}
