//! [`Finding`]: what stands out in a trace, with its evidence.

/// Which rule fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// A statement ended with an error.
    Error,
    /// A pool had no connection for a call in time.
    PoolTimeout,
    /// A statement was given up before its end.
    Cancelled,
    /// One read for each of many things.
    NPlusOne,
    /// One write for each of many things.
    WriteLoop,
    /// The same read with the same values and as many rows, and nothing in between that may have changed them.
    Duplicate,
    /// The same statement with the same values, which may be meant: after a change, itself a write, or with a function whose
    /// result may differ.
    Repeat,
    /// A statement took long.
    Slow,
    /// One statement took a quarter of the request or more.
    Dominant,
    /// A transaction was open while no statement ran.
    IdleInTransaction,
    /// Statements ran around the traced pool.
    Bypassed,
    /// Messages were lost, or entries could not be read.
    Lost,
    /// A statement returned many rows.
    ManyRows,
    /// An update or delete changed nothing.
    ZeroRows,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Good to know.
    Info,
    /// Worth a look.
    Warn,
    /// Worth fixing.
    High,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Confidence {
    /// The trace proves it.
    Certain,
    /// Nothing speaks against it.
    Likely,
}

/// What stands out, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How much it matters.
    pub level: Level,
    /// How sure it is.
    pub confidence: Confidence,
    /// The group of statements that it is about.
    pub group: Option<usize>,
    /// The places of the points that it is about, in the order of their start.
    pub points: Vec<usize>,
    /// Those of the points that were not needed, in the same order: all but the first of each that are alike. Only of
    /// duplicates and repeats.
    pub redundant: Vec<usize>,
    /// The place of the statement whose rows they were made of.
    pub source: Option<usize>,
    /// The transaction that it is about.
    pub transaction: Option<usize>,
    /// How many different sets of values there were, where all of them were recorded whole.
    pub distinct_values: Option<usize>,
    /// How many of the points ran at once at most; of duplicates and repeats, of those that were not needed.
    pub at_once: usize,
    /// What it cost in microseconds: in which at least one of the points was running, or the transaction idle. Of duplicates and repeats
    /// only what was not needed counts.
    pub cost_us: u64,
    /// How many microseconds the points that were not needed took.
    pub wasted_us: u64,
    /// A few words, such as `N+1: 203 × SELECT users`, as plain text without hidden characters.
    pub title: String,
    /// A sentence with the numbers that made the rule fire.
    pub text: String,
}

impl Rule {
    /// All rules, in the order in which they are documented.
    pub const ALL: [Self; 14] = [
        Self::Error,
        Self::PoolTimeout,
        Self::Cancelled,
        Self::NPlusOne,
        Self::WriteLoop,
        Self::Duplicate,
        Self::Repeat,
        Self::Slow,
        Self::Dominant,
        Self::IdleInTransaction,
        Self::Bypassed,
        Self::Lost,
        Self::ManyRows,
        Self::ZeroRows,
    ];

    /// Its name, as JSON and command lines have it: `n+1`, `write-loop`.
    ///
    /// ```
    /// use osprofiler::report::findings::Rule;
    ///
    /// let rule = Rule::ALL.into_iter().find(|rule| rule.name() == "n+1");
    /// assert_eq!(rule, Some(Rule::NPlusOne));
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::PoolTimeout => "pool-timeout",
            Self::Cancelled => "cancelled",
            Self::NPlusOne => "n+1",
            Self::WriteLoop => "write-loop",
            Self::Duplicate => "duplicate",
            Self::Repeat => "repeat",
            Self::Slow => "slow",
            Self::Dominant => "dominant",
            Self::IdleInTransaction => "idle-in-transaction",
            Self::Bypassed => "bypassed",
            Self::Lost => "lost",
            Self::ManyRows => "many-rows",
            Self::ZeroRows => "zero-rows",
        }
    }
}

impl Level {
    /// All levels, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warn, Self::High];

    /// Its name, as JSON and command lines have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::High => "high",
        }
    }
}

impl Confidence {
    /// Its name, as JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}
