//! Values of the text format. Arrays are those of `array_out` of PostgreSQL's `arrayfuncs.c`.

use std::borrow::Cow;

use super::PgType;
use super::array::MAX_DIMENSIONS;
use super::builtin::{self, Form};
use super::decode::Decoder;
use super::name::{self, Meaning};
use crate::db::DbValue;

impl Decoder {
    /// A value of the text format; where it is unknown or malformed the text as it is.
    pub(super) fn text<'a>(&mut self, ty: &PgType, value: Cow<'a, str>) -> DbValue<'a> {
        self.deeper(|decoder| decoder.typed_text(ty, &value)).unwrap_or(DbValue::Text(value))
    }

    fn typed_text<'a>(&mut self, ty: &PgType, value: &Cow<'a, str>) -> Option<DbValue<'a>> {
        match ty {
            PgType::Oid(oid) => self.text_form(builtin::form(*oid)?, value),
            PgType::Named(name) => match name::meaning(name)? {
                Meaning::Form(form) => self.text_form(form, value),
                Meaning::Type(ty) => Some(self.text(&ty, value.clone())),
            },
            PgType::Domain { base, .. } => Some(self.text(base, value.clone())),
            PgType::Array(element) => self.text_array(element, value),
            PgType::Enum { .. } | PgType::Composite { .. } | PgType::Range { .. } | PgType::Multirange { .. } => None,
        }
    }

    fn text_form<'a>(&mut self, form: Form, value: &Cow<'a, str>) -> Option<DbValue<'a>> {
        match form {
            Form::Bool => match value.as_ref() {
                "t" => Some(DbValue::Bool(true)),
                "f" => Some(DbValue::Bool(false)),
                _ => None,
            },
            Form::Int2 | Form::Int4 | Form::Int8 | Form::Oid => value.parse().ok().map(DbValue::Integer),
            Form::Xid8 => value.parse().ok().map(DbValue::Unsigned),
            // NaN and infinities are text either way, and a number out of range is none to Rust's parser.
            Form::Float4 => value.parse().ok().filter(|value: &f32| value.is_finite()).map(DbValue::Single),
            Form::Float8 => value.parse().ok().filter(|value: &f64| value.is_finite()).map(DbValue::Float),
            Form::Json | Form::Jsonb => Some(DbValue::Json(value.clone())),
            Form::Bytea => bytes(value).map(|bytes| DbValue::Bytes(bytes.into())),
            Form::Array(element) => self.text_array(&PgType::Oid(element), value),
            Form::Vector(element) => {
                let elements = value.split_ascii_whitespace().map(|value| Cow::Owned(value.to_owned()));
                Some(DbValue::List(elements.map(|value| self.text(&PgType::Oid(element), value)).collect()))
            }
            _ => None,
        }
    }

    fn text_array<'a>(&mut self, element: &PgType, value: &Cow<'a, str>) -> Option<DbValue<'a>> {
        match value {
            Cow::Borrowed(text) => self.list(element, text, Cow::Borrowed),
            Cow::Owned(text) => self.list(element, text, |text| Cow::Owned(text.to_owned())),
        }
    }

    /// `keep` makes of a piece of the text what stays when the text is gone.
    fn list<'a, 's>(
        &mut self,
        element: &PgType,
        text: &'s str,
        keep: fn(&'s str) -> Cow<'a, str>,
    ) -> Option<DbValue<'a>> {
        // Bounds that do not begin at 1 are before the elements: `[0:1]={a,b}`.
        let rest = match text.strip_prefix('[') {
            Some(bounds) => bounds.split_once("]=")?.1,
            None => text,
        };
        let mut list = List { rest, element, delimiter: delimiter(element), keep };
        let values = list.values(self, 1)?;
        list.rest.is_empty().then_some(DbValue::List(values))
    }
}

/// The elements of an array that are not yet read.
struct List<'a, 's, 't> {
    rest: &'s str,
    element: &'t PgType,
    delimiter: char,
    keep: fn(&'s str) -> Cow<'a, str>,
}

impl<'a, 's> List<'a, 's, '_> {
    /// The values between the next braces.
    fn values(&mut self, decoder: &mut Decoder, dimension: usize) -> Option<Vec<DbValue<'a>>> {
        if dimension > MAX_DIMENSIONS || !self.take('{') {
            return None;
        }
        let mut values = Vec::new();
        if self.take('}') {
            return Some(values);
        }
        loop {
            values.push(if self.rest.starts_with('{') {
                DbValue::List(self.values(decoder, dimension + 1)?)
            } else {
                self.value(decoder)?
            });
            if self.take('}') {
                return Some(values);
            }
            if !self.take(self.delimiter) {
                return None;
            }
        }
    }

    fn value(&mut self, decoder: &mut Decoder) -> Option<DbValue<'a>> {
        if self.take('"') {
            let text = match self.quoted()? {
                Cow::Borrowed(text) => (self.keep)(text),
                Cow::Owned(text) => Cow::Owned(text),
            };
            return Some(decoder.text(self.element, text));
        }
        let end = self.rest.find([self.delimiter, '}'])?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if text.is_empty() || text.contains(['"', '\\', '{']) {
            return None;
        }
        Some(if text == "NULL" { DbValue::Null } else { decoder.text(self.element, (self.keep)(text)) })
    }

    /// What is up to the closing quotation mark. A backslash takes the next character as it is.
    fn quoted(&mut self) -> Option<Cow<'s, str>> {
        let mut text = Cow::Borrowed("");
        loop {
            let (before, after) = self.rest.split_at(self.rest.find(['"', '\\'])?);
            if text.is_empty() {
                text = Cow::Borrowed(before);
            } else {
                text.to_mut().push_str(before);
            }
            let mut after = after.chars();
            let mark = after.next()?;
            if mark == '"' {
                self.rest = after.as_str();
                return Some(text);
            }
            text.to_mut().push(after.next()?);
            self.rest = after.as_str();
        }
    }

    fn take(&mut self, mark: char) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// What is between elements: a comma for all types but `box`, whose text has commas.
fn delimiter(element: &PgType) -> char {
    let form = match element {
        PgType::Oid(oid) => builtin::form(*oid),
        PgType::Named(name) => match name::meaning(name) {
            Some(Meaning::Form(form)) => Some(form),
            _ => None,
        },
        _ => None,
    };
    if form == Some(Form::Box) { ';' } else { ',' }
}

/// The bytes of a text such as `\x00ff`. The older format, `bytea_output` escape, is left as it is.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.strip_prefix("\\x")?.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
