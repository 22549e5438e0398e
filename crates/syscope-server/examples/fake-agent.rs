//! Serves an agent without a kernel until it is interrupted: for tests of the API from outside (`tests/api`).
//!
//! `fake-agent [ADDRESS [TOKEN_FILE]]` prints the address it listens on. Every job has an event every 100 ms and ends after
//! ten.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use syscope_agent::Node as _;
use syscope_server::{Config, bind};

#[path = "../tests/integration/node.rs"]
#[allow(dead_code)]
mod node;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:0".into()).parse()?;
    let token_file = arguments.next().map(Into::into);
    let bound = bind(Config { listen: vec![listen], token_file, ..Config::default() })?;
    for address in bound.addresses() {
        println!("{address}");
    }
    let agent = Arc::new(node::FakeNode::default());
    let feeder = Arc::clone(&agent);
    tokio::spawn(async move {
        for at in 0u64.. {
            for job in feeder.jobs().traces {
                if let Some(log) = feeder.log(&job.id) {
                    log.push(format!("{{\"type\":\"syscall\",\"at\":{at}}}\n").as_bytes(), 1);
                }
            }
            if at % 10 == 9 {
                feeder.end();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let ender = Arc::clone(&agent);
    bound
        .serve(agent, async move {
            let _ = tokio::signal::ctrl_c().await;
            ender.end();
        })
        .await?;
    Ok(())
}
