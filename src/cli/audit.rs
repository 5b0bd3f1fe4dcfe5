//! `balustrade audit`: is the journal what was written, who changed what, and the erasure of a person.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ended, call::Where, print};
use crate::{
    journal::{Checkpoint, Verified, verify},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hold every kept byte against checksums, hash chain and checkpoints; what is wrong is named by file and byte.
    Verify {
        /// A checkpoint that `audit checkpoint` printed; only with one a cut tail is found. May be repeated.
        #[arg(long, value_name = "FILE")]
        against: Vec<PathBuf>,
        /// Read this data folder, of a server that does not run, instead of asking a server.
        #[arg(long, value_name = "DIR", conflicts_with = "address")]
        data: Option<PathBuf>,
        #[command(flatten)]
        server: Where,
    },
    /// Print what the journal is now, signed: keep it elsewhere.
    Checkpoint {
        #[command(flatten)]
        server: Where,
    },
    /// Who changed what decides, when, from what to what.
    Changes {
        #[command(flatten)]
        server: Where,
    },
    /// Erase a contact: its id can be read nowhere any more, and a receipt is kept.
    Erase {
        /// The pseudonymous id, as it was sent.
        #[arg(long, value_name = "ID")]
        contact: String,
        /// Why; the receipt says it.
        #[arg(long, value_name = "REASON")]
        because: String,
        /// Who does it: `anna.rossi@nova.example`.
        #[arg(long, value_name = "WHO")]
        by: String,
        #[command(flatten)]
        server: Where,
    },
}

