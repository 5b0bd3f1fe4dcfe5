//! What the sentences of all languages share: amounts, names, and the values of each kind of decision.

use super::super::words;
use crate::domain::{Choice, Currency, Language, Micros, RuleCard};

/// The value of an answer, of any kind of decision: `1.95 EUR`, `slot 3`, `25%`.
pub(super) fn value(choice: Choice, currency: Currency, language: Language) -> String {
    match choice {
        Choice::Bid(amount) | Choice::Share(amount) => format!("{} {currency}", price(amount, language)),
        Choice::NoBid(_) => match language {
            Language::English => "no bid",
            Language::Italian => "nessuna offerta",
            Language::Spanish => "sin puja",
        }
        .to_owned(),
        Choice::Send(_) => words::choice(choice, currency),
        Choice::Show(slot) => match language {
            Language::English => format!("slot {slot}"),
            Language::Italian => format!("posizione {slot}"),
            Language::Spanish => format!("posición {slot}"),
        },
        Choice::NotShown => match language {
            Language::English => "not shown",
            Language::Italian => "non mostrato",
            Language::Spanish => "no mostrado",
        }
        .to_owned(),
        Choice::Score(probability) => {
            let percent = local(
                Micros::new(probability.get().saturating_mul(100)).to_string(),
                language,
            );
            match language {
                Language::English | Language::Italian => format!("{percent}%"),
                Language::Spanish => format!("{percent} %"),
            }
        }
    }
}

/// A price for the ear, as the language writes it: cents, unless that would hide it.
pub(super) fn price(price: Micros, language: Language) -> String {
    if price < Micros::new(100_000) {
        return local(price.to_string(), language);
    }
    local(
        Micros::new((price.get() + 5_000) / 10_000 * 10_000).to_string(),
        language,
    )
}

/// Two prices for the ear, exact where cents would make them one.
pub(super) fn apart(one: Micros, other: Micros, language: Language) -> (String, String) {
    let (rounded, also) = (price(one, language), price(other, language));
    if rounded == also {
        return (
            local(one.to_string(), language),
            local(other.to_string(), language),
        );
    }
    (rounded, also)
}

/// Italians and Spaniards write decimals after a comma.
fn local(number: String, language: Language) -> String {
    match language {
        Language::English => number,
        Language::Italian | Language::Spanish => number.replace('.', ","),
    }
}

/// `a`, `a and b`, `a, b and c`; `and` may look at the word that follows it.
pub(super) fn listed(names: &[&str], and: impl Fn(&str) -> &'static str) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {} {last}", first.join(", "), and(last)),
    }
}

/// The ids of rules.
pub(super) fn ids<'c>(cards: &[&'c RuleCard]) -> Vec<&'c str> {
    cards.iter().map(|card| card.id.as_str()).collect()
}

/// A rule as a reason: `italy-cap (Anna Rossi: no data before March)`. Why it is there stands in its author's words.
pub(super) fn reason(card: &RuleCard) -> String {
    let because = card.because.trim().trim_end_matches('.');
    format!("{} ({}: {because})", card.id, person(&card.owner))
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
        let english = |micros| price(Micros::new(micros), Language::English);
        assert_eq!(english(3_214_776), "3.21");
        assert_eq!(english(2_400_000), "2.40");
        assert_eq!(english(4_321), "0.004321");
        let near = apart(Micros::new(2_401_000), Micros::new(2_400_000), Language::Italian);
        assert_eq!(near, ("2,401".to_owned(), "2,40".to_owned()));
    }

    #[test]
    fn values_are_written_as_the_language_does() {
        let eur: Currency = "EUR".parse().unwrap();
        let said = |choice| Language::ALL.map(|language| value(choice, eur, language));
        assert_eq!(
            said(Choice::Bid(Micros::new(1_950_000))),
            ["1.95 EUR", "1,95 EUR", "1,95 EUR"]
        );
        assert_eq!(
            said(Choice::Score(Micros::new(125_000))),
            ["12.50%", "12,50%", "12,50 %"]
        );
    }

    #[test]
    fn an_owner_is_named_as_a_person_would_be() {
        assert_eq!(person("anna.rossi@nova.example"), "Anna Rossi");
        assert_eq!(person("finance@lago.example"), "Finance");
        assert_eq!(person("the board"), "the board");
    }
}
