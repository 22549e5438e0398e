//! `syscope top`.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::mpsc::Receiver;

use anyhow::Context as _;

use super::{client, server};
use crate::args::{Global, ListFormat, Top};
use crate::failure::Failure;
use crate::logging;
use crate::output::{self, Default, Output};
use crate::top::model::Model;
use crate::top::source::{self, AgentSource, LocalSource, Reading, Source};
use crate::top::view::{self, Look};
use crate::top::{print, screen};

/// Runs the command.
pub fn run(global: &Global, args: Top) -> Result<ExitCode, Failure> {
    let sources = sources(&args)?;
    let model = Model::new(sources.iter().map(|source| source.name()).collect());
    let readings = source::poll(sources, args.interval)?;
    if args.once {
        return once(model, &readings, args.output);
    }
    let color = !global.no_color && output::wants_color();
    screen::run(model, &readings, Look { color, interval: args.interval })?;
    Ok(ExitCode::SUCCESS)
}

fn sources(args: &Top) -> Result<Vec<Box<dyn Source>>, Failure> {
    let agents = client::agents(&args.connection, None)?;
    if agents.is_empty() {
        // The kernel takes seconds to check them.
        if std::io::stderr().is_terminal() {
            logging::say("loading the kernel programs...");
        }
        return Ok(vec![Box::new(LocalSource::new(server::local_config(args.latency)?)?)]);
    }
    agents.into_iter().map(|agent| Ok(Box::new(AgentSource::new(agent)?) as Box<dyn Source>)).collect()
}

/// Waits for one measurement of every node and prints it.
fn once(mut model: Model, readings: &Receiver<Reading>, format: ListFormat) -> Result<ExitCode, Failure> {
    while !model.is_measured() {
        screen::take(&mut model, readings.recv().context("read counts")?);
    }
    let mut output = Output::open(None, Default::Stdout)?;
    let width =
        output.is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0.into());
    match format {
        ListFormat::Table => print::push_table(output.buffer(), &model, width),
        ListFormat::Json => print::push_json(output.buffer(), &model),
    }
    output.flush()?;
    let troubles = view::troubles(&model);
    for trouble in &troubles {
        logging::say(trouble);
    }
    Ok(ExitCode::from(u8::from(!troubles.is_empty())))
}
