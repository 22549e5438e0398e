//! `syscope client`.

mod jobs;
mod request;
mod watch;
mod writer;

use std::process::ExitCode;

use syscope_client::{Agent, Endpoint, Error, Settings, Trust};

use crate::args::{Client, ClientCommand, Connection, Global};
use crate::failure::Failure;
use crate::logging;

/// Runs the command.
pub fn run(global: &Global, args: Client) -> Result<ExitCode, Failure> {
    let agents = agents(&args.connection, Some(endpoint::OWN))?;
    // One thread: what takes time is on the other side. Output has its own, because a reader may be slow.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        match args.command {
            ClientCommand::Create(create) if create.oneshot => watch::oneshot(global, agents, *create).await,
            ClientCommand::Create(create) => jobs::create(global, &args.connection, &agents, *create).await,
            ClientCommand::List(list) => jobs::list(global, &agents, None, list.output).await,
            ClientCommand::Get(get) => jobs::list(global, &agents, Some(&get.job), get.output).await,
            ClientCommand::Watch(watch) => watch::watch(global, agents, watch).await,
            ClientCommand::Delete(delete) => jobs::delete(&agents, &delete.jobs).await,
        }
    });
    // Not waited for: a thread that writes to a reader who has stopped would hold us up.
    runtime.shutdown_background();
    ended
}

mod endpoint {
    /// The agent of this host.
    pub const OWN: &str = "127.0.0.1:9095";
}

/// The agents that were named; where none was, that at `default`.
pub fn agents(connection: &Connection, default: Option<&str>) -> Result<Vec<Agent>, Failure> {
    let identity = match (&connection.cert, &connection.key) {
        (Some(cert), Some(key)) => Some((cert.clone(), key.clone())),
        (None, None) => None,
        (Some(_), None) => {
            return Err(Failure::usage("--cert needs --key: the file with the key of the certificate"));
        }
        (None, Some(_)) => {
            return Err(Failure::usage("--key needs --cert: the file with the certificate of the key"));
        }
    };
    let settings = Settings {
        token_file: connection.token_file.clone(),
        ca: connection.ca.clone(),
        identity,
        connect_timeout: connection.connect_timeout,
    };
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for endpoint in &connection.endpoints {
        if !endpoints.contains(endpoint) {
            endpoints.push(endpoint.clone());
        }
    }
    if let (true, Some(default)) = (endpoints.is_empty(), default) {
        endpoints.push(default.parse().expect("it is an endpoint"));
    }
    let agent = |endpoint: Endpoint| {
        let name = endpoint.to_string();
        Agent::new(endpoint, settings.clone()).map_err(|err| Failure::usage(format!("{name}: {err}")))
    };
    endpoints.into_iter().map(agent).collect()
}

/// Says something of an agent on stderr. What agents say is shown without control characters; that stderr may be gone is no
/// reason to leave jobs behind.
fn say(agent: &Agent, text: &str) {
    logging::say(format_args!("{}: {}", agent.endpoint(), visible(text)));
}

/// The text, with escapes for what a terminal would act on.
pub fn visible(text: &str) -> String {
    let mut out = Vec::new();
    for part in text.split_inclusive(['"', '\\']) {
        // Quotes and backslashes are ours here.
        let (body, mark) = match part.strip_suffix(['"', '\\']) {
            Some(body) => (body, &part[body.len()..]),
            None => (part, ""),
        };
        syscope_syscalls::sink::text::escape(&mut out, body.as_bytes());
        out.extend_from_slice(mark.as_bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What went wrong with an agent, and the way out where there is one.
pub fn reason(err: &Error) -> String {
    let way = match err {
        Error::Refused { status: 401, .. } => "--token-file says who you are",
        Error::Refused { status: 403, .. } => "--cert and --key say who you are",
        Error::Tls(_) => match err.trust() {
            Some(Trust::Agent) => "--ca names who signed the agent's certificate",
            Some(Trust::Authority) => {
                "the agent's certificate is a CA's; --tls-cert needs one with the extension basicConstraints=CA:FALSE"
            }
            Some(Trust::Name) => {
                "--endpoints must have a name or an address that is in the agent's certificate"
            }
            Some(Trust::Us) => "--cert and --key must be signed by whom the agent trusts",
            Some(Trust::Protocol) | None => "does the agent speak TLS? http:// is without",
        },
        Error::Http(_) => "is it an agent, and is https:// or http:// right?",
        Error::NoAgent | Error::Answer(_) => "is the port right?",
        _ => return err.to_string(),
    };
    format!("{err} ({way})")
}

/// Asks all agents at the same time; answers in their order.
async fn each<T, F: Future<Output = Result<T, Error>>>(
    agents: &[Agent],
    ask: impl Fn(Agent) -> F,
) -> Vec<Result<T, Error>> {
    let mut asked: Vec<_> = agents.iter().map(|agent| Box::pin(ask(agent.clone()))).collect();
    let mut answers: Vec<Option<Result<T, Error>>> = asked.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut ready = true;
        for (future, answer) in asked.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(result) => *answer = Some(result),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}
