//! Facts on tokens.

use proptest::prelude::*;

use super::*;
use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

const ALL: [Dialect; 4] = [Postgres, Mysql, Sqlite, Generic];

/// The tokens without white space, with one letter for the kind of each.
fn lexed(text: &str, dialect: Dialect) -> String {
    let mut shown = Vec::new();
    for token in tokens(text, dialect).filter(|token| token.kind != TokenKind::Space) {
        let letter = match token.kind {
            TokenKind::Space => ' ',
            TokenKind::Keyword => 'k',
            TokenKind::Ident => 'i',
            TokenKind::QuotedIdent => 'q',
            TokenKind::Text => 's',
            TokenKind::Number => 'n',
            TokenKind::Placeholder => 'p',
            TokenKind::Operator => 'o',
            TokenKind::Punct => '.',
            TokenKind::Comment => 'c',
        };
        shown.push(format!("{letter}:{}", token.of(text)));
    }
    shown.join(" | ")
}

fn covers(text: &str, dialect: Dialect) -> usize {
    let (mut at, mut count) = (0, 0);
    for token in tokens(text, dialect) {
        assert_eq!(token.start, at);
        assert!(token.end > at && text.is_char_boundary(token.end));
        at = token.end;
        count += 1;
    }
    assert_eq!(at, text.len());
    count
}

#[test]
fn postgres_strings_are_one_token_each() {
    for literal in ["'it''s'", r"E'\''", "e'a\\\\'", "B'1'", "x'1f'", "U&'d\\0061'", "$$a'b$$", "$t$ $$ $t$", "'a\\'"] {
        assert_eq!(lexed(literal, Postgres), format!("s:{literal}"));
    }
    assert_eq!(lexed("U&\"d\" \"a?b\"\"c\"", Postgres), "q:U&\"d\" | q:\"a?b\"\"c\"");
    assert_eq!(lexed("a$b$c $b", Postgres), "i:a$b$c | .:$ | i:b");
}

#[test]
fn postgres_operators_are_no_places() {
    assert_eq!(lexed("a::int", Postgres), "i:a | o::: | i:int");
    assert_eq!(
        lexed("a ?| b ?& c ? d @> e <@ f", Postgres),
        "i:a | o:?| | i:b | o:?& | i:c | o:? | i:d | o:@> | i:e | o:<@ | i:f"
    );
    assert_eq!(lexed("x ->> '?' #>> $1", Postgres), "i:x | o:->> | s:'?' | o:#>> | p:$1");
    assert_eq!(lexed("a[1:2] b := 1", Postgres), "i:a | .:[ | n:1 | .:: | n:2 | .:] | i:b | o::= | n:1");
    assert_eq!(lexed("a=-1 @-1", Postgres), "i:a | o:= | o:- | n:1 | o:@- | n:1");
    assert_eq!(lexed("$1::text a*-$2", Postgres), "p:$1 | o::: | i:text | i:a | o:* | o:- | p:$2");
}

#[test]
fn comments_end_where_the_database_ends_them() {
    assert_eq!(lexed("/* a /* ? */ b */ 1", Postgres), "c:/* a /* ? */ b */ | n:1");
    assert_eq!(lexed("/* a /* ? */ b", Sqlite), "c:/* a /* ? */ | i:b");
    assert_eq!(lexed("-- ? \n1 --2", Postgres), "c:-- ?  | n:1 | c:--2");
    assert_eq!(lexed("1--2 -- ?\n# 'x\n3", Mysql), "n:1 | o:- | o:- | n:2 | c:-- ? | c:# 'x | n:3");
    assert_eq!(lexed("-- a\rb", Postgres), "c:-- a | i:b");
    assert_eq!(lexed("-- a\rb", Sqlite), "c:-- a\rb");
    assert_eq!(lexed("/*+ x */ /*!50110 y */ */", Mysql), "c:/*+ x */ | .:/*!50110 | i:y | .:*/ | o:* | o:/");
    assert_eq!(lexed("/*! y */", Sqlite), "c:/*! y */");
    assert_eq!(lexed("/*/ x */ y", Postgres), "c:/*/ x */ | i:y");
}

