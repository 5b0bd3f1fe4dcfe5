use super::{
    Told,
    came::{ArmPart, Came, Subject, Wished},
    words::{apart, ids, listed, moment, moments, parts, percent, price, reason, shortened},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source, Timestamp};

/// The sentence in Italian.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", perché ";
        text += fallback(reason);
    }
    let mut join = match told.fallback {
        Some(_) => "; nei limiti di ",
        None => " a causa di ",
    };
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

/// What became of the wish, before anybody's reasons.
fn opening(told: &Told<'_>) -> String {
    match &told.came {
        Came::Lowered { from, to } => moved("abbassata", *from, *to, told),
        Came::Raised { from, to } => moved("alzata", *from, *to, told),
        Came::BidInsteadOfNone { to } => format!("Offerta di {} anziché nessuna", amount(*to, told)),
        Came::Bid { price, source } => format!("Offerta di {}{}", amount(*price, told), whose(*source, told)),
        Came::NoBid { wished, reason } => no_bid(*wished, *reason, told),
        Came::Send { from, to, source } => send(*from, *to, *source, told),
        Came::Placed { slot, wished } => placed(*slot, *wished),
        Came::LeftOut { wished } => left_out(*wished),
        Came::Part { from, to, source } => part(*from, *to, *source, told),
        Came::Scored { from, to, source } => scored(*from, *to, *source, told),
        Came::Slate {
            items,
            wished,
            source,
        } => slate(items, wished.as_deref(), *source, told),
        Came::Split {
            total,
            parts,
            wished,
            source,
        } => split(*total, (parts, wished.as_deref()), *source, told),
        Came::Blocked => blocked(told.subject).to_owned(),
        Came::NoInstant => "In attesa: i limiti non lasciano alcun istante della finestra".to_owned(),
        Came::Held if told.roles.is_empty() => "In attesa che qualcuno approvi".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("In attesa dell'approvazione di {}", listed(&roles, and))
        }
    }
}

const fn blocked(subject: Subject) -> &'static str {
    match subject {
        Subject::Bid => "Bloccata",
        Subject::Send => "Invio bloccato",
        Subject::Item => "Escluso",
        Subject::Part => "Quota bloccata",
        Subject::Score => "Punteggio bloccato",
        Subject::Slate => "Selezione bloccata",
        Subject::Split => "Ripartizione bloccata",
    }
}

/// Whose value it is, of which nobody wished another.
const fn whose(source: Source, told: &Told<'_>) -> &'static str {
    match (source, told.fallback, told.subject) {
        (Source::Model, _, _) => ", come voleva il modello",
        (Source::Human, _, _) => ", come stabilito dalle persone",
        (Source::Blend, _, Subject::Bid) => ", tra il prezzo delle persone e quello del modello",
        (Source::Blend, _, _) => ", tra il valore delle persone e quello del modello",
        (Source::Fallback, None, _) => ", senza il modello",
        (Source::Fallback, Some(_), Subject::Bid) => ", il prezzo delle persone",
        (Source::Fallback, Some(_), _) => ", il valore delle persone",
    }
}

fn send(from: Option<Timestamp>, to: Timestamp, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = moments(from, to, told.zone);
            format!("Invio spostato da {from} a {to}")
        }
        None => format!("Invio alle {}{}", moment(to, told.zone), whose(source, told)),
    }
}

fn placed(slot: u16, wished: Wished) -> String {
    match wished {
        Wished::Slot(wished) if wished == slot => {
            format!("Mostrato in posizione {slot}, come voleva il modello")
        }
        Wished::Slot(wished) => format!("Spostato dalla posizione {wished} alla {slot}"),
        Wished::NotShown => {
            format!("Mostrato in posizione {slot}, dove il modello ne avrebbe mostrato un altro")
        }
        Wished::Unknown => format!("Mostrato in posizione {slot}"),
    }
}

fn left_out(wished: Wished) -> String {
    match wished {
        Wished::Slot(slot) => format!("Non mostrato, benché il modello lo volesse in posizione {slot}"),
        Wished::NotShown | Wished::Unknown => "Non mostrato".to_owned(),
    }
}

fn part(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = apart(from, to, Language::Italian);
            format!("Assegnati {to} anziché {from} {}", told.currency)
        }
        None => format!("Assegnati {}{}", amount(to, told), whose(source, told)),
    }
}

fn scored(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    let said = percent(to, Language::Italian);
    match from {
        Some(from) => {
            let how = if to < from { "abbassato" } else { "alzato" };
            format!("Punteggio {how} da {} a {said}", percent(from, Language::Italian))
        }
        None => format!("Punteggio {said}{}", whose(source, told)),
    }
}

fn slate(items: &[&str], wished: Option<&[&str]>, source: Source, told: &Told<'_>) -> String {
    let items = match items {
        [] => "Non si mostra nulla".to_owned(),
        items => format!("In mostra {}", shortened(items, Language::Italian, and)),
    };
    match wished {
        Some([]) => items,
        Some(wished) => format!("{items} anziché {}", shortened(wished, Language::Italian, and)),
        None => format!("{items}{}", whose(source, told)),
    }
}

fn split(
    total: Micros,
    (given, wished): (&[ArmPart<'_>], Option<&[ArmPart<'_>]>),
    source: Source,
    told: &Told<'_>,
) -> String {
    let total = amount(total, told);
    let Some(given) = parts(given, Language::Italian) else {
        return format!(
            "{total} ripartiti tra {} voci{}",
            given.len(),
            whose(source, told)
        );
    };
    match wished.and_then(|wished| parts(wished, Language::Italian)) {
        Some(wished) => format!("{total} ripartiti: {given} anziché {wished}"),
        None => format!("{total} ripartiti: {given}{}", whose(source, told)),
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
