//! Conditions on any number of keys. SQLite takes the keys as one JSON parameter and PostgreSQL as an array, so the
//! statement is the same for any number of keys and stays prepared. On MySQL each key is a parameter.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::Column;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, SingleValue, Text};
use serde::Serialize;

use crate::domain::id::Id;

/// A value that rows can be looked up by.
pub trait Key {
    /// Type of the stored value.
    type Stored: Stored;

    /// The stored value of this key.
    fn stored(&self) -> Self::Stored;
}

/// A value of a key column.
pub trait Stored: Serialize + std::fmt::Debug + 'static {
    /// SQL type of the column.
    type Sql: SingleValue + QueryId + 'static;
}

impl Stored for i64 {
    type Sql = BigInt;
}

impl Stored for String {
    type Sql = Text;
}

impl<T> Key for Id<T> {
    type Stored = i64;

    fn stored(&self) -> i64 {
        self.get()
    }
}

impl Key for str {
    type Stored = String;

    fn stored(&self) -> String {
        self.to_owned()
    }
}

impl<K: Key + ?Sized> Key for &K {
    type Stored = K::Stored;

    fn stored(&self) -> K::Stored {
        (*self).stored()
    }
}

impl Key for String {
    type Stored = Self;

    fn stored(&self) -> Self {
        self.clone()
    }
}

/// The condition `column IN (keys)`, which no row meets if `keys` is empty.
pub fn any_of<C, K: Key>(column: C, keys: &[K]) -> AnyOf<C, K::Stored> {
    AnyOf { column, keys: Keys(keys.iter().map(Key::stored).collect()) }
}

/// Condition returned by [`any_of`].
#[derive(Debug)]
pub struct AnyOf<C, V> {
    column: C,
    keys: Keys<V>,
}

impl<C, V> Expression for AnyOf<C, V> {
    type SqlType = Bool;
}

impl<C, V, Group> ValidGrouping<Group> for AnyOf<C, V> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<From>, V, From> AppearsOnTable<From> for AnyOf<C, V> {}

impl<C: SelectableExpression<From>, V, From> SelectableExpression<From> for AnyOf<C, V> {}

impl<C: QueryId, V: 'static> QueryId for AnyOf<C, V> {
    type QueryId = AnyOf<C::QueryId, V>;
    const HAS_STATIC_QUERY_ID: bool = C::HAS_STATIC_QUERY_ID;
}

impl<C: QueryFragment<B>, V: Stored, B: Backend + KeyLists<V>> QueryFragment<B> for AnyOf<C, V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        B::is_any_of(&self.keys, out)
    }
}

/// A list of keys that can be bound as one parameter.
#[derive(Debug)]
pub struct Keys<V>(Vec<V>);

/// An engine's syntax for a condition on a list of keys.
pub trait KeyLists<V>: Backend {
    /// Writes ` IN (keys)` in the engine's syntax.
    ///
    /// # Errors
    /// A value that cannot be bound.
    fn is_any_of<'b>(keys: &'b Keys<V>, out: AstPass<'_, 'b, Self>) -> QueryResult<()>;
}

/// The condition `(first, second) IN (pairs)` on two columns. Each pair is looked up in the index over both columns,
/// whereas two separate lists would be looked up in all their combinations. `pairs` must not be empty. Each number of
/// pairs is a different statement; see [`load_by_pairs`](super::load_by_pairs).
pub fn any_of_pairs<C, D, K: Key, L: Key>(columns: (C, D), pairs: &[(K, L)]) -> AnyOfPairs<C, D, K::Stored, L::Stored>
where
    C: Column,
    D: Column<Table = C::Table>,
{
    AnyOfPairs { columns, pairs: pairs.iter().map(|(first, second)| (first.stored(), second.stored())).collect() }
}

/// Condition returned by [`any_of_pairs`].
#[derive(Debug)]
pub struct AnyOfPairs<C, D, V, W> {
    columns: (C, D),
    pairs: Vec<(V, W)>,
}

