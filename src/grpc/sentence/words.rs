//! What the sentences of all languages share: amounts, instants, names, and the values of each kind of decision.

use super::super::zone::{Zone, local as local_time};
use crate::domain::{Choice, Currency, Language, Micros, RuleCard, Timestamp};

/// The most items that a sentence lists.
const MOST_ITEMS: usize = 6;
/// The most arms whose parts a sentence lists.
const MOST_PARTS: usize = 4;

/// The value of an answer, of any kind of decision: `1.95 EUR`, `slot 3`, `25%`.
pub(super) fn value(choice: Choice, currency: Currency, zone: Option<&Zone>, language: Language) -> String {
    match choice {
        Choice::Bid(amount) | Choice::Share(amount) => format!("{} {currency}", price(amount, language)),
        Choice::NoBid(_) => match language {
            Language::English => "no bid",
            Language::Italian => "nessuna offerta",
            Language::Spanish => "sin puja",
        }
        .to_owned(),
        Choice::Send(at) => moment(at, zone),
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
        Choice::Score(probability) => percent(probability, language),
    }
}

/// A probability in millionths, as per cent.
pub(super) fn percent(probability: Micros, language: Language) -> String {
    let exact = Micros::new(probability.get().saturating_mul(100)).to_string();
    let short = exact.strip_suffix(".00").map(ToOwned::to_owned).unwrap_or(exact);
    let percent = local(short, language);
    match language {
        Language::English | Language::Italian => format!("{percent}%"),
        Language::Spanish => format!("{percent} %"),
    }
}

/// An instant as the recipient lives it: `2026-11-03 08:00 (Europe/Rome)`.
pub(super) fn moment(at: Timestamp, zone: Option<&Zone>) -> String {
    let (name, local) = local_time(at, zone);
    format!("{} ({name})", local.strftime("%Y-%m-%d %H:%M"))
}

/// Two instants; of the same day the times alone, and the day once: `07:10`, `08:00 (2026-11-03, Europe/Rome)`.
pub(super) fn moments(from: Timestamp, to: Timestamp, zone: Option<&Zone>) -> (String, String) {
    let (name, earlier) = local_time(from, zone);
    let (_, later) = local_time(to, zone);
    if earlier.date() != later.date() {
        return (earlier.strftime("%Y-%m-%d %H:%M").to_string(), moment(to, zone));
    }
    let later = later.strftime("%H:%M (%Y-%m-%d");
    (earlier.strftime("%H:%M").to_string(), format!("{later}, {name})"))
}

/// Names, the first of them where they are many: `a, b, c, d, e, f and 4 more`.
pub(super) fn shortened(names: &[&str], language: Language, and: impl Fn(&str) -> &'static str) -> String {
    let Some((first, rest)) = names
        .split_at_checked(MOST_ITEMS)
        .filter(|(_, rest)| rest.len() > 1)
    else {
        return listed(names, and);
    };
    let rest = rest.len();
    let more = match language {
        Language::English => format!("and {rest} more"),
        Language::Italian => format!("e altri {rest}"),
        Language::Spanish => format!("y {rest} más"),
    };
    format!("{} {more}", first.join(", "))
}

/// The parts of a total, where they are few: `search 600.00, social 400.00`.
pub(super) fn parts(parts: &[(&str, Micros)], language: Language) -> Option<String> {
    let each = parts
        .iter()
        .map(|(arm, part)| format!("{arm} {}", price(*part, language)));
    let joint = match language {
        Language::English => ", ",
        // A comma stands inside the numbers.
        Language::Italian | Language::Spanish => "; ",
    };
    (parts.len() <= MOST_PARTS).then(|| each.collect::<Vec<_>>().join(joint))
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
        let said = |choice| Language::ALL.map(|language| value(choice, eur, None, language));
        assert_eq!(
            said(Choice::Bid(Micros::new(1_950_000))),
            ["1.95 EUR", "1,95 EUR", "1,95 EUR"]
        );
        assert_eq!(
            said(Choice::Score(Micros::new(125_000))),
            ["12.50%", "12,50%", "12,50 %"]
        );
        assert_eq!(said(Choice::Score(Micros::new(800_000))), ["80%", "80%", "80 %"]);
    }

    #[test]
    fn an_instant_is_told_as_the_recipient_lives_it() {
        let at = |text: &str| -> Timestamp { text.parse::<jiff::Timestamp>().unwrap().into() };
        let (night, morning) = (at("2026-11-02T22:10:00Z"), at("2026-11-03T07:00:00Z"));
        assert_eq!(moment(morning, None), "2026-11-03 07:00 (UTC)");
        let mut facts = crate::domain::Facts::default();
        let rome = crate::domain::Word::new("Europe/Rome").unwrap();
        facts.set(
            crate::domain::Attribute::ContactZone,
            crate::domain::FactValue::Word(rome),
        );
        let zone = Zone::of(&facts);
        let (from, to) = moments(night, morning, zone.as_ref());
        assert_eq!(
            (from.as_str(), to.as_str()),
            ("2026-11-02 23:10", "2026-11-03 08:00 (Europe/Rome)")
        );
        let (from, to) = moments(at("2026-11-03T06:30:00Z"), morning, zone.as_ref());
        assert_eq!(
            (from.as_str(), to.as_str()),
            ("07:30", "08:00 (2026-11-03, Europe/Rome)")
        );
    }

    #[test]
    fn many_items_are_named_as_far_as_anybody_reads() {
        let names: Vec<String> = (1..=8).map(|number| format!("i{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let said = |count: usize| shortened(&names[..count], Language::English, |_| "and");
        assert_eq!(said(2), "i1 and i2");
        assert_eq!(said(7), "i1, i2, i3, i4, i5, i6 and i7");
        assert_eq!(said(8), "i1, i2, i3, i4, i5, i6 and 2 more");
    }

    #[test]
    fn an_owner_is_named_as_a_person_would_be() {
        assert_eq!(person("anna.rossi@nova.example"), "Anna Rossi");
        assert_eq!(person("finance@lago.example"), "Finance");
        assert_eq!(person("the board"), "the board");
    }
}
