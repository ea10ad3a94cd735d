//! [`Target`]: what a connection URL says of database and server, and the URL without its secrets.
//!
//! The forms are those that diesel's connections take: PostgreSQL's URIs and its lists of keywords (libpq 15, "Connection
//! Strings"), `mysql://` URLs, and SQLite's file names and `file:` URIs.

/// Stands in the place of a secret.
const HIDDEN: &str = "***";

/// What a connection is connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The database's name or file; empty where the URL does not say.
    pub database: String,
    /// Host and port, or a socket's path; `None` where there is no server, or where the URL does not say.
    pub server: Option<String>,
}

/// The parts of a URL.
struct Parts<'u> {
    user: &'u str,
    password: Option<&'u str>,
    hosts: &'u str,
    path: &'u str,
    query: &'u str,
}

fn parts(url: &str) -> Option<Parts<'_>> {
    let (_, rest) = url.split_once("://")?;
    // A password may have a slash in it that nobody escaped, or a question mark: to libpq, credentials go to an `@` before
    // the first slash.
    let authority = rest.split('/').next().unwrap_or_default().len();
    let query = rest[..authority].rfind('@').unwrap_or(0);
    let query = rest[query..].find('?').map_or(rest.len(), |mark| query + mark);
    let (rest, query) = (&rest[..query], rest[query..].trim_start_matches('?'));
    let (credentials, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, password) = match credentials.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (credentials, None),
    };
    Some(Parts { user, password, hosts, path, query })
}

impl Parts<'_> {
    fn parameter(&self, key: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.rfind(|(name, _)| *name == key).map(|(_, value)| decoded(value))
    }
}

/// What is recorded of a PostgreSQL URL or list of keywords.
pub(crate) fn postgres(url: &str) -> Target {
    const PORT: &str = "5432";
    let (host, port, database, user) = if is_postgres_url(url) {
        let Some(parts) = parts(url) else { return Target::default() };
        let (host, port) = host_and_port(parts.hosts.split(',').next().unwrap_or_default());
        (
            parts.parameter("host").unwrap_or_else(|| decoded(host)),
            parts.parameter("port").or(port.map(str::to_owned)),
            parts.parameter("dbname").unwrap_or_else(|| decoded(parts.path)),
            parts.parameter("user").unwrap_or_else(|| decoded(parts.user)),
        )
    } else {
        let pairs = keywords(url);
        let value = |key: &str| pairs.iter().rfind(|pair| pair.0 == key).map(|pair| pair.1.clone());
        let host = value("host").or_else(|| value("hostaddr")).unwrap_or_default();
        let first = |list: String| list.split(',').next().unwrap_or_default().to_owned();
        (first(host), value("port").map(first), value("dbname").unwrap_or_default(), value("user").unwrap_or_default())
    };
    let server = match host.as_str() {
        "" => None,
        socket if socket.starts_with(['/', '@']) => Some(socket.to_owned()),
        host => Some(address(host, port.as_deref().filter(|port| !port.is_empty()).unwrap_or(PORT))),
    };
    // libpq takes the user's name where there is none.
    Target { database: if database.is_empty() { user } else { database }, server }
}

/// What is recorded of a MySQL URL.
pub(crate) fn mysql(url: &str) -> Target {
    const PORT: &str = "3306";
    let Some(parts) = parts(url) else { return Target::default() };
    let (host, port) = host_and_port(parts.hosts);
    let socket = parts.parameter("unix_socket").filter(|_| host.is_empty() || host == "localhost");
    let server = socket.or_else(|| (!host.is_empty()).then(|| address(host, port.unwrap_or(PORT))));
    Target { database: decoded(parts.path), server }
}

