//! The labels of a story, in every language.

use crate::domain::Language;

/// The same words in English, Italian and Spanish.
pub(in crate::cli) type Label = [&'static str; 3];

/// The words of that language.
pub(in crate::cli) const fn said(language: Language, label: Label) -> &'static str {
    let [english, italian, spanish] = label;
    match language {
        Language::English => english,
        Language::Italian => italian,
        Language::Spanish => spanish,
    }
}

pub(in crate::cli) const WISH: Label = ["wish", "vorrebbe", "querría"];
pub(in crate::cli) const EXPECTS: Label = ["expects", "prevede", "espera"];
pub(in crate::cli) const CHANCE: Label = [
    "chance of the outcome",
    "di probabilità dell'esito",
    "de probabilidad del resultado",
];
pub(in crate::cli) const UNDER: Label = ["under", "secondo", "según"];
pub(in crate::cli) const ALSO: Label = ["also", "anche", "también"];
pub(in crate::cli) const IN_SHADOW: Label = ["in shadow", "in ombra", "en sombra"];
pub(in crate::cli) const UNKNOWN: Label = ["unknown", "ignoto", "sin saber"];
pub(in crate::cli) const FALLBACK: Label = ["fallback", "ripiego", "reserva"];
pub(in crate::cli) const MODEL: Label = ["model", "modello", "modelo"];
pub(in crate::cli) const DRAWN: Label = ["drawn", "estratto", "sorteado"];
pub(in crate::cli) const KNOWN: Label = ["known", "noto", "sabido"];
pub(in crate::cli) const IN_FORCE: Label = ["in force", "in vigore", "en vigor"];
pub(in crate::cli) const FLOOR: Label = ["floor", "minimo", "mínimo"];
pub(in crate::cli) const BUDGET: Label = ["budget", "budget", "presup."];
pub(in crate::cli) const SINCE: Label = ["since then", "da allora", "después"];
pub(in crate::cli) const FOR: Label = ["for", "per", "para"];
pub(in crate::cli) const CALLER: Label = ["caller", "chiamante", "solicitante"];
pub(in crate::cli) const REQUEST: Label = ["request", "richiesta", "solicitud"];
pub(in crate::cli) const SEED: Label = ["seed", "seme", "semilla"];
pub(in crate::cli) const SOLD: Label = ["sold", "in vendita", "en venta"];
pub(in crate::cli) const ASKED: Label = ["asked", "chiesto", "pedido"];
pub(in crate::cli) const OR_ELSE: Label = ["or else", "oppure", "o bien"];
pub(in crate::cli) const SPEAKS_FOR: Label = ["speaks for", "a favore", "a favor"];
pub(in crate::cli) const ONE_MORE: Label = ["one more", "uno in più", "uno más"];
pub(in crate::cli) const BOUNDS: Label = ["bounds", "limiti", "límites"];
pub(in crate::cli) const RAISED: Label = ["raised by", "alzato da", "subido por"];
pub(in crate::cli) const LOWERED: Label = ["lowered by", "abbassato", "bajado por"];
pub(in crate::cli) const BAND: Label = ["band", "fascia", "franja"];
pub(in crate::cli) const HELD_FOR: Label = ["to approve", "da approvare", "por aprobar"];

/// Why a fallback answered; nothing where none did.
pub(in crate::cli) fn fallback(language: Language, reason: &str) -> Option<&'static str> {
    let label = match reason {
        "FALLBACK_REASON_DEADLINE" => [
            "too little time was left",
            "restava troppo poco tempo",
            "quedaba muy poco tiempo",
        ],
        "FALLBACK_REASON_MODEL_FAILED" => [
            "the model failed",
            "il modello non ha funzionato",
            "el modelo falló",
        ],
        "FALLBACK_REASON_NO_OPINION" => [
            "the model had no usable opinion",
            "il modello non aveva un parere utilizzabile",
            "el modelo no tenía una opinión utilizable",
        ],
        "FALLBACK_REASON_CONFLICT" => [
            "rules of one tier demand different values",
            "regole dello stesso livello chiedono valori diversi",
            "reglas del mismo nivel piden valores distintos",
        ],
        "FALLBACK_REASON_CONTRADICTION" => [
            "the rules leave no value",
            "le regole non lasciano alcun valore",
            "las reglas no dejan ningún valor",
        ],
        "FALLBACK_REASON_CHECK_FAILED" => [
            "the model's answer did not pass the independent check",
            "la risposta del modello non ha superato il controllo indipendente",
            "la respuesta del modelo no superó la comprobación independiente",
        ],
        _ => return None,
    };
    Some(said(language, label))
}

/// How a score stands beside what people expect of anybody.
pub(in crate::cli) fn band(language: Language, band: &str) -> &'static str {
    let label = match band {
        "SCORE_BAND_LOW" => [
            "low: at most half of what people expect of anybody",
            "bassa: al più la metà di quanto ci si aspetta da chiunque",
            "baja: a lo sumo la mitad de lo que se espera de cualquiera",
        ],
        "SCORE_BAND_HIGH" => [
            "high: twice what people expect of anybody, or more",
            "alta: il doppio di quanto ci si aspetta da chiunque, o più",
            "alta: el doble de lo que se espera de cualquiera, o más",
        ],
        _ => [
            "medium: about what people expect of anybody",
            "media: circa quanto ci si aspetta da chiunque",
            "media: más o menos lo que se espera de cualquiera",
        ],
    };
    said(language, label)
}

/// What stands where nothing leaves, by the verdict of the contract.
pub(in crate::cli) fn kept_back(language: Language, verdict: &str) -> &'static str {
    let label = match verdict {
        "VERDICT_HELD" => ["held", "in attesa", "a la espera"],
        _ => ["blocked", "bloccato", "bloqueado"],
    };
    said(language, label)
}

/// Above the rules that made a verdict.
pub(in crate::cli) fn verdict_by(language: Language, verdict: &str) -> &'static str {
    let label = match verdict {
        "VERDICT_ALLOWED" => ["allowed by", "permesso da", "permitido por"],
        "VERDICT_CHANGED" => ["changed by", "cambiato da", "cambiado por"],
        "VERDICT_HELD" => ["held by", "fermato da", "retenido por"],
        _ => ["blocked by", "bloccato da", "bloqueado por"],
    };
    said(language, label)
}
