//! Syscope: shows what every process and container asks of the kernel.

mod args;
mod bugtool;
mod command;
mod commands;
mod cost;
mod doctor;
mod failure;
mod init_address;
mod logging;
mod output;
mod rotate;
mod signals;
mod top;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(failure) => return failure.report(),
    };
    logging::start(&args.global);
    let ended = match args.command {
        Command::Trace(trace) => commands::trace::run(&args.global, trace),
        Command::Exec(exec) => commands::exec::run(&args.global, exec),
        Command::Server(server) => commands::server::run(*server),
        Command::Client(client) => commands::client::run(&args.global, client),
        Command::Top(top) => commands::top::run(&args.global, top),
        Command::Cgroups(cgroups) => commands::cgroups::run(&args.global, &cgroups),
        Command::Ps(ps) => commands::ps::run(&args.global, &ps),
        Command::Doctor(doctor) => commands::doctor::run(&args.global, &doctor),
        Command::Bugtool(bugtool) => commands::bugtool::run(&args.global, &bugtool),
        Command::Completions(completions) => commands::completions::run(&completions),
        Command::Man(man) => commands::man::run(&man),
    };
    match ended {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
