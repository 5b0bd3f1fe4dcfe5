//! Which settings there are, what they are, and who says so.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::Serialize;
use serde_json::Value;
use strsim::damerau_levenshtein;
use toml::de::{DeTable, DeValue};

use super::{Certificate, ClientCertificates, Settings, SettingsError, Tls, TokenAlgorithm, Tokens};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From nowhere: it is the documented default.
    Default,
    /// From a line of a file.
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// From a variable of the environment.
    Environment(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Environment(variable) => write!(f, "environment, {variable}"),
        }
    }
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effective {
    /// Its key: `grpc.address`.
    pub key: String,
    /// Its value; secrets are hidden.
    pub value: Value,
    /// Who says so.
    pub origin: Origin,
}

/// Who sets what, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

// === impl Origins ===

impl Origins {
    /// The keys that the text of a file sets. A text that is no TOML sets none: who reads its values says why.
    pub(super) fn of_file(name: &str, text: &str) -> Self {
        let mut found = Self::default();
        if let Ok(table) = DeTable::parse(text) {
            let line = |span: Range<usize>| {
                1 + text
                    .as_bytes()
                    .iter()
                    .take(span.start)
                    .filter(|byte| **byte == b'\n')
                    .count()
            };
            found.read(name, "", table.get_ref(), &line);
        }
        found
    }

    fn read(&mut self, file: &str, above: &str, table: &DeTable<'_>, line: &dyn Fn(Range<usize>) -> usize) {
        for (key, value) in table {
            let name = format!("{above}{}", key.get_ref());
            if let DeValue::Table(table) = value.get_ref() {
                self.read(file, &format!("{name}."), table, line);
                continue;
            }
            let origin = Origin::File {
                file: file.to_owned(),
                line: line(key.span()),
            };
            if let DeValue::Array(entries) = value.get_ref() {
                for table in entries.iter().filter_map(|entry| entry.get_ref().as_table()) {
                    self.read(file, &format!("{name}[]."), table, line);
                }
            }
            self.0.entry(name).or_insert(origin);
        }
    }

    /// What the environment sets replaces what a file does.
    pub(super) fn and_environment(mut self, variables: impl Iterator<Item = String>) -> Self {
        for variable in variables {
            if let Some(rest) = variable.strip_prefix("BALUSTRADE__") {
                let key = rest.to_lowercase().replace("__", ".");
                self.0.insert(key, Origin::Environment(variable));
            }
        }
        self
    }

    /// Refuses a key that is no setting, with the one that was meant.
    pub(super) fn known(&self) -> Result<(), SettingsError> {
        let known: Vec<String> = leaves(&whole()).into_iter().map(|(key, _)| key).collect();
        let is_known = |key: &str| {
            let inside = format!("{key}[]");
            known
                .iter()
                .any(|known| known == key || known.starts_with(&inside))
        };
        match self.0.iter().find(|(key, _)| !is_known(key)) {
            None => Ok(()),
            Some((key, origin)) => Err(SettingsError::Unknown {
                key: key.clone(),
                origin: origin.clone(),
                near: nearest(key, &known),
            }),
        }
    }

    /// Every setting in force, by key.
    #[must_use]
    pub fn effective(&self, settings: &Settings) -> Vec<Effective> {
        let each = leaves(settings).into_iter().map(|(key, value)| {
            let listed = key.split("[]").next().unwrap_or(&key);
            let origin = self.0.get(&key).or_else(|| self.0.get(listed));
            Effective {
                origin: origin.cloned().unwrap_or(Origin::Default),
                key,
                value,
            }
        });
        each.collect()
    }
}

/// The key that was most likely meant, if one is near.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    let near = known.iter().map(|known| (damerau_levenshtein(key, known), known));
    let (distance, nearest) = near.min()?;
    (distance <= 3).then(|| nearest.clone())
}

/// The single values of settings by their keys, in the order of the keys. A list of tables is one value for each key of its
/// tables (`identity.certificates[].name`).
fn leaves(settings: &Settings) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    // Settings are plain data: they always are JSON.
    gather(
        &mut found,
        String::new(),
        serde_json::to_value(settings).unwrap_or_default(),
    );
    found
}

fn gather(found: &mut Vec<(String, Value)>, key: String, value: Value) {
    match value {
        Value::Object(fields) => {
            let above = if key.is_empty() { key } else { format!("{key}.") };
            for (name, value) in fields {
                gather(found, format!("{above}{name}"), value);
            }
        }
        Value::Array(entries) if entries.iter().any(Value::is_object) => {
            for entry in entries {
                gather(found, format!("{key}[]"), entry);
            }
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            found.push((key, value));
        }
    }
}

/// Settings in which every section stands, for their keys.
fn whole() -> Settings {
    let mut settings = Settings::default();
    settings.grpc.tls = Some(Tls {
        certificate: "certificate.pem".into(),
        key: "key.pem".into(),
        client_authorities: None,
        client_certificates: ClientCertificates::Optional,
    });
    settings.identity.tokens = Some(Tokens {
        issuer: String::new(),
        audience: String::new(),
        algorithm: TokenAlgorithm::Es256,
        keys: "issuer.json".into(),
        roles_claim: String::new(),
        brands_claim: String::new(),
    });
    settings.identity.certificates = vec![Certificate {
        name: String::new(),
        roles: Vec::new(),
        brands: Vec::new(),
    }];
    settings
}
