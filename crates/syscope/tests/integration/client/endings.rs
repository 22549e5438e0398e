//! `--oneshot` leaves no job behind, however it ends.

use std::process::Stdio;

use syscope_api::End;
use syscope_testing::agent::{FakeAgent, Options};

use super::{Running, client, ran};
use crate::support::until;

fn oneshot(agents: &[&FakeAgent], words: &[&str]) -> Running {
    let running = Running::start(client(agents, &["create", "--oneshot"]).args(words));
    agents.iter().for_each(|agent| agent.wait_for_watchers(1));
    running
}

#[test]
fn a_signal_deletes_the_jobs() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
        let running = oneshot(&[&a, &b], &[]);
        let jobs = [a.jobs(), b.jobs()].concat();
        assert!(
            jobs.len() == 2 && jobs[0].name == jobs[1].name && jobs[0].lease.to_string() == "30s",
            "{jobs:?}"
        );
        running.signal(signal);
        let ended = running.ended();
        assert_eq!(ended.code(), Some(0), "{ended:?}");
        assert!(a.jobs().is_empty() && b.jobs().is_empty(), "signal {signal}");
    }
}

#[test]
fn a_closed_stdout_deletes_the_jobs_though_nothing_is_written() {
    let agent = FakeAgent::start("n1");
    let mut command = client(&[&agent], &["create", "--oneshot"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the client");
    agent.wait_for_watchers(1);
    drop(child.stdout.take());
    let status = until("the client ends", || child.try_wait().expect("wait for the client"));
    assert_eq!(status.code(), Some(0));
    assert!(agent.jobs().is_empty());
}

#[test]
fn a_reader_who_has_stopped_does_not_keep_the_jobs() {
    let agent = FakeAgent::start("n1");
    let mut command = client(&[&agent], &["create", "--oneshot"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start the client");
    agent.wait_for_watchers(1);
    // More than a pipe holds, and the client has begun to write it.
    let block = syscope_testing::agent::open_line("n1", 1, 0, "/etc/hosts").repeat(100);
    for _ in 0..20 {
        agent.send(block.clone());
    }
    let stdout = std::os::fd::AsRawFd::as_raw_fd(child.stdout.as_ref().expect("stdout is a pipe"));
    until("the pipe fills", || {
        let mut bytes = 0_i32;
        // SAFETY: the number is valid for writing.
        unsafe { libc::ioctl(stdout, libc::FIONREAD, &mut bytes) };
        (bytes > 30_000).then_some(())
    });
    // SAFETY: a plain system call; the child is ours and not reaped.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    until("the client ends", || child.try_wait().expect("wait for the client"));
    assert!(agent.jobs().is_empty());
}

#[test]
fn the_end_of_the_job_deletes_it_and_ends_the_run() {
    let agent = FakeAgent::start("n1");
    let running = oneshot(&[&agent], &["--max-events", "1"]);
    agent.open(1, 0, "/1");
    agent.send("{\"type\":\"end\",\"reason\":\"max_events\"}\n");
    agent.end("n1-1", End::MaxEvents);
    let ended = running.ended();
    assert_eq!((ended.code(), ended.stdout().lines().count()), (Some(0), 1), "{ended:?}");
    assert!(ended.stderr.contains("the job has ended: events reached"), "{ended:?}");
    assert!(agent.jobs().is_empty());
}

#[test]
fn where_one_agent_refuses_no_job_is_left_on_the_others() {
    let (a, b) = (FakeAgent::start("n1"), FakeAgent::start("n2"));
    let refuses = Some((422, "openaat is no system call".to_owned()));
    let c = FakeAgent::with(Options { node: "n3".into(), refuses, ..Options::default() });
    let ended = ran(&[&a, &b, &c], &["create", "--oneshot", "-s", "openaat"]);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    let expected = format!("{}: 422 Unprocessable Entity: openaat is no system call", c.endpoint());
    assert!(ended.stderr.contains(&expected), "{ended:?}");
    assert!(a.jobs().is_empty() && b.jobs().is_empty());
}

#[test]
fn a_job_that_cannot_be_deleted_is_told() {
    let agent = FakeAgent::start("n1");
    let running = oneshot(&[&agent], &[]);
    drop(agent);
    running.said("trying again");
    let ended = running.interrupt();
    assert!(ended.stderr.contains("the job n1-1 could not be deleted and ends with its lease"), "{ended:?}");
}
