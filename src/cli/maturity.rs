//! `balustrade maturity`: how ready each model of a running server is, and why it may or may not lead.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ended, call::Where};
use crate::{domain::Language, settings::Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Of this campaign alone.
    #[arg(long, value_name = "ID")]
    campaign: Option<String>,
    /// Of this kind alone: `bid`, `send_time`, `recommendation`, `budget`, `score`.
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    models: Vec<Model>,
    quality: Quality,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Model {
    campaign_id: String,
    kind: String,
    arm_id: Option<String>,
    stage: String,
    missing: String,
    threshold_from: String,
    look_at: Vec<String>,
}

/// 64-bit counts are texts in JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quality {
    taken: Value,
    late: Value,
    corrected: Value,
    imported: Value,
    set_aside: Vec<SetAside>,
    duplicates: Value,
    conflicts: Value,
    unknown_candidates: Value,
    bad_tokens: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SetAside {
    reason: String,
    count: Value,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Option<Language>) -> anyhow::Result<Ended> {
    let mut request = json!({});
    if let Some(fields) = request.as_object_mut() {
        let named = [("campaign_id", &args.campaign), ("kind", &args.kind)];
        let given = named
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)));
        fields.extend(given.map(|(name, value)| (name.to_owned(), json!(value))));
    }
    let told = |reply: &Reply| told(reply, language.unwrap_or_default());
    args.server.ask(
        settings,
        language,
        "ModelsService/GetMaturity",
        &request.to_string(),
        told,
    )
}

fn told(reply: &Reply, language: Language) -> String {
    let mut text = String::new();
    for model in &reply.models {
        let arm = model
            .arm_id
            .as_ref()
            .map_or_else(String::new, |arm| format!(" {arm}"));
        let Model {
            campaign_id,
            kind,
            stage,
            missing,
            threshold_from,
            look_at,
            ..
        } = model;
        let from = match language {
            Language::English => "threshold from",
            Language::Italian => "soglia da",
            Language::Spanish => "umbral de",
        };
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "{campaign_id}, {kind}{arm}: {stage}; {missing}\n  {from}: {threshold_from}"
        );
        for matter in look_at {
            let _ = writeln!(text, "  ! {matter}");
        }
    }
    text.push_str(&quality(&reply.quality, language));
    text
}

fn quality(of: &Quality, language: Language) -> String {
    let [
        taken,
        late,
        corrected,
        imported,
        duplicates,
        conflicts,
        unknown,
        tokens,
    ] = [
        &of.taken,
        &of.late,
        &of.corrected,
        &of.imported,
        &of.duplicates,
        &of.conflicts,
        &of.unknown_candidates,
        &of.bad_tokens,
    ]
    .map(count);
    let aside: Vec<String> = of
        .set_aside
        .iter()
        .map(|aside| format!("{} {}", count(&aside.count), aside.reason))
        .collect();
    let none = |word: &str| {
        if aside.is_empty() {
            word.to_owned()
        } else {
            aside.join(", ")
        }
    };
    match language {
        Language::English => format!(
            "data: {taken} outcomes taken ({late} late, {corrected} corrections), {imported} rows of history; set \
             aside: {}\n  since the start: {duplicates} duplicates, {conflicts} conflicts, {unknown} of unknown \
             candidates, {tokens} without a genuine token",
            none("none")
        ),
        Language::Italian => format!(
            "dati: {taken} esiti accolti ({late} tardivi, {corrected} correzioni), {imported} righe di storico; \
             accantonati: {}\n  dall'avvio: {duplicates} doppi, {conflicts} in conflitto, {unknown} di candidati \
             ignoti, {tokens} senza un token autentico",
            none("nessuno")
        ),
        Language::Spanish => format!(
            "datos: {taken} resultados aceptados ({late} tardíos, {corrected} correcciones), {imported} filas de \
             histórico; apartados: {}\n  desde el inicio: {duplicates} duplicados, {conflicts} en conflicto, {unknown} \
             de candidatos desconocidos, {tokens} sin un token auténtico",
            none("ninguno")
        ),
    }
}

/// A count as JSON writes it: a text, a number, or left out where it is 0.
fn count(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "0".to_owned(),
    }
}
