//! Prometheus scrapes an agent that wants TLS and a token, as `deploy/prometheus/README.md` says.

use std::fs;
use std::path::{Path, PathBuf};

use syscope_testing::agent::Authority;
use syscope_testing::containers::Host;

use super::agent::fresh;
use super::{Agent, Prometheus};

/// What a job of the configuration says beside its name: whom it trusts, and its token.
fn job(name: &str, agent: &Agent, ca: &Path, token: &Path) -> String {
    format!(
        "- job_name: {name}\n\
         \x20 honor_labels: true\n\
         \x20 scheme: https\n\
         \x20 tls_config: {{ca_file: {}}}\n\
         \x20 authorization: {{credentials_file: {}}}\n\
         \x20 static_configs: [{{targets: [\"{}\"]}}]\n",
        ca.display(),
        token.display(),
        agent.address(),
    )
}

/// Puts a file in the place of another at once.
fn replace(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    fs::copy(from, &beside).expect("copy a file");
    fs::rename(&beside, to).expect("put it in its place");
}

/// Waits until the agent is up (1) or not (0) for a job.
fn until_up(prometheus: &Prometheus, job: &str, up: f64) {
    prometheus.until(&format!("up{{job=\"{job}\"}}"), |found| matches!(found, [(_, seen)] if *seen == up));
}

#[test]
#[ignore = "root+bpf"]
fn a_token_and_an_authority_get_prometheus_in() {
    let host = Host::enter();
    let dir = fresh(&host, "tls");
    fs::create_dir(&dir).expect("make a directory");
    let file = |name: &str, text: &str| -> PathBuf {
        fs::write(dir.join(name), text).expect("write a file");
        dir.join(name)
    };
    let (old, new) = (Authority::new(&dir, "old"), Authority::new(&dir, "new"));
    let text = |authority: &Authority| fs::read_to_string(authority.certificate()).expect("a certificate");
    let both = file("both.pem", &(text(&old) + &text(&new)));
    let (cert, key) = (dir.join("agent.pem"), dir.join("agent.key"));
    let install = |authority: &Authority| {
        let (signed, its_key) = authority.sign("agent", &["127.0.0.1"]);
        replace(&signed, &cert);
        replace(&its_key, &key);
    };
    install(&old);
    let (right, wrong) = (file("right", "let-me-in\n"), file("wrong", "let-me-in-too\n"));
    let words = [&cert, &key, &right, &both].map(|path| path.to_str().expect("a path in UTF-8"));
    let agent = Agent::protected(
        &host,
        &["--tls-cert", words[0], "--tls-key", words[1], "--token-file", words[2]],
        &["--cacert", words[3], "-H", "Authorization: Bearer let-me-in"],
    );
    let jobs = [
        job("right", &agent, &both, &right),
        job("wrong", &agent, &both, &wrong),
        job("new-only", &agent, &new.certificate(), &right),
    ];
    let config = format!("global: {{scrape_interval: 3s}}\nscrape_configs:\n{}", jobs.concat());
    let prometheus = Prometheus::start(&host, &config, &fresh(&host, "prometheus"));
    until_up(&prometheus, "right", 1.0);
    until_up(&prometheus, "wrong", 0.0);
    // The agent is signed by the old authority yet.
    until_up(&prometheus, "new-only", 0.0);
    prometheus.until_is("syscope_ready", &[(&[], 1.0)]);

    // The certificate is replaced while it scrapes. Who trusts the new authority alone gets in from now on, and who trusts both
    // has noticed nothing.
    install(&new);
    until_up(&prometheus, "new-only", 1.0);
    let scrapes = "count_over_time(up{job=\"right\"}[1h])";
    let before = prometheus.query(scrapes)[0].1;
    prometheus.until(scrapes, |found| matches!(found, [(_, count)] if *count >= before + 2.0));
    until_up(&prometheus, "right", 1.0);
    prometheus.until_is("min_over_time(up{job=\"right\"}[1h])", &[(&[], 1.0)]);
    prometheus.until_is("max_over_time(up{job=\"wrong\"}[1h])", &[(&[], 0.0)]);
}
