//! [`Start`]: what a call says when it starts, as OSProfiler's decorator has it.

use std::any::{type_name, type_name_of_val};

use serde_json::Value;

use super::shown::{self, Text};
use crate::{Info, InfoWriter, RenderInfo};

/// How a function is called: its module's path and its name.
#[derive(Clone, Copy)]
pub enum Name {
    /// The path of a function within it.
    Around(&'static str),
    /// A type, and a method of it.
    Of(&'static str, &'static str),
}

impl Name {
    /// The name of the function in which `_here` lies.
    #[inline]
    #[must_use]
    pub fn around<F: Fn()>(here: F) -> Self {
        Self::Around(type_name_of_val(&here))
    }

    /// The name of a method of `T`.
    #[inline]
    #[must_use]
    pub fn of<T: ?Sized>(method: &'static str) -> Self {
        Self::Of(type_name::<T>(), method)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Around(path) => {
                let mut path = path.strip_suffix("::here").unwrap_or(path);
                // An async function is a closure within itself.
                while let Some(outer) = path.strip_suffix("::{{closure}}") {
                    path = outer;
                }
                f.write_str(path)
            }
            Self::Of(of, method) => write!(f, "{of}::{method}"),
        }
    }
}

/// What a call says when it starts: `{..info, "function": {"name", "args", "kwargs"}}`.
///
/// Arguments are shown when the call starts, since they are the function's own from then on; the rest becomes JSON on the
/// collector's worker.
pub struct Start {
    name: Name,
    arguments: Option<Text>,
    count: usize,
    /// What the attribute's `info` says.
    info: Info,
}

impl Start {
    /// A call of which only the name is known.
    #[must_use]
    pub fn new(name: Name) -> Self {
        Self { name, arguments: None, count: 0, info: Info::default() }
    }

    /// Adds what the attribute's `info` says; what it says of the function is overwritten, as in OSProfiler.
    pub fn info(&mut self, mut info: Value) {
        if let Value::Object(members) = &mut info {
            members.shift_remove("function");
        }
        self.info = info.into();
    }

    /// The arguments are shown: all of them follow, as those of a Python call stand in a tuple.
    pub fn shows_arguments(&mut self) {
        self.arguments = Some(Text::default());
    }

    /// An argument, which `show` writes.
    pub fn argument(&mut self, show: impl FnOnce(&mut Text)) {
        if let Some(arguments) = &mut self.arguments {
            arguments.push(if self.count == 0 { "(" } else { ", " });
            self.count += 1;
            show(arguments);
        }
    }

    /// The receiver, of which only the type is shown: it may be large, and what it is made of is nobody's argument.
    pub fn receiver<T: ?Sized>(&mut self) {
        self.argument(shown::type_only::<T>);
    }
}

impl RenderInfo for Start {
    fn render(&mut self, info: &mut InfoWriter) {
        self.info.render(info);
        let count = self.count;
        info.object("function", |function| {
            function.string("name", &self.name.to_string());
            if let Some(mut arguments) = self.arguments.take() {
                arguments.push(match count {
                    0 => "()",
                    1 => ",)",
                    _ => ")",
                });
                function.string("args", &arguments.finish());
                function.string("kwargs", "{}");
            }
        });
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.arguments.as_ref().map_or(0, Text::len) + self.info.weight()
    }
}

impl From<Start> for Info {
    fn from(start: Start) -> Self {
        Self::rendered_later(start)
    }
}
