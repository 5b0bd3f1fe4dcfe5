use super::{
    Came, Told,
    words::{apart, ids, listed, price, reason, value},
};
use crate::domain::{FallbackReason, Language, Micros, NoBid, Source};

/// The sentence in English.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    if let Some(reason) = told.fallback {
        text += ", because ";
        text += fallback(reason);
    }
    let mut join = " because of ";
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

fn opening(told: &Told<'_>) -> String {
    let currency = told.currency;
    match told.came {
        Came::Lowered { from, to } => moved("lowered", from, to, told),
        Came::Raised { from, to } => moved("raised", from, to, told),
        Came::BidInsteadOfNone { to } => format!("Bid {} instead of none", amount(to, told)),
        Came::Bid { price, source } => {
            let whose = match (source, told.fallback) {
                (Source::Model, _) => ", as the model wished",
                (Source::Human, _) => ", as people set it",
                (Source::Blend, _) => ", between people's price and the model's",
                (Source::Fallback, None) => ", without the model",
                (Source::Fallback, Some(_)) => ", people's price",
            };
            format!("Bid {}{whose}", amount(price, told))
        }
        Came::NoBid { wished, reason } => no_bid(wished, reason, told),
        Came::Other { from, to } => {
            let to = value(to, currency, Language::English);
            match from {
                Some(from) => format!(
                    "Answered {to} instead of {}",
                    value(from, currency, Language::English)
                ),
                None => format!("Answered {to}"),
            }
        }
        Came::Blocked => "Blocked".to_owned(),
        Came::Held if told.roles.is_empty() => "Held until somebody approves".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("Held until {} approves", listed(&roles, and))
        }
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
