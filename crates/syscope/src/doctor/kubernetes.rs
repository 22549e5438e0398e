//! Kubernetes: whether this is a pod, what account it has, and whether the API server can be reached.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::probe::{Host, read_text, start};
use super::reach::{self, Reached};
use super::report::{Finding, Group, Status};

/// Where a pod finds its service account.
pub const ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";
/// API servers that are tried; a configuration may name any number.
const SERVERS_MAX: usize = 4;
/// How long each of them has, its name's look-up included.
const SERVER_LIMIT: Duration = Duration::from_secs(8);

/// What is lost without an API server.
const RUNTIME_ONLY: &str = "pods are known by what the runtime says only";

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `KUBERNETES_SERVICE_HOST`.
    pub service_host: Option<String>,
    /// `KUBERNETES_SERVICE_PORT`.
    pub service_port: Option<String>,
    /// `KUBECONFIG`.
    pub kubeconfig: Option<OsString>,
    /// `HOME`.
    pub home: Option<OsString>,
}

impl Surroundings {
    /// Those of this process.
    pub fn own() -> Surroundings {
        Surroundings {
            service_host: std::env::var("KUBERNETES_SERVICE_HOST").ok(),
            service_port: std::env::var("KUBERNETES_SERVICE_PORT").ok(),
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::var_os("HOME"),
        }
    }
}

/// All probes of the group.
pub fn probe(host: &Host, around: &Surroundings) -> Vec<Finding> {
    let configs = kubeconfigs(host, around);
    let mut findings = vec![pod(host, around), account(host), configurations(&configs)];
    let servers = servers(around, &configs);
    if servers.is_empty() {
        findings.push(
            finding("api_server", Status::Ok, "none known")
                .because("this is no pod, and no kubeconfig was found")
                .so("nothing: containers are known from their runtimes"),
        );
    }
    let name = |index: usize| match index {
        0 => "api_server".to_owned(),
        index => format!("api_server#{}", index + 1),
    };
    let asked: Vec<_> = servers
        .into_iter()
        .enumerate()
        .map(|(index, server)| {
            let name = name(index);
            (index, start(SERVER_LIMIT, move || api_server(name, &server)))
        })
        .collect();
    findings.extend(asked.into_iter().map(|(index, asked)| {
        asked.finish().unwrap_or_else(|reason| {
            finding(name(index), Status::Degraded, "unknown").because(reason).so(RUNTIME_ONLY)
        })
    }));
    findings
}

fn finding(name: impl Into<String>, status: Status, result: impl Into<String>) -> Finding {
    Finding::new(Group::Kubernetes, name, status, result)
}

fn pod(host: &Host, around: &Surroundings) -> Finding {
    let service = around.service_host.is_some();
    let account = host.path(ACCOUNT).is_dir();
    match (service, account) {
        (true, true) => finding("pod", Status::Ok, "yes")
            .because("KUBERNETES_SERVICE_HOST is set and there is a service account"),
        (true, false) => finding("pod", Status::Ok, "probably")
            .because("KUBERNETES_SERVICE_HOST is set, without a service account"),
        (false, true) => finding("pod", Status::Ok, "probably").because("there is a service account"),
        (false, false) => finding("pod", Status::Ok, "no"),
    }
}

fn account(host: &Host) -> Finding {
    let file = |name: &str| host.path(&format!("{ACCOUNT}/{name}"));
    if !host.path(ACCOUNT).is_dir() {
        return finding("service_account", Status::Ok, "none");
    }
    let namespace = read_text(&file("namespace")).unwrap_or_default();
    match std::fs::metadata(file("token")) {
        Ok(meta) if meta.len() > 0 => {
            finding("service_account", Status::Ok, format!("in namespace {}", namespace.trim()))
        }
        Ok(_) => finding("service_account", Status::Degraded, "its token is empty"),
        Err(err) => finding("service_account", Status::Degraded, "without a token")
            .because(err.to_string())
            .so("the API server will not answer"),
    }
}

/// The configuration files that can be found, the one in use first.
pub fn kubeconfigs(host: &Host, around: &Surroundings) -> Vec<PathBuf> {
    let named = around.kubeconfig.iter().flat_map(|list| std::env::split_paths(list).collect::<Vec<_>>());
    let own = around.home.iter().map(|home| PathBuf::from(home).join(".kube/config"));
    let nodes = ["etc/kubernetes/kubelet.conf", "etc/kubernetes/admin.conf"].map(|path| host.file(path));
    let mut found: Vec<PathBuf> = Vec::new();
    for path in named.chain(own).chain(nodes) {
        if path.is_file() && !found.contains(&path) {
            found.push(path);
        }
    }
    found.truncate(SERVERS_MAX);
    found
}

fn configurations(configs: &[PathBuf]) -> Finding {
    let names: Vec<String> = configs.iter().map(|path| path.display().to_string()).collect();
    let result = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    finding("kubeconfig", Status::Ok, result)
}

