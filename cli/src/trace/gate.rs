//! Which findings make a command fail, and from where on something stands out.

use std::fmt::Write as _;

use clap::Args;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler::report::findings::{Finding, Level, Rule};

use crate::error::CliError;

/// How many findings are told of.
const MOST: usize = 20;

#[derive(Args)]
pub(crate) struct GateArguments {
    /// Fail where something like this stands out: names of rules, `info`, `warn` or `high` for that level and above, or
    /// `any`. The rules: error, pool-timeout, cancelled, n+1, write-loop, duplicate, repeat, slow, dominant, idle-in-transaction,
    /// bypassed, lost, many-rows, zero-rows
    #[arg(long, value_name = "RULE,...", value_delimiter = ',', value_parser = limit)]
    fail_on: Vec<Limit>,

    /// From how many milliseconds on a statement is slow, and very slow [default: 100,500]
    #[arg(long, value_name = "MS[,MS]", value_parser = slow)]
    slow_ms: Option<Slow>,

    /// How many rows are many [default: 1000]
    #[arg(long, value_name = "N")]
    rows_warn: Option<u64>,
}

/// What is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Rule(Rule),
    Level(Level),
}

/// In microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slow {
    slow_us: u64,
    very_slow_us: u64,
}

impl GateArguments {
    pub(crate) fn options(&self) -> AnalysisOptions {
        let mut options = AnalysisOptions::default();
        if let Some(Slow { slow_us, very_slow_us }) = self.slow_ms {
            (options.slow_us, options.very_slow_us) = (slow_us, very_slow_us);
        }
        options.many_rows = self.rows_warn.unwrap_or(options.many_rows);
        options
    }

    /// Fails where something stands out that is not allowed.
    pub(crate) fn judge(&self, analysis: &Analysis<'_>) -> Result<(), CliError> {
        let is_refused = |finding: &&Finding| self.fail_on.iter().any(|limit| limit.refuses(finding));
        let refused: Vec<&Finding> = analysis.findings.iter().filter(is_refused).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let mut said = String::new();
        for finding in refused.iter().take(MOST) {
            let _ = write!(said, "\n  {} ({}): {}", finding.rule.name(), finding.level.name(), finding.text);
        }
        let more = refused.len().saturating_sub(MOST);
        if more > 0 {
            let _ = write!(said, "\n  … and {more} more");
        }
        let findings = if refused.len() == 1 { "finding" } else { "findings" };
        Err(CliError::Refused { findings: format!("{} {findings}", refused.len()), said })
    }
}

impl Limit {
    fn refuses(self, finding: &Finding) -> bool {
        match self {
            Self::Rule(rule) => finding.rule == rule,
            Self::Level(level) => finding.level >= level,
        }
    }
}

fn limit(text: &str) -> Result<Limit, String> {
    let name = text.trim().to_ascii_lowercase();
    if name == "any" {
        return Ok(Limit::Level(Level::Info));
    }
    let rule = Rule::ALL.into_iter().find(|rule| rule.name() == name).map(Limit::Rule);
    let level = || Level::ALL.into_iter().find(|level| level.name() == name).map(Limit::Level);
    rule.or_else(level).ok_or_else(|| {
        let rules: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        format!("neither a rule ({}), nor `info`, `warn`, `high` or `any`", rules.join(", "))
    })
}

fn slow(text: &str) -> Result<Slow, String> {
    let us = |text: &str| match text.trim().parse::<f64>() {
        // More than a million seconds is never.
        Ok(ms) if (0.0..=1e9).contains(&ms) => Ok((ms * 1_000.0).round() as u64),
        _ => Err(format!("`{text}` is no number of milliseconds")),
    };
    let (slow, very_slow) = text.split_once(',').map_or((text, None), |(slow, very_slow)| (slow, Some(very_slow)));
    let slow_us = us(slow)?;
    let very_slow_us = match very_slow {
        Some(very_slow) => us(very_slow)?,
        None => AnalysisOptions::default().very_slow_us.max(slow_us),
    };
    if very_slow_us < slow_us {
        return Err("what is very slow is no faster than what is slow: the second number must not be less".to_owned());
    }
    Ok(Slow { slow_us, very_slow_us })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rules_levels_or_all() {
        assert_eq!(limit("n+1"), Ok(Limit::Rule(Rule::NPlusOne)));
        assert_eq!(limit(" Warn"), Ok(Limit::Level(Level::Warn)));
        assert_eq!(limit("any"), Ok(Limit::Level(Level::Info)));
        assert!(limit("n1").is_err_and(|error| error.contains("idle-in-transaction")));
    }

    #[test]
    fn milliseconds_come_alone_or_in_pairs() {
        assert_eq!(slow("0.5, 20"), Ok(Slow { slow_us: 500, very_slow_us: 20_000 }));
        assert_eq!(slow("1000"), Ok(Slow { slow_us: 1_000_000, very_slow_us: 1_000_000 }));
        for wrong in ["", "a", "100,", "500,100", "-1", "inf", "1,2,3"] {
            assert!(slow(wrong).is_err(), "{wrong}");
        }
    }
}
