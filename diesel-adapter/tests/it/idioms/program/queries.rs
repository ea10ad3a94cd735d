//! Queries put together: filters, joins, groups, functions, boxes.

use diesel::dsl::{auto_type, avg, case_when, count, count_star, exists, max, min, not, sum};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{Author, Book, Conn, Db, authors, books};
use crate::account::{Account, idioms};

idioms!(
    filters,
    filters_that_are_chosen_later,
    boxed_queries,
    lists_of_values,
    joins,
    aliases,
    groups,
    aggregates,
    subqueries,
    expressions,
    functions_of_the_database,
    unions
);

define_sql_function! {
    /// The text in lower case.
    fn lower(text: Text) -> Text;
}

fn filters(conn: &mut Conn, saw: &Account) {
    let named = authors::table.select(authors::name).order(authors::id);
    saw.result(named.filter(authors::name.like("%n%")).load::<String>(conn));
    saw.result(named.filter(authors::name.not_like("A%")).load::<String>(conn));
    saw.result(named.filter(authors::born.is_null()).load::<String>(conn));
    saw.result(named.filter(authors::born.between(1970, 1980)).load::<String>(conn));
    saw.result(named.filter(authors::id.ne(2).and(authors::born.lt(1980))).load::<String>(conn));
    saw.result(named.filter(authors::id.eq(2).or(authors::id.eq(3))).load::<String>(conn));
    saw.result(named.filter(not(authors::name.eq("Bob"))).filter(authors::id.gt(1)).load::<String>(conn));
    saw.result(named.find(2).load::<String>(conn));
    saw.result(named.filter(authors::id.eq(1)).or_filter(authors::id.eq(3)).load::<String>(conn));
}

type Filter = Box<dyn BoxableExpression<authors::table, Db, SqlType = Bool>>;

fn filter(name: Option<&str>, least: Option<i32>) -> Filter {
    let mut filter: Filter = Box::new(authors::id.gt(0));
    if let Some(name) = name {
        filter = Box::new(filter.and(authors::name.eq(name.to_owned())));
    }
    if let Some(least) = least {
        filter = Box::new(filter.and(authors::id.ge(least)));
    }
    filter
}

fn filters_that_are_chosen_later(conn: &mut Conn, saw: &Account) {
    for (name, least) in [(None, None), (Some("Bob"), None), (None, Some(2)), (Some("Ann"), Some(2))] {
        saw.result(authors::table.filter(filter(name, least)).count().first::<i64>(conn));
    }
}

fn boxed_queries(conn: &mut Conn, saw: &Account) {
    for (least, descending, limit) in [(0, true, Some(2)), (2, false, None), (3, true, Some(0))] {
        let mut query = authors::table.into_boxed();
        if least > 0 {
            query = query.filter(authors::id.ge(least));
        }
        query = if descending { query.order(authors::id.desc()) } else { query.order(authors::id.asc()) };
        if let Some(limit) = limit {
            query = query.limit(limit);
        }
        saw.result(query.load::<Author>(conn));
    }
    let joined = authors::table.inner_join(books::table).into_boxed::<Db>().filter(books::pages.gt(100));
    saw.result(joined.order(books::id).load::<(Author, Book)>(conn));
    let delete = diesel::delete(books::table).into_boxed().filter(books::pages.lt(100));
    saw.result(delete.execute(conn));
}

fn lists_of_values(conn: &mut Conn, saw: &Account) {
    let named = authors::table.select(authors::name).order(authors::id);
    saw.result(named.filter(authors::id.eq_any([1, 3, 9])).load::<String>(conn));
    saw.result(named.filter(authors::id.eq_any(Vec::<i32>::new())).load::<String>(conn));
    saw.result(named.filter(authors::name.eq_any(vec!["Ann", "Bob"])).load::<String>(conn));
    saw.result(named.filter(authors::id.ne_all([1, 3])).load::<String>(conn));
    saw.result(named.filter(authors::id.eq_any(1..500)).load::<String>(conn));
    let of_books = books::table.select(books::author_id);
    saw.result(named.filter(authors::id.eq_any(of_books)).load::<String>(conn));
}