/// A verification as it is told: offline it is read from files, else from a server's reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Checked {
    files: Value,
    bytes: Value,
    entries: Value,
    missed: Value,
    findings: Vec<Found>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found {
    file: String,
    position: Value,
    sequence: Option<Value>,
    after: Option<String>,
    what: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    changes: Vec<Changed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changed {
    at: String,
    by: String,
    because: String,
    what: String,
    from: String,
    to: String,
    details: Vec<String>,
    principal: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Erased {
    erased: bool,
    subject: String,
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    match &args.what {
        What::Verify {
            against,
            data: Some(data),
            server,
        } => offline(data, against, server),
        What::Verify {
            against,
            data: None,
            server,
        } => {
            let against = checkpoints(against)?;
            let request = json!({"against": against.iter().map(on_the_wire).collect::<Vec<_>>()}).to_string();
            let mut ended = Ended::Fine;
            let told = |checked: &Checked| {
                ended = checked.ended();
                checked.told()
            };
            let called = server.ask(settings, None, "AuditService/Verify", &request, told)?;
            Ok(if called == Ended::Fine { ended } else { called })
        }
        What::Checkpoint { server } => {
            let told = |reply: &Value| file_of(reply).unwrap_or_default();
            server.ask(settings, None, "AuditService/TakeCheckpoint", "{}", told)
        }
        What::Changes { server } => server.ask(settings, None, "AuditService/ListChanges", "{}", listed),
        What::Erase {
            contact,
            because,
            by,
            server,
        } => {
            let request = json!({"contact_id": contact, "by": by, "because": because}).to_string();
            server.ask(settings, None, "AuditService/EraseSubject", &request, erased)
        }
    }
}

/// Of a data folder whose server does not run.
fn offline(data: &std::path::Path, against: &[PathBuf], server: &Where) -> anyhow::Result<Ended> {
    let verified = verify(&data.join("journal"), &checkpoints(against)?)?;
    let reply = reply_of(&verified)?;
    let checked: Checked = serde_json::from_value(reply.clone()).context("what verifying came to")?;
    let text = if server.speaks_json() {
        reply.to_string()
    } else {
        checked.told()
    };
    print(&text)?;
    Ok(checked.ended())
}

/// The same shape as a server's reply.
fn reply_of(verified: &Verified) -> anyhow::Result<Value> {
    let mut reply = serde_json::to_value(verified)?;
    if let Some(findings) = reply.get_mut("findings").and_then(Value::as_array_mut) {
        for (told, finding) in findings.iter_mut().zip(&verified.findings) {
            told["after"] = finding.after.map_or(Value::Null, |at| at.to_string().into());
        }
    }
    Ok(reply)
}

fn checkpoints(files: &[PathBuf]) -> anyhow::Result<Vec<Checkpoint>> {
    let each = files.iter().map(|file| {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
        Checkpoint::from_json(&text)
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("`{}`", file.display()))
    });
    each.collect()
}

fn on_the_wire(checkpoint: &Checkpoint) -> Value {
    json!({
        "offset": checkpoint.offset,
        "sequence": checkpoint.sequence,
        "chain": checkpoint.chain,
        "at_ms": checkpoint.at.as_millis(),
        "signature": checkpoint.signature,
    })
}

/// A server's checkpoint as the file that `--against` reads.
fn file_of(reply: &Value) -> Option<String> {
    let number = |name: &str| {
        let value = reply.get("checkpoint")?.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let text = |name: &str| Some(reply.get("checkpoint")?.get(name)?.as_str()?.to_owned());
    let checkpoint = Checkpoint {
        offset: u64::try_from(number("offset")?).ok()?,
        sequence: u64::try_from(number("sequence")?).ok()?,
        chain: text("chain")?,
        at: crate::domain::Timestamp::from_millis(number("at_ms")?),
        signature: text("signature")?,
    };
    Some(checkpoint.to_json())
}

impl Checked {
    fn ended(&self) -> Ended {
        if self.findings.is_empty() {
            Ended::Fine
        } else {
            Ended::WithFindings
        }
    }

    fn told(&self) -> String {
        let mut lines: Vec<String> = self.findings.iter().map(Found::told).collect();
        let state = match self.findings.len() {
            0 => "whole".to_owned(),
            1 => "1 finding".to_owned(),
            several => format!("{several} findings"),
        };
        lines.push(format!(
            "{state}: {} entries in {} files, {} bytes; {} records were refused while it was full or broken",
            number(&self.entries),
            number(&self.files),
            number(&self.bytes),
            number(&self.missed),
        ));
        lines.join("\n")
    }
}

impl Found {
    fn told(&self) -> String {
        let entry = self.sequence.as_ref();
        let entry = entry.map_or_else(String::new, |sequence| format!(", entry {}", number(sequence)));
        let after = self.after.as_ref();
        let after = after.map_or_else(String::new, |after| format!(", after {after}"));
        format!(
            "`{}` byte {}{entry}{after}: {}",
            self.file,
            number(&self.position),
            self.what
        )
    }
}

/// A number of 64 bits travels in JSON as text.
fn number(value: &Value) -> String {
    match value {
        Value::Null => "0".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn listed(listed: &Listed) -> String {
    if listed.changes.is_empty() {
        return "nothing was changed".to_owned();
    }
    listed
        .changes
        .iter()
        .map(Changed::told)
        .collect::<Vec<_>>()
        .join("\n")
}

impl Changed {
    fn told(&self) -> String {
        let short = |version: &str| version.chars().take(12).collect::<String>();
        let moved = match (self.from.as_str(), self.to.as_str()) {
            ("", "") => String::new(),
            ("", to) => format!(" {}", short(to)),
            (from, "") => format!(" {}", short(from)),
            (from, to) => format!(" {} -> {}", short(from), short(to)),
        };
        let because = if self.because.is_empty() {
            String::new()
        } else {
            format!(": {}", self.because)
        };
        let details = match self.details.as_slice() {
            [] => String::new(),
            [only] => format!(" ({only})"),
            several => format!(" ({} values)", several.len()),
        };
        let known = if self.principal.is_empty() || self.principal == self.by {
            String::new()
        } else {
            format!(" (known as {})", self.principal)
        };
        format!(
            "{} {}{moved}{details} by {}{known}{because}",
            self.at, self.what, self.by
        )
    }
}

fn erased(reply: &Erased) -> String {
    if reply.erased {
        format!(
            "erased; `{}` stands in its place, and the receipt is on record",
            reply.subject
        )
    } else {
        "nothing is kept of this contact".to_owned()
    }
}
