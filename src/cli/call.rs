//! What the commands that speak to a server share: where it is, and what its refusals mean to a person.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::de::DeserializeOwned;

use super::Ended;
use crate::{
    domain::Language,
    grpc::client::{CallError, Client},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Where {
    /// The server; without it the address that the settings name.
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Where {
    /// Makes one call and prints its reply: as it is, or as `told` words it.
    pub(super) fn ask<R: DeserializeOwned>(
        &self,
        settings: &Settings,
        language: Option<Language>,
        method: &str,
        request: &str,
        told: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<Ended> {
        let address = self.address.unwrap_or(settings.grpc.address);
        let reply = match answered(address, language, method, request) {
            Ok(reply) => reply,
            Err(refusal) => return refused(&refusal, address),
        };
        match self.format {
            Format::Json => println!("{reply}"),
            Format::Text => {
                let reply = serde_json::from_str(&reply).context("the server's reply")?;
                println!("{}", told(&reply));
            }
        }
        Ok(Ended::Fine)
    }
}

fn answered(
    address: SocketAddr,
    language: Option<Language>,
    method: &str,
    request: &str,
) -> Result<String, CallError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CallError::unreachable)?;
    runtime.block_on(async {
        let client = Client::connect(&format!("http://{address}")).await?;
        let client = language.map_or(client.clone(), |language| client.speaking(language));
        client.json(method, request).await
    })
}

/// What the caller can mend ends with exit code 1; what the caller cannot, with 2.
fn refused(refusal: &CallError, address: SocketAddr) -> anyhow::Result<Ended> {
    let CallError {
        code,
        message,
        reason,
        violations,
        retry_after,
    } = refusal;
    match (code.as_str(), reason) {
        ("UNAVAILABLE", None) => bail!(
            "no server answers on {address} ({message})\n  start one with `balustrade serve --demo`, or name \
             another with `--address IP:PORT`"
        ),
        ("INVALID_ARGUMENT" | "NOT_FOUND" | "RESOURCE_EXHAUSTED" | "UNIMPLEMENTED", _)
            if retry_after.is_none() =>
        {
            if violations.is_empty() {
                eprintln!("refused: {message}");
            } else {
                eprintln!("refused, nothing was recorded:");
            }
            for (field, what) in violations {
                eprintln!("  {field}: {what}");
            }
            Ok(Ended::WithFindings)
        }
        _ => bail!("{code}: {message}"),
    }
}