/// Where API servers are said to be: by the pod's environment, then by configuration files.
fn servers(around: &Surroundings, configs: &[PathBuf]) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    if let Some(host) = &around.service_host {
        let port = around.service_port.as_deref().and_then(|port| port.parse().ok()).unwrap_or(443);
        servers.push(Server { host: host.clone(), port, tls: true, from: "the pod's environment".into() });
    }
    for config in configs {
        let text = read_text(config).unwrap_or_default();
        let from = config.display().to_string();
        for url in server_urls(&text) {
            servers.extend(parse_url(url).map(|(tls, host, port)| Server {
                host,
                port,
                tls,
                from: from.clone(),
            }));
        }
    }
    let mut seen = Vec::new();
    servers.retain(|server| {
        let new = !seen.contains(&(server.host.clone(), server.port));
        seen.push((server.host.clone(), server.port));
        new
    });
    servers.truncate(SERVERS_MAX);
    servers
}

#[derive(Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    tls: bool,
    from: String,
}

/// The values of `server:` in a kubeconfig, YAML or JSON; nothing else of it is needed here.
fn server_urls(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n', '{']).filter_map(|part| {
        let part = part.trim_start_matches([' ', '-']).trim();
        let value = part.strip_prefix("server:").or_else(|| part.strip_prefix("\"server\":"))?;
        Some(value.trim_end_matches('}').trim().trim_matches(['"', '\'']))
    })
}

/// TLS or not, host and port.
fn parse_url(url: &str) -> Option<(bool, String, u16)> {
    let (tls, rest) = match url.strip_prefix("https://") {
        Some(rest) => (true, rest),
        None => (false, url.strip_prefix("http://")?),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let default = if tls { 443 } else { 80 };
    if let Some(inner) = authority.strip_prefix('[') {
        let (host, port) = inner.split_once(']')?;
        let port = port.strip_prefix(':').map_or(Some(default), |port| port.parse().ok())?;
        return Some((tls, host.to_owned(), port));
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    (!host.is_empty()).then(|| (tls, host.to_owned(), port))
}

fn api_server(name: String, server: &Server) -> Finding {
    let place = format!("{}:{}", server.host, server.port);
    match reach::reach(&server.host, server.port, server.tls) {
        Ok(Reached::Tls) => finding(name, Status::Ok, format!("{place} answers (TLS)"))
            .because(format!("named by {}", server.from)),
        Ok(Reached::Tcp) => finding(name, Status::Ok, format!("{place} answers (TCP)"))
            .because(format!("named by {}", server.from)),
        Ok(Reached::NotTls) => finding(name, Status::Degraded, format!("{place} does not speak TLS"))
            .because(format!("named by {}", server.from))
            .so(RUNTIME_ONLY),
        Err(err) => finding(name, Status::Degraded, format!("{place} cannot be reached"))
            .because(format!("{err} (named by {})", server.from))
            .so(RUNTIME_ONLY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::{FakeHost, named};

    #[test]
    fn urls() {
        let check = |url: &str, expected: Option<(bool, &str, u16)>| {
            assert_eq!(
                parse_url(url),
                expected.map(|(tls, host, port)| (tls, host.to_owned(), port)),
                "{url}"
            );
        };
        check("https://10.0.0.1:6443", Some((true, "10.0.0.1", 6443)));
        check("https://api.example/k8s/c-1", Some((true, "api.example", 443)));
        check("http://localhost:8080/", Some((false, "localhost", 8080)));
        check("https://[fd00::1]:6443", Some((true, "fd00::1", 6443)));
        check("https://[fd00::1]", Some((true, "fd00::1", 443)));
        check("https://user:secret@h:1", Some((true, "h", 1)));
        for wrong in ["", "ftp://x", "https://", "https://h:99999", "https://[x"] {
            check(wrong, None);
        }
    }

    #[test]
    fn servers_of_a_configuration() {
        let yaml =
            "clusters:\n- cluster:\n    server: https://a:1\n- cluster: {server: \"https://b:2\"}\nx: 1\n";
        assert_eq!(server_urls(yaml).collect::<Vec<_>>(), ["https://a:1", "https://b:2"]);
        let json = r#"{"clusters":[{"cluster":{"ca":"x","server":"https://c:3"}}]}"#;
        assert!(server_urls(json).next().unwrap().starts_with("https://c:3"));
    }

    #[test]
    fn no_cluster() {
        let findings = probe(&FakeHost::new(&[]).host(), &Surroundings::default());
        assert_eq!(named(&findings, "pod").result, "no");
        assert_eq!(named(&findings, "api_server").result, "none known");
        assert!(findings.iter().all(|found| found.status == Status::Ok));
    }

    #[test]
    fn a_pod_whose_api_server_is_not_there() {
        let fake = FakeHost::new(&[
            ("var/run/secrets/kubernetes.io/serviceaccount/token", "secret-token"),
            ("var/run/secrets/kubernetes.io/serviceaccount/namespace", "prod\n"),
        ]);
        // A port that was just free refuses.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let around = Surroundings {
            service_host: Some("127.0.0.1".into()),
            service_port: Some(port.to_string()),
            ..Surroundings::default()
        };
        let findings = probe(&fake.host(), &around);
        assert_eq!(named(&findings, "pod").result, "yes");
        assert_eq!(named(&findings, "service_account").result, "in namespace prod");
        assert_eq!(named(&findings, "api_server").status, Status::Degraded);
        assert!(!format!("{findings:?}").contains("secret-token"));
    }
}
