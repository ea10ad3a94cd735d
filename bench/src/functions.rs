//! What the attribute `#[trace]` costs a function, beside the guard and the plain function.
//!
//! All modes run in one process, a round after the other; what is compared is processor time of the calling thread in the
//! same round. Instructions are counted as for queries.

use std::error::Error;
use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

use cpu_time::ThreadTime;
use osprofiler::{Notifier, Profiler, Trace};

use crate::measure;

/// How many rounds each mode runs.
const ROUNDS: usize = 200;

/// Calls in a round: less than what makes the collector busy.
const CALLS: usize = 1000;

/// Who is called, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    GuardUntraced,
    Untraced,
    UntracedShown,
    Guard,
    Hidden,
    Shown,
}

impl Mode {
    pub(crate) const ALL: [Self; 7] =
        [Self::Plain, Self::GuardUntraced, Self::Untraced, Self::UntracedShown, Self::Guard, Self::Hidden, Self::Shown];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::GuardUntraced => "guard-untraced",
            Self::Untraced => "untraced",
            Self::UntracedShown => "untraced-shown",
            Self::Guard => "guard",
            Self::Hidden => "hidden",
            Self::Shown => "shown",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain function",
            Self::GuardUntraced => "no trace: the guard",
            Self::Untraced => "no trace: #[trace], hide_args",
            Self::UntracedShown => "no trace: #[trace] with arguments",
            Self::Guard => "traced: the guard",
            Self::Hidden => "traced: #[trace], hide_args",
            Self::Shown => "traced: #[trace] with arguments",
        }
    }

    fn function(self) -> fn(u64, &str) -> u64 {
        match self {
            Self::Plain => plain,
            Self::GuardUntraced | Self::Guard => guard,
            Self::Untraced | Self::Hidden => hidden,
            Self::UntracedShown | Self::Shown => shown,
        }
    }

    fn is_traced(self) -> bool {
        matches!(self, Self::Guard | Self::Hidden | Self::Shown)
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).ok_or_else(|| format!("no mode {name}"))
    }
}

/// What is asked of all: little, and not nothing.
fn work(number: u64, text: &str) -> u64 {
    number.wrapping_mul(31) ^ text.len() as u64
}

#[inline(never)]
fn plain(number: u64, text: &str) -> u64 {
    work(number, text)
}

#[inline(never)]
fn guard(number: u64, text: &str) -> u64 {
    let _trace = Trace::new("work", ());
    work(number, text)
}

#[inline(never)]
#[osprofiler::trace("work", hide_args = true)]
fn hidden(number: u64, text: &str) -> u64 {
    work(number, text)
}

#[inline(never)]
#[osprofiler::trace("work")]
fn shown(number: u64, text: &str) -> u64 {
    work(number, text)
}

/// Calls the function of a mode so often, in a trace or in none.
fn calls(mode: Mode, profiler: &Profiler, count: usize) {
    let function = black_box(mode.function());
    let all = || {
        for number in 0..count {
            black_box(function(black_box(number as u64), black_box("text")));
        }
    };
    if mode.is_traced() { profiler.in_scope(all) } else { all() }
}

/// A program to count the instructions of.
pub(crate) fn run(mode: Mode, count: usize) -> Result<(), Box<dyn Error>> {
    let notifier = Notifier::from(|message: &osprofiler::Message| {
        black_box(message.json());
    });
    let profiler = Profiler::with_notifier(&notifier, "key", None, None);
    calls(mode, &profiler, count);
    notifier.flush(Duration::from_secs(60));
    Ok(())
}

pub(crate) fn table() -> Result<(), Box<dyn Error>> {
    println!("A function of two arguments, into a function in the place of a store");
    println!();
    println!("{:<36} {:>12} {:>12} {:>10}", "", "instructions", "ns a call", "ns more");
    let notifier = Notifier::from(|message: &osprofiler::Message| {
        black_box(message.json());
    });
    let profiler = Profiler::with_notifier(&notifier, "key", None, None);
    let mut nanos: Vec<Vec<f64>> = vec![Vec::new(); Mode::ALL.len()];
    for round in 0..ROUNDS {
        for turn in 0..Mode::ALL.len() {
            let index = (round + turn) % Mode::ALL.len();
            let mode = Mode::ALL[index];
            // What runs without a trace is so short that it takes more of it to be timed.
            let count = if mode.is_traced() { CALLS } else { 100 * CALLS };
            let begun = ThreadTime::now();
            calls(mode, &profiler, count);
            nanos[index].push(begun.elapsed().as_secs_f64() * 1e9 / count as f64);
            notifier.flush(Duration::from_secs(60));
        }
    }
    let program = std::env::current_exe()?;
    let medians: Vec<f64> = nanos.iter().map(|nanos| measure::median(nanos)).collect();
    for (mode, median) in Mode::ALL.into_iter().zip(&medians) {
        let cost = measure::instructions(&program, ["function", mode.name()], 1000, 3000)?;
        let more = median - medians[0];
        println!("{:<36} {:>12} {median:>12.1} {more:>10.1}", mode.title(), cost.calling_thread);
    }
    println!();
    Ok(())
}