fn joins(conn: &mut Conn, saw: &Account) {
    let inner = authors::table.inner_join(books::table).order(books::id);
    saw.result(inner.load::<(Author, Book)>(conn));
    saw.result(inner.select((authors::name, books::title)).load::<(String, String)>(conn));
    let left = authors::table.left_join(books::table).order((authors::id, books::id));
    saw.result(left.load::<(Author, Option<Book>)>(conn));
    saw.result(left.select((authors::name, books::title.nullable())).load::<(String, Option<String>)>(conn));
    let on = authors::table.inner_join(books::table.on(books::pages.gt(authors::born.assume_not_null() / 10)));
    saw.result(on.count().first::<i64>(conn));
}

fn aliases(conn: &mut Conn, saw: &Account) {
    let elder = diesel::alias!(authors as elder);
    let pairs = authors::table
        .inner_join(elder.on(elder.field(authors::born).lt(authors::born)))
        .select((authors::name, elder.field(authors::name)));
    saw.result(pairs.load::<(String, String)>(conn));
}

fn groups(conn: &mut Conn, saw: &Account) {
    let per_author = books::table.group_by(books::author_id).order(books::author_id);
    saw.result(per_author.select((books::author_id, count_star())).load::<(i32, i64)>(conn));
    let pages = per_author.select((books::author_id, max(books::pages), sum(books::pages)));
    saw.result(pages.load::<(i32, Option<i32>, Option<i64>)>(conn));
    let many = per_author.having(count(books::id).gt(1)).select(books::author_id);
    saw.result(many.load::<i32>(conn));
    let joined = authors::table
        .inner_join(books::table)
        .group_by((authors::id, authors::name))
        .select((authors::name, count(books::id)))
        .order(authors::id);
    saw.result(joined.load::<(String, i64)>(conn));
}

fn aggregates(conn: &mut Conn, saw: &Account) {
    let pages = books::table.select((count_star(), min(books::pages), max(books::pages)));
    saw.result(pages.first::<(i64, Option<i32>, Option<i32>)>(conn));
    saw.result(books::table.select(avg(books::price)).first::<Option<f64>>(conn));
    saw.result(books::table.select(sum(books::price)).filter(books::id.eq(9)).first::<Option<f64>>(conn));
    saw.result(books::table.select(count(books::price)).get_result::<i64>(conn));
    saw.result(books::table.select(count(books::author_id).aggregate_distinct()).get_result::<i64>(conn));
}

fn subqueries(conn: &mut Conn, saw: &Account) {
    saw.result(diesel::select(exists(authors::table.filter(authors::name.eq("Ann")))).get_result::<bool>(conn));
    saw.result(diesel::select(exists(authors::table.find(9))).get_result::<bool>(conn));
    let without = authors::table.filter(not(exists(books::table.filter(books::author_id.eq(authors::id)))));
    saw.result(without.select(authors::name).load::<String>(conn));
    let birth = authors::table.filter(authors::name.eq("Ann")).select(authors::born).single_value();
    saw.result(books::table.select((books::id, birth)).order(books::id).load::<(i32, Option<i32>)>(conn));
}

#[auto_type]
fn of_age() -> _ {
    authors::table.filter(authors::born.lt(1980_i32)).select(authors::name)
}

fn expressions(conn: &mut Conn, saw: &Account) {
    let kind = case_when(books::pages.gt(200), "long".into_sql::<Text>()).otherwise("short");
    saw.result(books::table.select(kind).order(books::id).load::<String>(conn));
    saw.result(books::table.select((books::pages * 2, books::pages - 1)).order(books::id).load::<(i32, i32)>(conn));
    saw.result(books::table.select(books::title.concat("!")).order(books::id).load::<String>(conn));
    saw.result(of_age().load::<String>(conn));
}

fn functions_of_the_database(conn: &mut Conn, saw: &Account) {
    saw.result(authors::table.select(lower(authors::name)).order(authors::id).load::<String>(conn));
    saw.result(diesel::select(lower("ABC")).first::<String>(conn));
    let by = authors::table.filter(lower(authors::name).eq("ann")).select(authors::id);
    saw.result(by.first::<i32>(conn));
}

fn unions(conn: &mut Conn, saw: &Account) {
    let names = authors::table.select(authors::name);
    let all = names.union_all(books::table.select(books::title));
    saw.result(all.load::<String>(conn).map(|mut all| {
        all.sort();
        all
    }));
    saw.result(names.union(names).load::<String>(conn).map(|all| all.len()));
}
