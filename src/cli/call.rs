//! What the commands that speak to a server share: where it is, and what its refusals mean to a person.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::de::DeserializeOwned;

use super::{Ended, print};
use crate::{
    domain::Language,
    grpc::client::{CallError, Client, ClientTls, Credentials},
    settings::{Secret, Settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct Where {
    /// The server; without it the address that the settings name.
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    shown: Shown,
}

/// Who calls. What is not said here is taken from `[client]` of the settings: a key stands best in the environment,
/// `BALUSTRADE__CLIENT__KEY`, because everybody on a machine can read the arguments of its processes.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Who calls")]
pub(super) struct Shown {
    /// A file that holds an API key or a token.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The authority of the server's certificate, in PEM; makes the call speak TLS.
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// The name that the server's certificate has to bear; without it the address.
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// A client certificate to show, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate_key")]
    certificate: Option<PathBuf>,
    /// Its private key.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    certificate_key: Option<PathBuf>,
}

// === impl Shown ===

impl Shown {
    /// What is shown to the server.
    pub(super) fn credentials(&self, settings: &Settings) -> anyhow::Result<Credentials> {
        let client = &settings.client;
        let key = match (self.key_file.as_ref(), &client.key, client.key_file.as_ref()) {
            (Some(file), _, _) | (None, None, Some(file)) => Some(text(file)?.trim().to_owned()),
            (None, Some(Secret(key)), _) => Some(key.clone()),
            (None, None, None) => None,
        };
        Ok(Credentials {
            key,
            tls: self.tls(settings)?,
        })
    }

    fn tls(&self, settings: &Settings) -> anyhow::Result<Option<ClientTls>> {
        let client = &settings.client;
        let Some(authority) = self.authority.as_ref().or(client.authority.as_ref()) else {
            return Ok(None);
        };
        let pair = self.certificate.as_ref().zip(self.certificate_key.as_ref());
        let stated = client.certificate.as_ref().zip(client.certificate_key.as_ref());
        let read = |(certificate, key): (&PathBuf, &PathBuf)| {
            anyhow::Ok((text(certificate)?.into_bytes(), text(key)?.into_bytes()))
        };
        Ok(Some(ClientTls {
            authorities: text(authority)?.into_bytes(),
            certificate: pair.or(stated).map(read).transpose()?,
            server_name: self.server_name.clone().or_else(|| client.server_name.clone()),
        }))
    }
}

/// Connects, over TLS where the credentials speak it.
pub(super) async fn connect(address: SocketAddr, credentials: &Credentials) -> Result<Client, CallError> {
    let scheme = if credentials.tls.is_some() {
        "https"
    } else {
        "http"
    };
    Client::connect_as(&format!("{scheme}://{address}"), credentials).await
}

fn text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Where {
    /// Whether it speaks to programs.
    pub(super) fn speaks_json(&self) -> bool {
        match self.format {
            Format::Json => true,
            Format::Text => false,
        }
    }

    /// Makes one call and prints its reply: as it is, or as `told` words it.
    pub(super) fn ask<R: DeserializeOwned>(
        &self,
        settings: &Settings,
        language: Option<Language>,
        method: &str,
        request: &str,
        told: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<Ended> {
        self.ask_whether(settings, language, method, request, |reply| {
            (told(reply), Ended::Fine)
        })
    }

    /// The same, where the reply says how it ended.
    pub(super) fn ask_whether<R: DeserializeOwned>(
        &self,
        settings: &Settings,
        language: Option<Language>,
        method: &str,
        request: &str,
        told: impl FnOnce(&R) -> (String, Ended),
    ) -> anyhow::Result<Ended> {
        let address = self.address.unwrap_or(settings.grpc.address);
        let credentials = self.shown.credentials(settings)?;
        let reply = match answered(address, &credentials, language, method, request) {
            Ok(reply) => reply,
            Err(refusal) => return refused(&refusal, address),
        };
        let (text, ended) = told(&serde_json::from_str(&reply).context("the server's reply")?);
        match self.format {
            Format::Json => print(&reply)?,
            Format::Text => print(&text)?,
        }
        Ok(ended)
    }
}

fn answered(
    address: SocketAddr,
    credentials: &Credentials,
    language: Option<Language>,
    method: &str,
    request: &str,
) -> Result<String, CallError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CallError::unreachable)?;
    runtime.block_on(async {
        let client = connect(address, credentials).await?;
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
        ("UNAUTHENTICATED", _) => bail!(
            "the server at {address} does not let you in: {message}\n  set `BALUSTRADE__CLIENT__KEY`, or name a file \
             with `--key-file`; `balustrade keys create` makes a key"
        ),
        (
            "INVALID_ARGUMENT" | "NOT_FOUND" | "PERMISSION_DENIED" | "RESOURCE_EXHAUSTED" | "UNIMPLEMENTED",
            _,
        ) if retry_after.is_none() => {
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
