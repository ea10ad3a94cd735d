//! What programs do with diesel-async: one source text, compiled with its own types and with the traced ones, gives the same
//! results and errors with tracing off and on. Every future is `Send`, since each idiom runs in a task.

#![allow(clippy::duplicate_mod, reason = "the program is there twice for each database")]

mod mysql;
mod postgres;
mod sqlite;

/// Tests of idioms, in a module that has the program twice.
macro_rules! same {
    ($program:ident; $($idiom:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $idiom() {
                use osprofiler::TraceExt as _;

                let Some(url) = database(stringify!($idiom)).await else { return };
                let task = {
                    let url = url.clone();
                    async move { raw::$program::$idiom(&mut raw::Conn::establish(&url).await?, &url).await }
                };
                let raw = format!("{:?}", tokio::spawn(task).await.expect("no panic"));
                database(stringify!($idiom)).await.expect("it was there just now");
                let task = {
                    let url = url.clone();
                    async move { traced::$program::$idiom(&mut traced::Conn::establish(&url).await?, &url).await }
                };
                assert_eq!(format!("{:?}", tokio::spawn(task).await.expect("no panic")), raw, "off");
                database(stringify!($idiom)).await.expect("it was there just now");
                let task = async move { traced::$program::$idiom(&mut traced::Conn::establish(&url).await?, &url).await };
                let store = crate::store::Store::new();
                let on = tokio::spawn(task.in_trace(&store.profiler())).await.expect("no panic");
                assert_eq!(format!("{on:?}"), raw, "on");
                assert!(store.points().len() > 1, "something was recorded");
            }
        )*
    };
}

/// The idioms of all databases.
macro_rules! every_idiom {
    ($test:ident) => {
        $test! {
            program;
            load load_stream load_stream_in_part first_and_get_result get_results optional execute boxed sql_query_with_binds save_changes batch_execute transactions nested_transactions
            transaction_with_an_error_of_ones_own test_transaction begin_test_transaction manager_by_hand
            unique_violation not_null_violation syntax_error error_in_a_transaction nothing_to_change
            instrumentation statement_cache_size generic_code queries_made_in_a_loop conversion_error
        }
    };
}
pub(crate) use {every_idiom, same};