impl<C, D, V, W> Expression for AnyOfPairs<C, D, V, W> {
    type SqlType = Bool;
}

impl<C, D, V, W, Group> ValidGrouping<Group> for AnyOfPairs<C, D, V, W> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<From>, D, V, W, From> AppearsOnTable<From> for AnyOfPairs<C, D, V, W> {}

impl<C: SelectableExpression<From>, D, V, W, From> SelectableExpression<From> for AnyOfPairs<C, D, V, W> {}

impl<C, D, V, W> QueryId for AnyOfPairs<C, D, V, W> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Writes `(first = ? AND second = ? OR …)`.
impl<C, D, V, W, B> QueryFragment<B> for AnyOfPairs<C, D, V, W>
where
    C: QueryFragment<B>,
    D: QueryFragment<B>,
    V: Stored + ToSql<V::Sql, B>,
    W: Stored + ToSql<W::Sql, B>,
    B: Backend + HasSqlType<V::Sql> + HasSqlType<W::Sql>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        for (index, (first, second)) in self.pairs.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { " OR " });
            self.columns.0.walk_ast(out.reborrow())?;
            out.push_sql(" = ");
            out.push_bind_param::<V::Sql, _>(first)?;
            out.push_sql(" AND ");
            self.columns.1.walk_ast(out.reborrow())?;
            out.push_sql(" = ");
            out.push_bind_param::<W::Sql, _>(second)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::serialize::{IsNull, Output, Result};
    use diesel::sqlite::Sqlite;

    use super::*;

    impl<V: Serialize + std::fmt::Debug> ToSql<Text, Sqlite> for Keys<V> {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> Result {
            out.set_value(serde_json::to_string(&self.0)?);
            Ok(IsNull::No)
        }
    }

    impl<V: Stored> KeyLists<V> for Sqlite {
        fn is_any_of<'b>(keys: &'b Keys<V>, mut out: AstPass<'_, 'b, Self>) -> QueryResult<()> {
            out.push_sql(" IN (SELECT value FROM json_each(");
            out.push_bind_param::<Text, _>(keys)?;
            out.push_sql("))");
            Ok(())
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use diesel::pg::Pg;
    use diesel::serialize::{Output, Result};
    use diesel::sql_types::Array;

    use super::*;

    impl<V: Stored> ToSql<Array<V::Sql>, Pg> for Keys<V>
    where
        Vec<V>: ToSql<Array<V::Sql>, Pg>,
    {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> Result {
            self.0.to_sql(out)
        }
    }

    impl<V: Stored> KeyLists<V> for Pg
    where
        Self: HasSqlType<V::Sql>,
        Keys<V>: ToSql<Array<V::Sql>, Self>,
    {
        fn is_any_of<'b>(keys: &'b Keys<V>, mut out: AstPass<'_, 'b, Self>) -> QueryResult<()> {
            out.push_sql(" = ANY(");
            out.push_bind_param::<Array<V::Sql>, _>(keys)?;
            out.push_sql(")");
            Ok(())
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel::mysql::Mysql;

    use super::*;

    impl<V: Stored + ToSql<V::Sql, Mysql>> KeyLists<V> for Mysql
    where
        Self: HasSqlType<V::Sql>,
    {
        fn is_any_of<'b>(keys: &'b Keys<V>, mut out: AstPass<'_, 'b, Self>) -> QueryResult<()> {
            // Each number of keys is a different statement. They are not cached, because there would be too many.
            out.unsafe_to_cache_prepared();
            if keys.0.is_empty() {
                // An empty list is no valid SQL.
                out.push_sql(" IN (NULL)");
                return Ok(());
            }
            out.push_sql(" IN (");
            for (index, key) in keys.0.iter().enumerate() {
                out.push_sql(if index == 0 { "" } else { ", " });
                out.push_bind_param::<V::Sql, _>(key)?;
            }
            out.push_sql(")");
            Ok(())
        }
    }
}
