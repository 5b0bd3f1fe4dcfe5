use super::{
    Came, Told,
    words::{apart, ids, listed, price, reason, value},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source};

/// The sentence in Spanish.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", porque ";
        text += fallback(reason);
    }
    let mut join = " debido a ";
    for card in &told.because {
        text += join;
        text += &reason(card);
        join = " y a ";
    }
    match told.also.as_slice() {
        [] => {}
        [only] => text += &format!("; {} también lo habría hecho", only.id),
        also => text += &format!("; {} también lo habrían hecho", listed(&ids(also), and)),
    }
    text.push('.');
    text
}

/// `e` before the sound of i.
fn and(next: &str) -> &'static str {
    let next = next.to_lowercase();
    let sounds_i = next.starts_with('i') || (next.starts_with("hi") && !next.starts_with("hie"));
    if sounds_i { "e" } else { "y" }
}

fn opening(told: &Told<'_>) -> String {
    let currency = told.currency;
    match told.came {
        Came::Lowered { from, to } => moved("rebajada", from, to, told),
        Came::Raised { from, to } => moved("aumentada", from, to, told),
        Came::BidInsteadOfNone { to } => format!("Puja de {} en lugar de ninguna", amount(to, told)),
        Came::Bid { price, source } => {
            let whose = match (source, told.fallback) {
                (Source::Model, _) => ", como quería el modelo",
                (Source::Human, _) => ", como la fijaron las personas",
                (Source::Blend, _) => ", entre el precio de las personas y el del modelo",
                (Source::Fallback, None) => ", sin el modelo",
                (Source::Fallback, Some(_)) => ", el precio de las personas",
            };
            format!("Puja de {}{whose}", amount(price, told))
        }
        Came::NoBid { wished, reason } => no_bid(wished, reason, told),
        Came::Other { from, to } => {
            let to = value(to, currency, Language::Spanish);
            match from {
                Some(from) => format!(
                    "Respuesta: {to} en lugar de {}",
                    value(from, currency, Language::Spanish)
                ),
                None => format!("Respuesta: {to}"),
            }
        }
        Came::Blocked => "Bloqueada".to_owned(),
        Came::Held if told.roles.is_empty() => "A la espera de que alguien la apruebe".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("A la espera de la aprobación de {}", listed(&roles, and))
        }
    }
}

fn amount(price_micros: Micros, told: &Told<'_>) -> String {
    format!("{} {}", price(price_micros, Language::Spanish), told.currency)
}

fn moved(how: &str, from: Micros, to: Micros, told: &Told<'_>) -> String {
    let (from, to) = apart(from, to, Language::Spanish);
    format!("Puja {how} de {from} a {to} {}", told.currency)
}

fn no_bid(wished: Option<Micros>, reason: NoBid, told: &Told<'_>) -> String {
    let instead = match wished {
        Some(wished) => format!("Sin puja en lugar de {}", amount(wished, told)),
        None => "Sin puja".to_owned(),
    };
    let why = match reason {
        NoBid::BelowFloor => {
            return format!(
                "{instead}: el precio quedaría por debajo del mínimo de {}",
                amount(told.floor, told)
            );
        }
        NoBid::Budget => "el presupuesto de la campaña está gastado o reservado",
        NoBid::Currency => "la impresión se vende en otra moneda",
        NoBid::BlockedCategory => "el editor no admite esta categoría de anuncios",
        NoBid::BlockedAdvertiser => "el editor no admite a este anunciante",
        NoBid::BlockedAttribute => "el editor no admite este tipo de creatividad",
        NoBid::NoDeal => "la subasta es privada y ninguno de sus acuerdos encaja",
        NoBid::OutsidePeriod => "la campaña no está activa en este momento",
        NoBid::NoValue => "la impresión no vale nada para la campaña",
        NoBid::SafeDefault => "es la respuesta segura declarada",
    };
    format!("{instead}: {why}")
}

const fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::Deadline => "quedaba muy poco tiempo para consultar al modelo",
        FallbackReason::ModelFailed => "el modelo falló",
        FallbackReason::NoOpinion => "el modelo no tenía una opinión utilizable",
        FallbackReason::Conflict => "reglas del mismo nivel piden valores distintos",
        FallbackReason::Contradiction => "las reglas no dejan ningún valor",
        FallbackReason::CheckFailed => "la respuesta del modelo no superó la comprobación independiente",
    }
}
