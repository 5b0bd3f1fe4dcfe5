use super::{
    Told,
    came::{ArmPart, Came, Subject, Wished},
    words::{apart, ids, listed, moment, moments, parts, percent, price, reason, shortened},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source, Timestamp};

/// The sentence in English.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", because ";
        text += fallback(reason);
    }
    let mut join = match told.fallback {
        Some(_) => "; bounded by ",
        None => " because of ",
    };
    for card in &told.because {
        text += join;
        text += &reason(card);
        join = " and ";
    }
    if !told.also.is_empty() {
        text += &format!("; {} would have done it too", listed(&ids(&told.also), and));
    }
    text.push('.');
    text
}

const fn and(_: &str) -> &'static str {
    "and"
}

/// What became of the wish, before anybody's reasons.
fn opening(told: &Told<'_>) -> String {
    match &told.came {
        Came::Lowered { from, to } => moved("lowered", *from, *to, told),
        Came::Raised { from, to } => moved("raised", *from, *to, told),
        Came::BidInsteadOfNone { to } => format!("Bid {} instead of none", amount(*to, told)),
        Came::Bid { price, source } => format!("Bid {}{}", amount(*price, told), whose(*source, told)),
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
        Came::NoInstant => "Held: the limits leave no instant of the window".to_owned(),
        Came::Held if told.roles.is_empty() => "Held until somebody approves".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("Held until {} approves", listed(&roles, and))
        }
    }
}

const fn blocked(subject: Subject) -> &'static str {
    match subject {
        Subject::Bid
        | Subject::Send
        | Subject::Item
        | Subject::Part
        | Subject::Score
        | Subject::Slate
        | Subject::Split => "Blocked",
    }
}

/// Whose value it is, of which nobody wished another.
const fn whose(source: Source, told: &Told<'_>) -> &'static str {
    match (source, told.fallback, told.subject) {
        (Source::Model, _, _) => ", as the model wished",
        (Source::Human, _, _) => ", as people set it",
        (Source::Blend, _, Subject::Bid) => ", between people's price and the model's",
        (Source::Blend, _, _) => ", between people's value and the model's",
        (Source::Fallback, None, _) => ", without the model",
        (Source::Fallback, Some(_), Subject::Bid) => ", people's price",
        (Source::Fallback, Some(_), _) => ", people's value",
    }
}

fn send(from: Option<Timestamp>, to: Timestamp, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = moments(from, to, told.zone);
            format!("Send moved from {from} to {to}")
        }
        None => format!("Send at {}{}", moment(to, told.zone), whose(source, told)),
    }
}

fn placed(slot: u16, wished: Wished) -> String {
    match wished {
        Wished::Slot(wished) if wished == slot => format!("Shown in slot {slot}, as the model wished"),
        Wished::Slot(wished) => format!("Moved from slot {wished} to slot {slot}"),
        Wished::NotShown => format!("Shown in slot {slot}, where the model would have shown another"),
        Wished::Unknown => format!("Shown in slot {slot}"),
    }
}

fn left_out(wished: Wished) -> String {
    match wished {
        Wished::Slot(slot) => format!("Not shown, although the model wished it in slot {slot}"),
        Wished::NotShown | Wished::Unknown => "Not shown".to_owned(),
    }
}

fn part(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    match from {
        Some(from) => {
            let (from, to) = apart(from, to, Language::English);
            format!("Given {to} instead of {from} {}", told.currency)
        }
        None => format!("Given {}{}", amount(to, told), whose(source, told)),
    }
}

fn scored(from: Option<Micros>, to: Micros, source: Source, told: &Told<'_>) -> String {
    let said = percent(to, Language::English);
    match from {
        Some(from) => {
            let how = if to < from { "lowered" } else { "raised" };
            format!("Score {how} from {} to {said}", percent(from, Language::English))
        }
        None => format!("Score {said}{}", whose(source, told)),
    }
}

fn slate(items: &[&str], wished: Option<&[&str]>, source: Source, told: &Told<'_>) -> String {
    let items = match items {
        [] => "Showing nothing".to_owned(),
        items => format!("Showing {}", shortened(items, Language::English, and)),
    };
    match wished {
        Some([]) => items,
        Some(wished) => format!("{items} instead of {}", shortened(wished, Language::English, and)),
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
    let Some(given) = parts(given, Language::English) else {
        return format!("{total} split among {} arms{}", given.len(), whose(source, told));
    };
    match wished.and_then(|wished| parts(wished, Language::English)) {
        Some(wished) => format!("{total} split: {given} instead of {wished}"),
        None => format!("{total} split: {given}{}", whose(source, told)),
    }
}

fn amount(price_micros: Micros, told: &Told<'_>) -> String {
    format!("{} {}", price(price_micros, Language::English), told.currency)
}

fn moved(how: &str, from: Micros, to: Micros, told: &Told<'_>) -> String {
    let (from, to) = apart(from, to, Language::English);
    format!("Bid {how} from {from} to {to} {}", told.currency)
}

fn no_bid(wished: Option<Micros>, reason: NoBid, told: &Told<'_>) -> String {
    let instead = match wished {
        Some(wished) => format!("No bid instead of {}", amount(wished, told)),
        None => "No bid".to_owned(),
    };
    let why = match reason {
        NoBid::BelowFloor => {
            return format!(
                "{instead}: the price would be below the floor of {}",
                amount(told.floor, told)
            );
        }
        NoBid::Budget => "the campaign's budget is spent or reserved",
        NoBid::Currency => "the impression is sold in another currency",
        NoBid::BlockedCategory => "the publisher does not take this category of ads",
        NoBid::BlockedAdvertiser => "the publisher does not take this advertiser",
        NoBid::BlockedAttribute => "the publisher does not take this sort of creative",
        NoBid::NoDeal => "the auction is private and none of its deals fits",
        NoBid::OutsidePeriod => "the campaign does not run at this time",
        NoBid::NoValue => "the impression is worth nothing to the campaign",
        NoBid::SafeDefault => "that is the declared safe default",
    };
    format!("{instead}: {why}")
}

const fn fallback(reason: FallbackReason) -> &'static str {
    match reason {
        FallbackReason::Deadline => "too little time was left to ask the model",
        FallbackReason::ModelFailed => "the model failed",
        FallbackReason::NoOpinion => "the model had no usable opinion",
        FallbackReason::Conflict => "rules of one tier demand different values",
        FallbackReason::Contradiction => "the rules leave no value",
        FallbackReason::CheckFailed => "the model's answer did not pass the independent check",
    }
}
