use super::{
    Told,
    came::{ArmPart, Came, Subject, Wished},
    words::{apart, ids, listed, moment, moments, parts, percent, price, reason, shortened},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source, Timestamp};

/// The sentence in Spanish.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", porque ";
        text += fallback(reason);
    }
    let mut join = match told.fallback {
        Some(_) => "; dentro de los límites de ",
        None => " debido a ",
    };
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

/// What became of the wish, before anybody's reasons.
fn opening(told: &Told<'_>) -> String {
    match &told.came {
        Came::Lowered { from, to } => moved("rebajada", *from, *to, told),
        Came::Raised { from, to } => moved("aumentada", *from, *to, told),
        Came::BidInsteadOfNone { to } => format!("Puja de {} en lugar de ninguna", amount(*to, told)),
        Came::Bid { price, source } => format!("Puja de {}{}", amount(*price, told), whose(*source, told)),
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
        Came::NoInstant => "A la espera: los límites no dejan ningún instante de la ventana".to_owned(),
        Came::Held if told.roles.is_empty() => "A la espera de que alguien la apruebe".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("A la espera de la aprobación de {}", listed(&roles, and))
        }
    }
}

const fn blocked(subject: Subject) -> &'static str {
    match subject {
        Subject::Bid => "Bloqueada",
        Subject::Send => "Envío bloqueado",
        Subject::Item => "Excluido",
        Subject::Part => "Parte bloqueada",
        Subject::Score => "Puntuación bloqueada",
        Subject::Slate => "Selección bloqueada",
        Subject::Split => "Reparto bloqueado",
    }
}

/// Whose value it is, of which nobody wished another.
const fn whose(source: Source, told: &Told<'_>) -> &'static str {
    match (source, told.fallback, told.subject) {
        (Source::Model, _, _) => ", como quería el modelo",
        (Source::Human, _, Subject::Bid | Subject::Score | Subject::Slate) => {
            ", como la fijaron las personas"
        }
        (Source::Human, _, _) => ", como lo fijaron las personas",
        (Source::Blend, _, Subject::Bid) => ", entre el precio de las personas y el del modelo",
        (Source::Blend, _, _) => ", entre el valor de las personas y el del modelo",
        (Source::Fallback, None, _) => ", sin el modelo",
        (Source::Fallback, Some(_), Subject::Bid) => ", el precio de las personas",
        (Source::Fallback, Some(_), _) => ", el valor de las personas",
    }
}

fn send(from: Option<Timestamp>, to: Timestamp, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = moments(from, to, told.zone);
            format!("Envío movido de {from} a {to}")
        }
        None => format!("Envío a las {}{}", moment(to, told.zone), whose(source, told)),
    }
}

fn placed(slot: u16, wished: Wished) -> String {
    match wished {
        Wished::Slot(wished) if wished == slot => {
            format!("Mostrado en la posición {slot}, como quería el modelo")
        }
        Wished::Slot(wished) => format!("Movido de la posición {wished} a la {slot}"),
        Wished::NotShown => format!("Mostrado en la posición {slot}, donde el modelo habría mostrado otro"),
        Wished::Unknown => format!("Mostrado en la posición {slot}"),
    }
}

fn left_out(wished: Wished) -> String {
    match wished {
        Wished::Slot(slot) => format!("No mostrado, aunque el modelo lo quería en la posición {slot}"),
        Wished::NotShown | Wished::Unknown => "No mostrado".to_owned(),
    }
}

fn part(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = apart(from, to, Language::Spanish);
            format!("Asignados {to} en lugar de {from} {}", told.currency)
        }
        None => format!("Asignados {}{}", amount(to, told), whose(source, told)),
    }
}

fn scored(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    let said = percent(to, Language::Spanish);
    match from {
        Some(from) => {
            let how = if to < from { "rebajada" } else { "aumentada" };
            format!(
                "Puntuación {how} de {} a {said}",
                percent(from, Language::Spanish)
            )
        }
        None => format!("Puntuación {said}{}", whose(source, told)),
    }
}

fn slate(items: &[&str], wished: Option<&[&str]>, source: Source, told: &Told<'_>) -> String {
    let items = match items {
        [] => "No se muestra nada".to_owned(),
        items => format!("Se muestran {}", shortened(items, Language::Spanish, and)),
    };
    match wished {
        Some([]) => items,
        Some(wished) => format!(
            "{items} en lugar de {}",
            shortened(wished, Language::Spanish, and)
        ),
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
    let Some(given) = parts(given, Language::Spanish) else {
        return format!(
            "{total} repartidos entre {} partidas{}",
            given.len(),
            whose(source, told)
        );
    };
    match wished.and_then(|wished| parts(wished, Language::Spanish)) {
        Some(wished) => format!("{total} repartidos: {given} en lugar de {wished}"),
        None => format!("{total} repartidos: {given}{}", whose(source, told)),
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
