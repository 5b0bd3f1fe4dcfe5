//! `balustrade keys`: who holds a key of a server. It works on the file of keys; a running server reads it within a
//! second.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Ended, print};
use crate::{
    app::SystemClock,
    domain::{BrandId, Clock as _, Duration, Role, Timestamp},
    grpc::{KeyEntry, KeyFile, NewKey},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    /// The file of keys; without it the one that `identity.keys` names, else `keys.json` of the data folder.
    #[arg(long, global = true, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key, and print it once.
    Create(New),
    /// List the keys, without their secrets.
    List {
        /// For people or for programs.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Revoke a key: within a second nobody gets in by it.
    Revoke {
        /// Its id, as `keys list` tells it.
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// Under which name the log and the journal speak of its holder: `bidder-1`, `anna.rossi@nova.example`.
    #[arg(long)]
    name: String,
    /// What its holder may do: `caller`, `outcome-writer`, `rule-editor`, `approver`, `auditor`, `admin`. May be repeated.
    #[arg(long, required = true)]
    role: Vec<Role>,
    /// A brand that it may speak of; without one, every brand. May be repeated.
    #[arg(long, value_parser = brand)]
    brand: Vec<BrandId>,
    /// After how many days it expires; without it never.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    expires_after_days: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

fn brand(text: &str) -> Result<BrandId, String> {
    BrandId::new(text).map_err(|error| error.to_string())
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let named = args.file.as_ref().or(settings.identity.keys.as_ref());
    let file = named.map_or_else(|| settings.journal.folder.join("keys.json"), Clone::clone);
    let now = SystemClock.now();
    match &args.what {
        What::Create(new) => {
            let key = made(new, now)?;
            KeyFile::add(&file, key.entry)?;
            // The key alone goes to the standard output, so that it can be piped to where it is kept.
            println!("{}", key.text);
            eprintln!(
                "this is shown once; a caller sends it as `authorization: Bearer {}…`",
                key.text.chars().take(12).collect::<String>()
            );
            if settings.identity.keys.is_none() {
                eprintln!(
                    "the server asks for keys once its settings say `identity.keys = \"{}\"`",
                    file.display()
                );
            }
        }
        What::List { format } => print(&listed(&KeyFile::read(&file)?, *format, now)?)?,
        What::Revoke { id } => {
            KeyFile::revoke(&file, id, now)?;
            println!("revoked: {id}");
        }
    }
    Ok(Ended::Fine)
}

fn made(new: &New, now: Timestamp) -> anyhow::Result<NewKey> {
    let New {
        name,
        role,
        brand,
        expires_after_days,
    } = new;
    let mut roles = role.clone();
    roles.sort_unstable();
    roles.dedup();
    let expires = expires_after_days.map(|days| now.plus(Duration::from_days(i64::from(days))));
    Ok(NewKey::make(name.clone(), roles, brand.clone(), now, expires)?)
}

fn listed(file: &KeyFile, format: Format, now: Timestamp) -> anyhow::Result<String> {
    let state = |key: &KeyEntry| match (key.revoked, key.expires) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "in force".to_owned(),
    };
    if format == Format::Json {
        let each = file.keys.iter().map(|key| {
            json!({
                "id": key.id, "name": key.name, "roles": key.roles, "brands": key.brands,
                "created": key.created.to_string(), "state": state(key),
            })
        });
        return Ok(serde_json::to_string_pretty(&each.collect::<Vec<_>>())?);
    }
    let each = file.keys.iter().map(|key| {
        let roles: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
        let brands: Vec<&str> = key.brands.iter().map(BrandId::as_str).collect();
        let brands = if brands.is_empty() {
            "every brand".to_owned()
        } else {
            brands.join(", ")
        };
        let (id, name, state) = (&key.id, &key.name, state(key));
        format!("{id}  {name}: {}; {brands}; {state}", roles.join(", "))
    });
    Ok(each.collect::<Vec<_>>().join("\n"))
}
