use super::{
    Came, Told,
    words::{apart, ids, listed, price, reason, value},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source};

/// The sentence in Italian.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", perché ";
        text += fallback(reason);
    }
    let mut join = " a causa di ";
    for card in &told.because {
        text += join;
        text += &reason(card);
        join = " e di ";
    }
    match told.also.as_slice() {
        [] => {}
        [only] => text += &format!("; lo avrebbe fatto anche {}", only.id),
        also => text += &format!("; lo avrebbero fatto anche {}", listed(&ids(also), and)),
    }
    text.push('.');
    text
}

/// `ed` before another e.
fn and(next: &str) -> &'static str {
    if next.starts_with(['e', 'E']) { "ed" } else { "e" }
}

fn opening(told: &Told<'_>) -> String {
    let currency = told.currency;
    match told.came {
        Came::Lowered { from, to } => moved("abbassata", from, to, told),
        Came::Raised { from, to } => moved("alzata", from, to, told),
        Came::BidInsteadOfNone { to } => format!("Offerta di {} anziché nessuna", amount(to, told)),
        Came::Bid { price, source } => {
            let whose = match (source, told.fallback) {
                (Source::Model, _) => ", come voleva il modello",
                (Source::Human, _) => ", come stabilito dalle persone",
                (Source::Blend, _) => ", tra il prezzo delle persone e quello del modello",
                (Source::Fallback, None) => ", senza il modello",
                (Source::Fallback, Some(_)) => ", il prezzo delle persone",
            };
            format!("Offerta di {}{whose}", amount(price, told))
        }
        Came::NoBid { wished, reason } => no_bid(wished, reason, told),
        Came::Other { from, to } => {
            let to = value(to, currency, Language::Italian);
            match from {
                Some(from) => format!(
                    "Risposta: {to} anziché {}",
                    value(from, currency, Language::Italian)
                ),
                None => format!("Risposta: {to}"),
            }
        }
        Came::Blocked => "Bloccata".to_owned(),
        Came::Held if told.roles.is_empty() => "In attesa che qualcuno approvi".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("In attesa dell'approvazione di {}", listed(&roles, and))
        }
    }
}

fn amount(price_micros: Micros, told: &Told<'_>) -> String {
    format!("{} {}", price(price_micros, Language::Italian), told.currency)
}

fn moved(how: &str, from: Micros, to: Micros, told: &Told<'_>) -> String {
    let (from, to) = apart(from, to, Language::Italian);
    format!("Offerta {how} da {from} a {to} {}", told.currency)
}

fn no_bid(wished: Option<Micros>, reason: NoBid, told: &Told<'_>) -> String {
    let instead = match wished {
        Some(wished) => format!("Nessuna offerta anziché {}", amount(wished, told)),
        None => "Nessuna offerta".to_owned(),
    };
    let why = match reason {
        NoBid::BelowFloor => {
            return format!(
                "{instead}: il prezzo sarebbe sotto il minimo di {}",
                amount(told.floor, told)
            );
        }
        NoBid::Budget => "il budget della campagna è speso o impegnato",
        NoBid::Currency => "l'impressione si vende in un'altra valuta",
        NoBid::BlockedCategory => "l'editore non accetta questa categoria di annunci",
        NoBid::BlockedAdvertiser => "l'editore non accetta questo inserzionista",
        NoBid::BlockedAttribute => "l'editore non accetta questo tipo di creatività",
        NoBid::NoDeal => "l'asta è privata e nessuno dei suoi accordi è adatto",
        NoBid::OutsidePeriod => "la campagna non è attiva in questo momento",
        NoBid::NoValue => "l'impressione non vale nulla per la campagna",
        NoBid::SafeDefault => "è la risposta di sicurezza dichiarata",
    };
    format!("{instead}: {why}")
}

const fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::Deadline => "restava troppo poco tempo per interrogare il modello",
        FallbackReason::ModelFailed => "il modello non ha funzionato",
        FallbackReason::NoOpinion => "il modello non aveva un parere utilizzabile",
        FallbackReason::Conflict => "regole dello stesso livello chiedono valori diversi",
        FallbackReason::Contradiction => "le regole non lasciano alcun valore",
        FallbackReason::CheckFailed => "la risposta del modello non ha superato il controllo indipendente",
    }
}
