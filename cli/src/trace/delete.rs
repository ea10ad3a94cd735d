//! `osprofiler trace delete`.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::Id;

use crate::error::CliError;
use crate::output;
use crate::store::StoreArguments;

#[derive(Args)]
#[command(after_help = "\
Examples:
  osprofiler trace delete 7a4b3b7e-0a7e-4f0e-9a53-0123456789ab
  osprofiler trace delete 7a4b 00ff

Nothing is deleted if one of the beginnings fits no trace or several.")]
pub(crate) struct Arguments {
    /// Ids of traces, or the beginnings of ids
    #[arg(required = true, value_name = "TRACE", value_parser = NonEmptyStringValueParser::new())]
    traces: Vec<String>,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let store = arguments.store.open()?;
    let mut found = BTreeMap::new();
    for wanted in &arguments.traces {
        found.insert(store.resolve(wanted)?, Id::from(wanted.as_str()));
    }
    for (id, wanted) in found {
        store.delete(&id, &wanted)?;
        output::write(None, |out| writeln!(out, "deleted {}", output::shown(&id)))?;
    }
    Ok(())
}
