//! Dates and times, also those that Rust's libraries have not: negative, of more than a day, zero.

use diesel::RunQueryDsl;
use diesel::mysql::data_types::{MysqlTime, MysqlTimestampType};
use diesel::sql_types as sql;
use osprofiler::TraceExt;
use serde_json::json;
use sqlx::mysql::types::{MySqlTime, MySqlTimeSign};

use super::super::values::Random;
use super::super::{BATCH, BATCHES, Precision, params};
use super::{Check, Form, Said};
use crate::store::Store;

#[tokio::test]
async fn dates_and_times_through_both_are_what_mysql_says() {
    use Form::{Date, Time};

    let Some(mut check) = Check::new("times").await else { return };
    check.check::<sql::Date, _>("DATE", Date, |random| random.date(1, 9999)).await;
    check.check::<sql::Date, _>("DATE", Date, |random| random.time_date(1, 9999)).await;
    check.check::<sql::Time, _>("TIME", Time, Random::time).await;
    // Of these diesel sends no fraction of a second, and sqlx does.
    check.check::<sql::Time, _>("TIME", Time, |random| random.time_time().truncate_to_second()).await;
    check.check_both::<sql::Time, _, _>(("TIME", "TIME"), Time, long_time, their_time).await;
    check.negative_times().await;
    check.check::<sql::Datetime, _>("DATETIME", Time, |random| random.moment(1, 9999)).await;
    check.check::<sql::Datetime, _>("DATETIME", Time, |random| random.time_moment(1, 9999)).await;
    let moment = |random: &mut Random| random.moment(1971, 2037);
    check.check_both::<sql::Timestamp, _, _>(("TIMESTAMP", "TIMESTAMP"), Time, moment, |at| at.and_utc()).await;
    check.check::<sql::Timestamp, _>("TIMESTAMP", Time, |random| random.time_zoned(1971, 2037)).await;
    check.tally.finish(10);
}

/// Up to 838:59:59.
fn long_time(random: &mut Random) -> MysqlTime {
    let seconds = random.between(0, 838 * 3600 + 59 * 60 + 59) as u32;
    let micros = if seconds < 838 * 3600 { random.between(0, 999_999) } else { 0 };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let kind = MysqlTimestampType::MYSQL_TIMESTAMP_TIME;
    MysqlTime::new(0, 0, days, hours, minutes, seconds % 60, micros as _, false, kind, 0)
}

fn their_time(time: &MysqlTime) -> MySqlTime {
    let sign = if time.neg { MySqlTimeSign::Negative } else { MySqlTimeSign::Positive };
    let (minute, second) = (time.minute as u8, time.second as u8);
    MySqlTime::new(sign, time.day * 24 + time.hour, minute, second, time.second_part as u32)
        .expect("it is in the range")
}

impl Check {
    /// diesel-async 0.9 panics where a time is negative.
    async fn negative_times(&mut self) {
        let query = "SELECT CAST(? AS CHAR) AS said";
        for _ in 0..BATCHES * BATCH {
            let mut time = long_time(&mut self.tally.random);
            time.neg = time.second > 0;
            let store = Store::new();
            let profiler = store.profiler();
            let ours = diesel::sql_query(query).bind::<sql::Time, _>(time);
            let said: Said = profiler.in_scope(|| ours.get_result(&mut self.diesel)).expect("a row");
            let theirs = async { sqlx::query(query).bind(their_time(&time)).execute(&self.sqlx).await };
            theirs.in_trace(&profiler).await.expect("a row");
            let points = store.points();
            assert_eq!(params(&points[0]), params(&points[1]), "OSPROFILER_TEST_SEED={}", self.tally.seed);
            let recorded = Form::Time.normal(&params(&points[0]).0[0]);
            self.tally.compare("TIME", &[recorded], &[Form::Time.said(&said.said)], Precision::Double);
        }
    }
}

#[tokio::test]
async fn dates_that_are_zero_are_shown_as_mysql_shows_them() {
    let Some(mut check) = Check::new("zero").await else { return };
    let moment = |year, month, day, kind| MysqlTime::new(year, month, day, 0, 0, 0, 0, false, kind, 0);
    let date = |year, month, day| moment(year, month, day, MysqlTimestampType::MYSQL_TIMESTAMP_DATE);
    let at = |year, month, day| moment(year, month, day, MysqlTimestampType::MYSQL_TIMESTAMP_DATETIME);
    let query = || {
        diesel::sql_query("SELECT CONCAT_WS(',', CAST(? AS CHAR), CAST(? AS CHAR), CAST(? AS CHAR)) AS said")
            .bind::<sql::Date, _>(date(0, 0, 0))
            .bind::<sql::Date, _>(date(2024, 2, 0))
            .bind::<sql::Datetime, _>(at(0, 0, 0))
    };
    let store = Store::new();
    let profiler = store.profiler();
    let said: Said = profiler.in_scope(|| query().get_result(&mut check.diesel)).expect("a row");
    assert_eq!(said.said.split('.').next(), Some("0000-00-00,2024-02-00,0000-00-00 00:00:00"));
    let asynchronous = async { diesel_async::RunQueryDsl::get_result::<Said>(query(), &mut check.diesel_async).await };
    asynchronous.in_trace(&profiler).await.expect("a row");
    for point in store.points() {
        let shown = json!(["0000-00-00", "2024-02-00", "0000-00-00 00:00:00"]);
        assert_eq!(point.start_info["db"]["params"], shown);
    }
}
