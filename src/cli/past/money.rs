//! What tried rules would have done to money and outcomes of bids, each figure with how it is known.

use super::table::thousands;
use crate::{
    cli::story::label::said,
    domain::{Language, Micros},
    rehearsal::{SimulateReport, Worth},
};

/// What can be said of one currency.
pub(super) fn money(worth: &Worth, report: &SimulateReport, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if worth.lost_bids > 0 {
        lines.push(lost(worth, language));
    }
    if worth.moved_bids > 0 {
        lines.push(moved(worth, language));
    }
    if worth.gained_bids > 0 {
        lines.push(gained(worth, report.snapshot, language));
    }
    lines
}

fn units(worth: &Worth, micros: i64) -> String {
    format!("{} {}", Micros::new(micros), worth.currency)
}

/// Told by the log: what had been paid, and what had followed.
fn lost(worth: &Worth, language: Language) -> String {
    let number = |count| thousands(count, language);
    let units = |micros: i64| units(worth, micros);
    let (bids, spend) = (number(worth.lost_bids), units(worth.lost_spend_micros));
    let (low, high) = (
        units(worth.lost_spend_low_micros),
        units(worth.lost_spend_high_micros),
    );
    let (hits, few, many) = (
        worth.lost_outcomes,
        worth.lost_outcomes_low,
        worth.lost_outcomes_high,
    );
    let value = units(worth.lost_value_micros);
    match language {
        Language::English => format!(
            "By the log: {bids} bids would not have left. They had cost {spend} (95 %: {low} to {high}) and brought {hits:.0} outcomes (95 %: {few:.0} to {many:.0}) worth {value}."
        ),
        Language::Italian => format!(
            "Dal registro: {bids} offerte non sarebbero uscite. Erano costate {spend} (95 %: da {low} a {high}) e avevano portato {hits:.0} esiti (95 %: da {few:.0} a {many:.0}) del valore di {value}."
        ),
        Language::Spanish => format!(
            "Por el registro: {bids} pujas no habrían salido. Habían costado {spend} (95 %: de {low} a {high}) y traído {hits:.0} resultados (95 %: de {few:.0} a {many:.0}) por valor de {value}."
        ),
    }
}

/// Told by the log where prices were explored; else why it cannot tell.
fn moved(worth: &Worth, language: Language) -> String {
    let number = |count| thousands(count, language);
    let bids = number(worth.moved_bids);
    let told = if worth.moved_by_log.is_empty() {
        let cannot = [
            "the log cannot tell",
            "il registro non può dire",
            "el registro no puede decir",
        ];
        format!("{}: {}", said(language, cannot), worth.moved_cannot_tell)
    } else {
        let by = [
            "outcomes of a thousand, by the log",
            "esiti su mille, dal registro",
            "resultados de mil, por el registro",
        ];
        format!("{} {}", said(language, by), worth.moved_by_log)
    };
    let at = [
        "bids have another price",
        "offerte hanno un altro prezzo",
        "pujas tienen otro precio",
    ];
    format!("{bids} {}; {told}.", said(language, at))
}

/// Told by the model alone.
fn gained(worth: &Worth, snapshot: u64, language: Language) -> String {
    let number = |count| thousands(count, language);
    let units = |micros: i64| units(worth, micros);
    let bids = number(worth.gained_bids);
    let (told, value) = (
        number(worth.gained_told_by_model),
        units(worth.gained_value_by_model_micros),
    );
    match language {
        Language::English => format!(
            "By the model, not the log: {bids} bids would have left; of {told} snapshot {snapshot} expects {value} in all."
        ),
        Language::Italian => format!(
            "Dal modello, non dal registro: {bids} offerte sarebbero uscite; per {told} la versione {snapshot} si aspetta {value} in tutto."
        ),
        Language::Spanish => format!(
            "Por el modelo, no por el registro: {bids} pujas habrían salido; de {told} la versión {snapshot} espera {value} en total."
        ),
    }
}
