//! Configurations with mistakes: whatever is wrong with them, no error shows a secret of theirs.
//!
//! INI files and connection strings of all schemes are made with random secrets in all the places where secrets stand, and then
//! damaged as people and programs damage them.

use std::error::Error;
use std::fmt::Debug;

use osprofiler::Config;
use osprofiler::driver::connect_with;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config as Runs, TestRunner};

/// How many files are damaged, and how many connection strings: 20,000 together.
const CASES: u32 = 10_000;

/// So many characters of a secret must not be shown in one piece.
const PIECE: usize = 6;

/// One damage, at places that depend on the text.
#[derive(Clone, Debug)]
enum Damage {
    Insert(Index, &'static str),
    Remove(Index),
    RemoveOne(&'static str, Index),
    Double(&'static str, Index),
    Cut(Index, Index),
    CutLines(Index, Index),
    SwapCharacters(Index, Index),
    SwapLines(Index, Index),
    Indent(Index),
    IndentAll,
    Join(Index),
    Split(Index),
    End(Index),
    ByteOrderMark,
    CarriageReturns,
}

impl Damage {
    fn apply(&self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        if characters.is_empty() {
            return String::new();
        }
        let at = |index: &Index| index.index(characters.len());
        let lines: Vec<&str> = text.split('\n').collect();
        match self {
            Self::Insert(index, what) => {
                let at = at(index);
                characters.splice(at..at, what.chars());
            }
            Self::Remove(index) => drop(characters.remove(at(index))),
            Self::RemoveOne(what, index) => return replace_one(text, what, "", *index),
            Self::Double(what, index) => return replace_one(text, what, &what.repeat(2), *index),
            Self::Cut(one, other) => {
                let (from, to) = (at(one).min(at(other)), at(one).max(at(other)));
                drop(characters.drain(from..to));
            }
            Self::CutLines(one, other) => {
                // From the middle of a line to the middle of the next one: the value of one key gets another's.
                let line = one.index(lines.len());
                let Some(next) = lines.get(line + 1) else { return text.to_owned() };
                let kept = lines[line].split_once('=').map_or(lines[line], |(key, _)| key);
                let rest = next.split_once(['=', '/', '@', ':']).map_or(*next, |(_, rest)| rest);
                let joined =
                    format!("{kept}={}", &rest[rest.char_indices().nth(other.index(4)).map_or(0, |(at, _)| at)..]);
                return with_line(&lines, line, &joined, 2);
            }
            Self::SwapCharacters(one, other) => {
                let (one, other) = (at(one), at(other));
                characters.swap(one, other);
            }
            Self::SwapLines(one, other) => {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                let mut lines = lines;
                lines.swap(one, other);
                return lines.join("\n");
            }
            Self::Indent(index) => {
                let line = index.index(lines.len());
                return with_line(&lines, line, &format!("  {}", lines[line]), 1);
            }
            Self::IndentAll => return text.replace('\n', "\n\t"),
            Self::Join(index) => return replace_one(text, "\n", "", *index),
            Self::Split(index) => characters.insert(at(index), '\n'),
            Self::End(index) => characters.truncate(at(index)),
            Self::ByteOrderMark => characters.insert(0, '\u{feff}'),
            Self::CarriageReturns => return text.replace('\n', "\r\n"),
        }
        characters.into_iter().collect()
    }
}

fn with_line(lines: &[&str], at: usize, line: &str, replaced: usize) -> String {
    let mut lines = lines.to_vec();
    lines.splice(at..at + replaced, [line]);
    lines.join("\n")
}

fn replace_one(text: &str, what: &str, by: &str, index: Index) -> String {
    let places: Vec<usize> = text.match_indices(what).map(|(at, _)| at).collect();
    if places.is_empty() {
        return text.to_owned();
    }
    let at = places[index.index(places.len())];
    format!("{}{by}{}", &text[..at], &text[at + what.len()..])
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    let sign = || select(vec!["=", "@", ":", "/", "?", "&", "%", "//", "://", "\"", "'", " = ", "[", "]", "#", "\\"]);
    let inserted = select(vec![
        "=", "@", ":", "/", "?", "&", "%", "#", ";", "'", "\"", "\\", "\\\n", "\r", "\n", " ", "\t", "[", "]", "é",
        "\0", "://", "file:", "x=", "\n[", "--", "+", ",",
    ]);
    prop_oneof![
        (index(), inserted).prop_map(|(index, what)| Damage::Insert(index, what)),
        index().prop_map(Damage::Remove),
        (sign(), index()).prop_map(|(what, index)| Damage::RemoveOne(what, index)),
        (sign(), index()).prop_map(|(what, index)| Damage::Double(what, index)),
        (index(), index()).prop_map(|(one, other)| Damage::Cut(one, other)),
        (index(), index()).prop_map(|(one, other)| Damage::CutLines(one, other)),
        (index(), index()).prop_map(|(one, other)| Damage::SwapCharacters(one, other)),
        (index(), index()).prop_map(|(one, other)| Damage::SwapLines(one, other)),
        index().prop_map(Damage::Indent),
        Just(Damage::IndentAll),
        index().prop_map(Damage::Join),
        index().prop_map(Damage::Split),
        index().prop_map(Damage::End),
        Just(Damage::ByteOrderMark),
        Just(Damage::CarriageReturns),
    ]
}

/// A secret of 8 characters and more: a word, Base64, or with the signs that mean something in URLs and files. Each has a `Q`, `X` or `Z` among
/// every three characters, which no text of ours has, so that pieces of it are not found by chance.
fn secret() -> impl Strategy<Value = String> {
    let plain = "([QXZ][0-9a-z]{2}){3,8}";
    prop_oneof![
        plain,
        ("[QXZ][A-Za-z0-9+/]{1}([QXZ][A-Za-z0-9+/]{2}){3,8}", select(vec!["", "=", "=="]))
            .prop_map(|(body, end)| body + end),
        "([QXZ][0-9a-z?&@/#%:=+!$'\"-]{2}){3,8}Z",
        "([QXZ][0-9.%+-]{2}){3,8}",
        "([qxz][0-9]{2}){3,8}",
        "([qxz]{3}){3,8}",
    ]
}

/// Percent-encoded, as passwords in URLs should be.
fn encoded(secret: &str) -> String {
    secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Connection strings of all schemes, with a secret where one can stand; `s` is as it is to be written.
fn connection_string(which: usize, s: &str) -> String {
    let known = [
        format!("file:///var/lib/traces?max_age=7d&max_size=200MiB&max_trace_size=10MiB&{s}"),
        format!("redis://user:{s}@cache.example:6379/0?ttl=7d&timeout=2s"),
        format!("rediss://:{s}@cache.example/1?ca_cert=/no/such/ca.pem"),
        format!(
            "redissentinel://:{s}@one:26379,two/2?sentinel_service_name=main&sentinel_password={s}&socket_timeout=0.5"
        ),
        format!("mongodb://user:{s}@one:27017,two:27017/admin?replicaSet=rs&timeout=2s&authSource=admin"),
        format!("postgresql://user:{s}@db.example:5432/traces?sslmode=disable&connect_timeout=3"),
        format!("postgresql+psycopg2://db.example/traces?user=me&password={s}"),
        format!("mysql+pymysql://user:{s}@db.example:3306/traces?charset=utf8&ssl-mode=DISABLED"),
        format!("elasticsearch://user:{s}@search.example:9200?es_scroll_time=2m&es_scroll_size=100&types=no"),
        format!("elasticsearchs://user:{s}@search.example?es_doc_type=event"),
        format!("otlp://collector:4318?path=/v1/traces&headers=api-key={s},b=2&open_points=7"),
        format!("otlps://user:{s}@collector?timeout=1s"),
        format!("ceilometer://events.example:8977?token={s}&limit=10"),
        format!("messaging://?transport_url=rabbit://user:{s}@broker:5672/&durable=no&idle_timeout=1s"),
        format!("sqlite:///var/lib/traces.db?timeout=2s&{s}"),
        format!("jaeger://user:{s}@h"),
        format!("gopher://user:{s}@h"),
        format!("file:traces otlp://u:{s}@collector:4318"),
    ];
    known[which % known.len()].clone()
}

/// A valid INI file or connection string, and its secrets.
#[derive(Clone, Debug)]
struct Sample {
    text: String,
    secrets: Vec<String>,
}

fn connection_strings() -> impl Strategy<Value = Sample> {
    let secrets = proptest::collection::vec(secret(), 4);
    (secrets, any::<usize>(), any::<bool>()).prop_map(|(mut secrets, which, is_encoded)| {
        let password = secrets[0].clone();
        secrets.push(encoded(&password));
        Sample { text: connection_string(which, if is_encoded { &secrets[4] } else { &password }), secrets }
    })
}

fn ini_files() -> impl Strategy<Value = Sample> {
    (connection_strings(), select(vec!["", "\"", "'"])).prop_map(|(Sample { text, secrets }, quote)| {
        let [one, other, broker] = [1, 2, 3].map(|at| secrets[at].as_str());
        let text = format!(
            "# the service's own\n[DEFAULT]\ndebug = false\n\n[profiler]\nenabled = true\ntrace_sql: yes\n\
             hmac_keys = {quote}{one}, {other}{quote}\nconnection_string = {text}\nsample = 0.25\n\
             sentinel_service_name = mymaster\nsocket_timeout = 0.5\nes_doc_type = notification\nes_scroll_time = 2m\n\
             es_scroll_size = 100\nfilter_error_trace = no\nalways = no\n; the broker\n\
             transport_url = rabbit://me:{broker}@broker:5672/\n"
        );
        Sample { text, secrets }
    })
}

/// All that can be shown of an error.
fn shown(error: &(impl Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

fn check(what: &impl Debug, text: &str, secrets: &[String]) -> Result<(), TestCaseError> {
    // Quotes are ours, or they are escaped.
    let without_quotes = |text: &str| text.replace(['"', '\\'], "");
    let text = without_quotes(text);
    for secret in secrets {
        let characters: Vec<char> = without_quotes(secret).chars().collect();
        for piece in characters.windows(PIECE) {
            let piece: String = piece.iter().collect();
            prop_assert!(!text.contains(&piece), "{piece:?} of {secret:?} is in {text}\n\n{what:?}");
        }
    }
    Ok(())
}

/// Reads a configuration as a service does, up to its drivers.
fn read(config: Result<Config, osprofiler::ConfigError>) -> String {
    match config {
        Err(error) => shown(&error),
        Ok(config) => {
            let drivers = connect_with(config.connection_string(), &config.driver);
            format!("{config:?} {}", drivers.err().map(|error| shown(&error)).unwrap_or_default())
        }
    }
}

/// Damages `samples`, and has `check` look at what becomes of them.
fn run(samples: impl Strategy<Value = Sample>, check: impl Fn(&str, &[String]) -> Result<(), TestCaseError>) {
    let mut runner = TestRunner::new(Runs { cases: CASES, failure_persistence: None, ..Runs::default() });
    let damages = proptest::collection::vec(damage(), 1..5);
    let tested = runner.run(&(samples, damages), |(sample, damages)| {
        let damaged = damages.iter().fold(sample.text, |text, damage| damage.apply(&text));
        check(&damaged, &sample.secrets)
    });
    if let Err(error) = tested {
        panic!("{error}");
    }
}

#[test]
fn no_secret_of_a_malformed_ini_file_is_shown() {
    run(ini_files(), |text, secrets| check(&text, &read(Config::default().with_ini(text)), secrets));
}

#[test]
fn no_secret_of_a_malformed_connection_string_or_variable_is_shown() {
    run(connection_strings(), |text, secrets| {
        let with =
            |name: &str, value: &str| check(&text, &read(Config::default().with_variables([(name, value)])), secrets);
        with("OSPROFILER_CONNECTION_STRING", text)?;
        // A name that is part of a secret, and values in each other's places.
        with(&format!("OSPROFILER_{text}"), "1")?;
        let others = ["OSPROFILER_SAMPLE", "OSPROFILER_ES_DOC_TYPE", "OSPROFILER_SOCKET_TIMEOUT"];
        others.into_iter().zip(secrets).try_for_each(|(name, secret)| with(name, secret))
    });
}
