//! [`DbOptions`]: what is recorded of the statements of one pool or connection, and what must not be.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;
use serde_json::Value;

use crate::quiet::discard;

/// What is recorded of bound values, and of errors: databases repeat values in them, as in `Duplicate entry 'a@b.c' for key
/// 'email'`.
///
/// Where values are not recorded, an error has its type, its codes and kind, the names of constraint, table and column, and
/// of its text what is known to be the database's or the driver's own, with [`DbOptions::REDACTED`] in place of values. A
/// text that is not known, such as that of a trigger, is replaced as a whole. What the program gets is its error as it is.
/// `docs/values.md` in the repository has the table of what each option and `--no-params` do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ParamsPolicy {
    /// Their types and the values themselves.
    #[default]
    Full,
    /// Their types only. Errors are without values.
    Types,
    /// Nothing. Errors are without values.
    Off,
}

/// A value that is about to be recorded, for a [redactor](DbOptions::redact_with).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Recorded<'a> {
    /// The statement.
    pub statement: &'a str,
    /// Which of the statement's values or columns this is, counted from 0.
    pub index: usize,
    /// The column's name; `None` for bound values.
    pub column: Option<&'a str>,
    /// The database type's name.
    pub type_name: &'a str,
    /// The value as it would be recorded: a text is cut where it is long. Lists and objects are whole, unless they were so
    /// long that only their beginning was kept, as a text.
    pub value: &'a Value,
    /// Whether the value is only the beginning of a text, of bytes, or of a list or object as a text: what is to be hidden
    /// may stand behind it, or be no longer recognizable.
    pub cut: bool,
}

type Redact = dyn Fn(Recorded<'_>) -> Option<Value> + Send + Sync;

/// A function of the program's. What it holds is dropped where the last pool or statement with it is: a panic there ends
/// there.
pub(super) struct Redactor(Option<Box<Redact>>);

impl Redactor {
    pub(super) fn redact(&self, recorded: Recorded<'_>) -> Option<Value> {
        self.0.as_ref()?(recorded)
    }
}

impl Drop for Redactor {
    fn drop(&mut self) {
        discard(self.0.take());
    }
}

/// The pattern is no regular expression.
#[derive(Debug, thiserror::Error)]
#[error("the pattern {pattern:?} is no regular expression")]
pub struct PatternError {
    pattern: String,
    source: regex_lite::Error,
}

/// What is recorded of the statements of one pool or connection. Adapters have the same methods on their builders.
///
/// | option | default |
/// | --- | --- |
/// | [`name`](Self::name) | `db` |
/// | [`trace_sql`](Self::trace_sql) | `true`: as the process is |
/// | [`params`](Self::params) | [`ParamsPolicy::Full`] |
/// | [`redact`](Self::redact), [`redact_with`](Self::redact_with) | nothing is replaced |
/// | [`hide_result`](Self::hide_result) | `true`: rows are counted, not recorded |
/// | [`result_rows`](Self::result_rows) | 20 |
/// | [`value_cap`](Self::value_cap) | 1 KiB a value |
/// | [`statement_cap`](Self::statement_cap) | 64 KiB for the statement, and 64 KiB for its values together |
/// | `caller`, with the feature of that name | `false`: where a statement came from is not recorded |
///
/// Values are replaced on the collector's worker, before anything is stored or sent.
#[derive(Clone)]
pub struct DbOptions {
    pub(super) name: Cow<'static, str>,
    pub(super) trace_sql: bool,
    pub(super) params: ParamsPolicy,
    pub(super) patterns: Vec<Regex>,
    pub(super) redactors: Vec<Arc<Redactor>>,
    pub(super) hide_result: bool,
    pub(super) result_rows: usize,
    pub(super) value_cap: usize,
    pub(super) statement_cap: usize,
    #[cfg(feature = "caller")]
    pub(super) caller: bool,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            name: Cow::Borrowed("db"),
            trace_sql: true,
            params: ParamsPolicy::Full,
            patterns: Vec::new(),
            redactors: Vec::new(),
            hide_result: true,
            result_rows: 20,
            value_cap: 1024,
            statement_cap: 64 << 10,
            #[cfg(feature = "caller")]
            caller: false,
        }
    }
}

impl DbOptions {
    /// What stands in the place of a value whose statement matches a pattern.
    pub const REDACTED: &'static str = "[redacted]";

    /// How the points are called.
    #[must_use]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Whether these statements are traced, where the process traces SQL at all.
    #[must_use]
    pub fn trace_sql(mut self, trace_sql: bool) -> Self {
        self.trace_sql = trace_sql;
        self
    }

    /// What is recorded of bound values.
    #[must_use]
    pub fn params(mut self, params: ParamsPolicy) -> Self {
        self.params = params;
        self
    }

