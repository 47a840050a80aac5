//! Conditions that a query may have or not. A condition that is left out costs nothing, and the others can use their
//! indexes.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;

/// The condition `inner`; none if it is `None`.
pub const fn when<E>(inner: Option<E>) -> When<E> {
    When(inner)
}

/// Condition returned by [`when`].
#[derive(Debug, Clone, Copy)]
pub struct When<E>(Option<E>);

impl<E: Expression<SqlType = Bool>> Expression for When<E> {
    type SqlType = Bool;
}

impl<E, Group> ValidGrouping<Group> for When<E> {
    type IsAggregate = is_aggregate::No;
}

impl<E: AppearsOnTable<From> + Expression<SqlType = Bool>, From> AppearsOnTable<From> for When<E> {}

impl<E: SelectableExpression<From> + Expression<SqlType = Bool>, From> SelectableExpression<From> for When<E> {}

/// The text of the query depends on the value.
impl<E> QueryId for When<E> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: QueryFragment<B>, B: Backend> QueryFragment<B> for When<E> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        match &self.0 {
            Some(inner) => {
                out.push_sql("(");
                inner.walk_ast(out.reborrow())?;
                out.push_sql(")");
            }
            None => out.push_sql("1 = 1"),
        }
        Ok(())
    }
}