#[test]
fn mysql_has_its_own_quotes_and_variables() {
    assert_eq!(lexed(r#"'\'' "a\"b" `a``?`"#, Mysql), r#"s:'\'' | s:"a\"b" | q:`a``?`"#);
    assert_eq!(lexed("@a := @@global.x", Mysql), "i:@a | o::= | i:@@global | .:. | i:x");
    assert_eq!(lexed("'r'@'%' = ?", Mysql), "s:'r' | q:@'%' | o:= | p:?");
    assert_eq!(lexed("2024_a.1b 1e5 1e5x 0x1F", Mysql), "i:2024_a | .:. | i:1b | n:1e5 | i:1e5x | n:0x1F");
    assert_eq!(lexed(":a ?", Mysql), ".:: | i:a | p:?");
}

#[test]
fn sqlite_places_are_found() {
    assert_eq!(lexed("? ?12 :a @b $c::d(e)", Sqlite), "p:? | p:?12 | p::a | p:@b | p:$c::d(e)");
    assert_eq!(lexed("[a?] `b?` \"c?\" 'a\\'", Sqlite), "q:[a?] | q:`b?` | q:\"c?\" | s:'a\\'");
}

#[test]
fn generic_places_are_found() {
    assert_eq!(
        lexed("%s %(na me)s :a @b $1 ? 5 %sx", Generic),
        "p:%s | p:%(na me)s | p::a | p:@b | p:$1 | p:? | n:5 | o:% | i:sx"
    );
    assert_eq!(
        lexed("a=@b a=:c a=%s ?||'x' a ?| b", Generic),
        "i:a | o:= | p:@b | i:a | o:= | p::c | i:a | o:= | p:%s | p:? | o:|| | s:'x' | i:a | o:?| | i:b"
    );
    assert_eq!(
        lexed("a[1:2] a[x:y] b::c", Generic),
        "i:a | .:[ | n:1 | .:: | n:2 | .:] | i:a | .:[ | i:x | .:: | i:y | .:] | i:b | o::: | i:c"
    );
}

#[test]
fn numbers_are_read_whole() {
    assert_eq!(
        lexed("1e10 .5 0x1F 1..2 1.5e-3 1_000", Postgres),
        "n:1e10 | n:.5 | n:0x1F | n:1 | .:.. | n:2 | n:1.5e-3 | n:1_000"
    );
    assert_eq!(lexed("INTERVAL '1 day'", Postgres), "k:INTERVAL | s:'1 day'");
}

#[test]
fn words_are_names_where_names_stand() {
    assert_eq!(
        lexed("start; START x; a.select", Generic),
        "k:start | .:; | k:START | i:x | .:; | i:a | .:. | i:select"
    );
    assert_eq!(lexed("SELECT start", Generic), "k:SELECT | i:start");
    assert_eq!(lexed("\u{feff}SELECT 😀é", Generic), "k:SELECT | i:😀é");
}

#[test]
fn what_is_never_closed_goes_to_the_end() {
    for dialect in ALL {
        for open in ["'a b", "\"a b", "/* a b", "'a''"] {
            assert_eq!(covers(open, dialect), 1, "{open}");
        }
    }
    assert_eq!(covers("$a$ b", Postgres), 1);
}

#[test]
fn long_texts_take_linear_time() {
    for (pieces, length) in [
        (&["$a$", "/*", "(", "'"][..], 1_000_000),
        (&["$a", "%(", "%", "@", ":a(", "E'", "1e", "\\", "*/", "/*!", "0x", "..", "-", "?"], 200_000),
    ] {
        for piece in pieces {
            let text = piece.repeat(length / piece.len());
            for dialect in ALL {
                covers(&text, dialect);
            }
        }
    }
    for text in ["$".to_owned() + &"a".repeat(1_000_000), "%(".to_owned() + &"a".repeat(1_000_000)] {
        assert!(covers(&text, Generic) < 5);
    }
}

proptest! {
    #[test]
    fn tokens_cover_any_text(text in any::<String>(), sql in r#"[a-zE\-/*+!'"`$:@%?()\[\]\\0-9.,;#|&<>= \n\r]{0,40}"#) {
        for dialect in ALL {
            covers(&text, dialect);
            covers(&sql, dialect);
        }
    }
}