    /// Replaces the values, bound and returned, of statements that match a regular expression, by
    /// [`REDACTED`](Self::REDACTED). Its syntax is that of the crate `regex-lite`; `(?i)` makes it ignore case.
    ///
    /// The text of an error of such a statement keeps everything but values, as [`ParamsPolicy`] says. The statement itself, with
    /// whatever literals it has, is recorded as it is.
    ///
    /// # Errors
    ///
    /// Where the pattern is no regular expression.
    pub fn redact(mut self, pattern: &str) -> Result<Self, PatternError> {
        match Regex::new(pattern) {
            Ok(pattern) => self.patterns.push(pattern),
            Err(source) => return Err(PatternError { pattern: pattern.to_owned(), source }),
        }
        Ok(self)
    }

    /// Lets `redactor` look at each value before it is recorded, and replace it by returning another. It runs on the
    /// collector's worker; where it panics, the value is replaced too. Several are asked in turn. Texts of errors are without
    /// values, since they may repeat what would be replaced.
    ///
    /// ```
    /// use osprofiler::db::DbOptions;
    /// use serde_json::json;
    ///
    /// let options = DbOptions::default().redact_with(|recorded| {
    ///     let card = recorded.value.as_str().is_some_and(|text| text.len() == 16);
    ///     card.then(|| json!("****"))
    /// });
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn redact_with(mut self, redactor: impl Fn(Recorded<'_>) -> Option<Value> + Send + Sync + 'static) -> Self {
        self.redactors.push(Arc::new(Redactor(Some(Box::new(redactor)))));
        self
    }

    /// Whether returned rows stay out of the record. Their number is always recorded. Rows are values too: they are
    /// recorded with [`ParamsPolicy::Full`] only.
    #[must_use]
    pub fn hide_result(mut self, hide_result: bool) -> Self {
        self.hide_result = hide_result;
        self
    }

    /// How many of a statement's first rows are recorded where [`hide_result`](Self::hide_result) is `false`.
    #[must_use]
    pub fn result_rows(mut self, result_rows: usize) -> Self {
        self.result_rows = result_rows;
        self
    }

    /// How many bytes of a value are kept; what is longer is cut, and marked with how much is missing.
    #[must_use]
    pub fn value_cap(mut self, bytes: usize) -> Self {
        self.value_cap = bytes;
        self
    }

    /// How many bytes of a statement are kept, and how many its values take together; further values are counted.
    #[must_use]
    pub fn statement_cap(mut self, bytes: usize) -> Self {
        self.statement_cap = bytes;
        self
    }

    /// Whether it is recorded where in the program a statement came from: `{"db": {"caller": {"file": "src/posts.rs",
    /// "line": 42, "function": "blog::posts::list"}}}`.
    ///
    /// That is the innermost function on the stack that is neither this crate's nor a library's, going by where its source
    /// lies: the standard library's, cargo's registry and checkouts, and directories called `vendor` are left out. A registry whose
    /// path is remapped (`--remap-path-prefix`) is known too. In async code it is the function that awaits the query. Without line tables there is only `function`: a release build has them with
    /// `debug = "line-tables-only"` in its profile. Where nothing is found there is no `caller`.
    ///
    /// The calling thread takes the frames' addresses, and no farther than those that are known to be the program's own: 1 to 2
    /// microseconds a query. (On in-memory SQLite, a query of one row by its key, awaited three async functions deep on tokio's
    /// single thread, took 18.4 µs of the calling thread in place of 16.8 µs with sqlx, and 7.8 µs in place of 6.7 µs with diesel;
    /// release build, medians of 25 rounds of 5000 traced queries.) Until a place is known, its first queries take five times that,
    /// and the collector's worker reads the program's debug information, which takes a large program a second and memory in
    /// proportion.
    #[cfg(feature = "caller")]
    #[must_use]
    pub fn caller(mut self, caller: bool) -> Self {
        self.caller = caller;
        self
    }

    /// Whether every value is recorded as it is.
    pub(super) fn records_values(&self) -> bool {
        self.params == ParamsPolicy::Full && !self.redacts()
    }

    /// Whether only the statement tells if its values are recorded.
    pub(super) fn reads_statements(&self) -> bool {
        self.params == ParamsPolicy::Full && self.redactors.is_empty() && !self.patterns.is_empty()
    }

    /// Whether values of a statement may not be recorded: by the policy, by a function that may replace any, or by a pattern
    /// that the statement matches, or may match where it is not known.
    pub(super) fn hides_values_of(&self, statement: Option<&str>) -> bool {
        let matches = || self.patterns.iter().any(|pattern| statement.is_none_or(|text| pattern.is_match(text)));
        self.params != ParamsPolicy::Full || !self.redactors.is_empty() || matches()
    }

    /// Whether a value may have to be replaced: whoever decodes none, and whoever would decode many, may ask first.
    pub(super) fn redacts(&self) -> bool {
        !(self.patterns.is_empty() && self.redactors.is_empty())
    }
}

impl fmt::Debug for DbOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, trace_sql, params, patterns, hide_result, result_rows, value_cap, statement_cap, .. } = self;
        f.debug_struct("DbOptions")
            .field("name", name)
            .field("trace_sql", trace_sql)
            .field("params", params)
            .field("redact", patterns)
            .field("redact_with", &self.redactors.len())
            .field("hide_result", hide_result)
            .field("result_rows", result_rows)
            .field("value_cap", value_cap)
            .field("statement_cap", statement_cap)
            .finish()
    }
}
