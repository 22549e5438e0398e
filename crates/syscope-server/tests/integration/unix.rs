//! Socket files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use syscope_server::{Config, Error, Listen, bind};
use tokio::net::UnixStream;

use crate::client::ask;
use crate::harness::{Server, config};

fn on(path: &Path) -> Config {
    Config { listen: vec![Listen::Unix(path.to_owned())], ..config() }
}

#[tokio::test]
async fn a_socket_file_is_for_its_group_only_and_goes_with_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    let server = Server::start(on(&path));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    // The file's mode says who may: a Host is of no importance.
    let reply =
        ask(UnixStream::connect(&path).await.unwrap(), "GET", "/version", &[("host", "anything")], b"").await;
    assert_eq!(reply.status, 200);
    assert!(matches!(bind(on(&path)), Err(Error::Busy { .. })));
    server.stop().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_stale_socket_file_is_replaced_and_anything_else_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    Server::start(on(&path)).stop().await;
    assert!(!path.exists());

    std::fs::write(&path, "precious").unwrap();
    let error = bind(on(&path)).unwrap_err();
    assert!(matches!(error, Error::NotSocket { .. }), "{error}");
    assert!(error.to_string().contains("agent.sock"));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    std::fs::remove_file(&path).unwrap();

    std::os::unix::fs::symlink("/nowhere", &path).unwrap();
    assert!(matches!(bind(on(&path)), Err(Error::NotSocket { .. })));
    let missing = bind(on(&directory.path().join("no/agent.sock"))).unwrap_err();
    assert!(matches!(missing, Error::Bind { .. }), "{missing}");
}

#[tokio::test]
async fn the_file_of_another_server_stays() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    let server = Server::start(on(&path));
    std::fs::remove_file(&path).unwrap();
    let successor = Server::start(on(&path));
    server.stop().await;
    assert!(path.exists());
    successor.stop().await;
    assert!(!path.exists());
}

#[test]
fn a_bound_server_that_never_serves_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    drop(bind(on(&path)).unwrap());
    assert!(!path.exists());
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let server = Server::start(config());
    let error = bind(Config { listen: server.addresses.clone(), ..config() }).unwrap_err();
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
    server.stop().await;
}
