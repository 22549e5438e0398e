//! Secrets that are known by their value, so that they can be hidden wherever they turn up: tokens of
//! service accounts, what kubeconfigs hold, variables and settings whose names say that they are secret.

use std::path::{Path, PathBuf};

use super::scrub::is_secret_name;
use crate::doctor::kubernetes::{self, Surroundings};
use crate::doctor::probe::{Host, read_text};

/// Everything that is known. `config` is the configuration file's content.
pub fn collect(host: &Host, config: Option<&toml::Table>) -> Vec<Vec<u8>> {
    let mut values = Values::default();
    let own = std::env::vars_os();
    values.environment(
        own.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    if let Some(config) = config {
        values.table(config);
    }
    values.file(&host.path(&format!("{}/token", kubernetes::ACCOUNT)));
    for config in kubernetes::kubeconfigs(host, &Surroundings::own()) {
        values.kubeconfig(&read_text(&config).unwrap_or_default());
    }
    values.found
}

#[derive(Debug, Default)]
struct Values {
    found: Vec<Vec<u8>>,
}

impl Values {
    /// A secret, by line: a key's lines turn up one by one.
    fn add(&mut self, value: &str) {
        for line in value.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("-----"))
        {
            self.found.push(line.as_bytes().to_vec());
        }
    }

    fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        for (name, value) in variables.filter(|(name, _)| is_secret_name(name)) {
            self.named(&name, &value);
        }
    }

    /// The value of a name that says it is secret; `...-file` names a file that holds it.
    fn named(&mut self, name: &str, value: &str) {
        if name.to_ascii_lowercase().replace('_', "-").ends_with("-file") {
            self.file(&PathBuf::from(value));
        } else if !Path::new(value).is_absolute() {
            self.add(value);
        }
    }

    fn file(&mut self, path: &Path) {
        self.add(&read_text(path).unwrap_or_default());
    }

    fn table(&mut self, table: &toml::Table) {
        for (name, value) in table {
            match value {
                toml::Value::Table(inner) => self.table(inner),
                toml::Value::String(text) if is_secret_name(name) => self.named(name, text),
                // Patterns to redact are no secrets themselves, or match them anyway.
                toml::Value::Array(values) if is_secret_name(name) && name != "redact" => {
                    values.iter().filter_map(toml::Value::as_str).for_each(|text| self.named(name, text));
                }
                _ => {}
            }
        }
    }

    /// The values of the secret members of a kubeconfig, YAML or JSON.
    fn kubeconfig(&mut self, text: &str) {
        for part in text.split([',', '\n', '{', '}']) {
            let part = part.trim_start_matches([' ', '-']).trim();
            let Some((name, value)) = part.split_once(':') else { continue };
            let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            // What may be public too is not: a certificate names its user.
            if is_secret_name(&unquoted(name)) {
                self.named(&unquoted(name), &unquoted(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(fill: impl FnOnce(&mut Values)) -> Vec<String> {
        let mut values = Values::default();
        fill(&mut values);
        values.found.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn secrets_by_name() {
        let variables = [("DB_PASSWORD", "pass-1"), ("HOME", "/root"), ("API_TOKEN", "tok-2")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found(|values| values.environment(variables.into_iter())), ["pass-1", "tok-2"]);
        let table = "a = 1\n[server]\ntoken = \"t-3\"\nsecrets = [\"s-4\", \"s-5\"]\nredact = [\"x\"]\n";
        assert_eq!(found(|values| values.table(&table.parse().unwrap())), ["s-4", "s-5", "t-3"]);
    }

    #[test]
    fn secrets_of_a_kubeconfig() {
        let yaml = "users:\n- name: me\n  user:\n    token: tok-1\n    client-key-data: \"a2V5\"\n";
        assert_eq!(found(|values| values.kubeconfig(yaml)), ["tok-1", "a2V5"]);
        let json = r#"{"users":[{"user":{"password":"pass-2","username":"me"}}]}"#;
        assert_eq!(found(|values| values.kubeconfig(json)), ["pass-2"]);
    }

    #[test]
    fn a_secret_in_a_file() {
        let path = std::env::temp_dir().join(format!("syscope-secret-{}", std::process::id()));
        std::fs::write(&path, "tok-9\n").unwrap();
        let name = path.display().to_string();
        let values = found(|values| values.environment([("X_TOKEN_FILE".to_owned(), name)].into_iter()));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(values, ["tok-9"]);
    }
}
