use std::fmt::Write as _;

use super::{super::words, Came, Told};
use crate::domain::{FallbackReason, Micros, NoBid, RuleCard, Source};

/// The sentence in English.
pub(super) fn said(told: &Told<'_>) -> String {
    let mut text = opening(told);
    // Writing to a text cannot fail.
    if let Some(reason) = told.fallback {
        let _ = write!(text, ", because {}", fallback(reason));
    }
    let mut join = " because of ";
    for card in &told.because {
        let RuleCard {
            id, owner, because, ..
        } = card;
        let because = because.trim().trim_end_matches('.');
        let _ = write!(text, "{join}{id} ({}: {because})", person(owner));
        join = " and ";
    }
    if !told.also.is_empty() {
        let names: Vec<&str> = told.also.iter().map(|card| card.id.as_str()).collect();
        let _ = write!(text, "; {} would have done it too", listed(&names));
    }
    text.push('.');
    text
}

fn opening(told: &Told<'_>) -> String {
    let currency = told.currency;
    match told.came {
        Came::Lowered { from, to } => moved("lowered", from, to, told),
        Came::Raised { from, to } => moved("raised", from, to, told),
        Came::BidInsteadOfNone { to } => format!("Bid {} {currency} instead of none", price(to)),
        Came::Bid { price: at, source } => {
            let whose = match (source, told.fallback) {
                (Source::Model, _) => ", as the model wished",
                (Source::Human, _) => ", as people set it",
                (Source::Blend, _) => ", between people's price and the model's",
                (Source::Fallback, None) => ", without the model",
                (Source::Fallback, Some(_)) => ", people's price",
            };
            format!("Bid {} {currency}{whose}", price(at))
        }
        Came::NoBid { wished, reason } => no_bid(wished, reason, told),
        Came::Other { from, to } => {
            let to = words::choice(to, currency);
            match from {
                Some(from) => format!("Answered {to} instead of {}", words::choice(from, currency)),
                None => format!("Answered {to}"),
            }
        }
        Came::Blocked => "Blocked".to_owned(),
        Came::Held if told.roles.is_empty() => "Held until somebody approves".to_owned(),
        Came::Held => {
            let roles: Vec<&str> = told.roles.iter().map(|role| role.as_str()).collect();
            format!("Held until {} approves", listed(&roles))
        }
    }
}

fn moved(how: &str, from: Micros, to: Micros, told: &Told<'_>) -> String {
    let (from, to) = apart(from, to);
    format!("Bid {how} from {from} to {to} {}", told.currency)
}

fn no_bid(wished: Option<Micros>, reason: NoBid, told: &Told<'_>) -> String {
    let instead = match wished {
        Some(wished) => format!("No bid instead of {} {}", price(wished), told.currency),
        None => "No bid".to_owned(),
    };
    let why = match reason {
        NoBid::BelowFloor => {
            let floor = price(told.floor);
            return format!(
                "{instead}: the price would be below the floor of {floor} {}",
                told.currency
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
        FallbackReason::Conflict => "rules of one tier demand different prices",
        FallbackReason::Contradiction => "the rules leave no price",
        FallbackReason::CheckFailed => "the model's answer did not pass the independent check",
    }
}

/// A price for the ear: cents, unless that would hide it.
fn price(price: Micros) -> String {
    if price < Micros::new(100_000) {
        return price.to_string();
    }
    Micros::new((price.get() + 5_000) / 10_000 * 10_000).to_string()
}

/// Two prices for the ear, exact where cents would make them one.
fn apart(one: Micros, other: Micros) -> (String, String) {
    let (rounded, also) = (price(one), price(other));
    if rounded == also {
        return (one.to_string(), other.to_string());
    }
    (rounded, also)
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `anna.rossi@nova.example` as `Anna Rossi`; anything but an address as it is.
fn person(owner: &str) -> String {
    let Some((name, _)) = owner.split_once('@') else {
        return owner.to_owned();
    };
    let words = name.split(['.', '_', '-']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_told_in_cents_unless_that_would_hide_it() {
        assert_eq!(price(Micros::new(3_214_776)), "3.21");
        assert_eq!(price(Micros::new(2_400_000)), "2.40");
        assert_eq!(price(Micros::new(4_321)), "0.004321");
        let near = apart(Micros::new(2_401_000), Micros::new(2_400_000));
        assert_eq!(near, ("2.401".to_owned(), "2.40".to_owned()));
    }

    #[test]
    fn an_owner_is_named_as_a_person_would_be() {
        assert_eq!(person("anna.rossi@nova.example"), "Anna Rossi");
        assert_eq!(person("finance@lago.example"), "Finance");
        assert_eq!(person("the board"), "the board");
    }
}