/// What is recorded of a file of SQLite, with the name that sqlx's adapter would record.
pub(crate) fn sqlite(url: &str) -> Target {
    let file = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("file:")).unwrap_or(url);
    let file = if file.len() < url.len() { file.split(['?', '#']).next().unwrap_or_default() } else { file };
    // It may be that of another database: `MultiConnection` tries all kinds of connections.
    let is_of_another = is_keywords(file) || file.contains("://");
    Target { database: if is_of_another { without_secrets(file) } else { file.to_owned() }, server: None }
}

/// The URL as it may be shown: without password and without its query, where secrets may be too.
pub(crate) fn without_secrets(url: &str) -> String {
    if let Some(parts) = parts(url) {
        let scheme = url.split("://").next().unwrap_or_default();
        let user = if parts.user.is_empty() { String::new() } else { format!("{}@", parts.user) };
        let path = if parts.path.is_empty() { String::new() } else { format!("/{}", parts.path) };
        return format!("{scheme}://{user}{}{path}", parts.hosts);
    }
    if url.contains('=') {
        let shown = ["host", "hostaddr", "port", "dbname", "user"];
        let pairs = keywords(url).into_iter().filter(|(key, _)| shown.contains(&key.as_str()));
        return pairs.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
    }
    match url.rsplit_once('@') {
        // It may be a URL with a mistake.
        Some((_, rest)) => format!("{HIDDEN}@{rest}"),
        None => url.to_owned(),
    }
}

/// A message about a connection, in which the URL may be quoted, without its secrets.
pub(crate) fn message_without_secrets(message: &str, url: &str) -> String {
    let mut message = if url.is_empty() { message.to_owned() } else { message.replace(url, &without_secrets(url)) };
    let is_secret = |key: &str| matches!(key, "password" | "sslpassword");
    let passwords: Vec<String> = match parts(url) {
        Some(parts) => {
            let parameters = ["password", "sslpassword"].map(|key| parts.parameter(key));
            parameters.into_iter().chain([parts.password.map(str::to_owned)]).flatten().collect()
        }
        None => keywords(url).into_iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| value).collect(),
    };
    for password in passwords.iter().filter(|password| !password.is_empty()) {
        message = message.replace(password.as_str(), HIDDEN);
        message = message.replace(&decoded(password), HIDDEN);
        // A client that takes a part of it for a host or a port quotes that part.
        for part in password.split(['/', '?', '#', '@', ':', '&', '=']).filter(|part| part.len() > 1) {
            message = message.replace(part, HIDDEN);
        }
    }
    message
}

pub(crate) fn is_postgres_url(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Whether it looks like libpq's `host=localhost dbname=test`.
pub(crate) fn is_keywords(url: &str) -> bool {
    let known = ["host", "hostaddr", "port", "dbname", "user", "password", "service"];
    !url.contains("://") && keywords(url).iter().any(|(key, _)| known.contains(&key.as_str()))
}

/// `key = value` and `key = 'it\'s'`, as libpq reads them; it ends where that makes no sense.
fn keywords(text: &str) -> Vec<(String, String)> {
    let (mut pairs, mut rest) = (Vec::new(), text.trim_start());
    while let Some((key, after)) = rest.split_once('=') {
        let mut value = String::new();
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        let mut chars = after.char_indices().skip(usize::from(quoted)).peekable();
        let mut end = after.len();
        while let Some((index, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, c)| c)),
                '\'' if quoted => {
                    end = index + 1;
                    break;
                }
                c if !quoted && c.is_ascii_whitespace() => {
                    end = index;
                    break;
                }
                c => value.push(c),
            }
        }
        pairs.push((key.trim().to_owned(), value));
        rest = after[end..].trim_start();
    }
    pairs
}

fn host_and_port(text: &str) -> (&str, Option<&str>) {
    let bracket = text.rfind(']').unwrap_or(0);
    match text.rfind(':').filter(|colon| *colon >= bracket) {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..]).filter(|port| !port.is_empty())),
        None => (text, None),
    }
}

/// Host and port; an address of IPv6 stands in brackets.
fn address(host: &str, port: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Text without `%20` and the like; what is no such is as it was.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(target: &Target) -> (&str, Option<&str>) {
        (&target.database, target.server.as_deref())
    }

    #[test]
    fn postgresql_is_known_by_urls_and_keywords() {
        for (url, database, server) in [
            ("postgres://u:p@db.example:6432/shop?sslmode=require", "shop", Some("db.example:6432")),
            ("postgresql://db.example/shop", "shop", Some("db.example:5432")),
            ("postgres://u:p%40ss@h1:1,h2:2/shop", "shop", Some("h1:1")),
            ("postgres://u:p/a@ss@h/shop", "shop", Some("h:5432")),
            ("postgres://u:p?a@h/shop?user=a@b", "shop", Some("h:5432")),
            ("postgres://h/shop?user=a@b", "shop", Some("h:5432")),
            ("postgres://[::1]:6432/shop", "shop", Some("[::1]:6432")),
            ("postgres:///shop?host=/run/postgresql", "shop", Some("/run/postgresql")),
            ("postgres://%2Frun%2Fpostgresql/shop", "shop", Some("/run/postgresql")),
            ("postgres://ada@h", "ada", Some("h:5432")),
            ("postgres://", "", None),
            ("host=h port=1 dbname='my shop' user=u password='a b'", "my shop", Some("h:1")),
            ("dbname = 'it\\'s' user=u", "it's", None),
            ("host=::1 user=u", "u", Some("[::1]:5432")),
        ] {
            assert_eq!(said(&postgres(url)), (database, server), "{url}");
        }
    }

    #[test]
    fn mysql_and_sqlite_are_known_by_their_urls() {
        assert_eq!(said(&mysql("mysql://root@127.0.0.1/test")), ("test", Some("127.0.0.1:3306")));
        assert_eq!(said(&mysql("mysql://u:p@h:1")), ("", Some("h:1")));
        assert_eq!(said(&mysql("mysql://localhost/t?unix_socket=/s.sock")), ("t", Some("/s.sock")));
        assert_eq!(said(&sqlite(":memory:")), (":memory:", None));
        assert_eq!(said(&sqlite("file:a.db?mode=ro")), ("a.db", None));
        assert_eq!(said(&sqlite("sqlite:///var/a.db?mode=ro")), ("/var/a.db", None));
        assert_eq!(said(&sqlite("odd?name.db")), ("odd?name.db", None));
        assert_eq!(said(&sqlite("mysql://u:p@h/d")), ("mysql://u@h/d", None));
        assert_eq!(said(&sqlite("user=u password=p")), ("user=u", None));
    }

    #[test]
    fn secrets_are_left_out() {
        assert_eq!(without_secrets("postgres://u:p@ss@h/d?password=x"), "postgres://u@h/d");
        assert_eq!(without_secrets("host=h password='a b' user=u"), "host=h user=u");
        assert_eq!(without_secrets(":memory:"), ":memory:");
        let url = "postgres//u:hunter2@h/d";
        let told = message_without_secrets(&format!("missing \"=\" after \"{url}\""), url);
        assert_eq!(told, "missing \"=\" after \"***@h/d\"");
    }

    #[test]
    fn messages_lose_what_they_quote() {
        let url = "postgres://u:hunter%202@h/d";
        let told = message_without_secrets(&format!("no {url}, no hunter%202, no hunter 2"), url);
        assert_eq!(told, "no postgres://u@h/d, no ***, no ***");
        let keywords = "host=h password=hunter2";
        assert_eq!(message_without_secrets("not hunter2", keywords), "not ***");
        let told = message_without_secrets("invalid port \"hunter\"", "postgres://u:hunter/2@h/d");
        assert_eq!(told, "invalid port \"***\"");
    }

    #[test]
    fn keywords_are_told_from_files() {
        assert!(is_keywords("host=localhost dbname=test"));
        assert!(!is_keywords("test.db"));
        assert!(!is_keywords("file:a.db?mode=ro"));
    }
}
