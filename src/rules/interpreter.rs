//! The rules once more, plainly: the reading against which the fast one is held.
//!
//! Every rule is judged for every candidate, every value compared as the text it is; no symbols, no index, no
//! memory. It is slow and obvious. Whatever it answers, [`Rulebook::limits`] has to answer too; the differential
//! test holds them together, and `check` asks it what a rule can reach.

mod effect;

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    Lexicon, Rulebook,
    calendar::{DayKind, Holidays, Hours},
    clock::LocalTimes,
    condition::{Atom, Condition, Reading, Test, Truth},
    draft::RuleDraft,
    mentions::language_of,
    syntax::ast::{IfUnknown, Mode},
    topics::{Family, Taxonomies},
    vocabulary::{FactType, Scope},
};
use crate::domain::{
    Active, Attribute, Bounded, Campaign, Candidate, CandidateLimits, Certainty, Effect, EvidenceKey,
    FactValue, Facts, Label, Ledger, Query, Risk, RuleIx, Timestamp, Word,
};

/// The limits of each candidate, as [`Rulebook::limits`] gives them.
#[must_use]
pub fn limits(
    rulebook: &Rulebook,
    query: &Query,
    campaigns: &[Arc<Campaign>],
    ledger: &dyn Ledger,
) -> Vec<CandidateLimits> {
    let pairs = query.candidates.iter().zip(campaigns);
    let one = |(place, (candidate, campaign)): (usize, (&Candidate, &Arc<Campaign>))| {
        let mut limits = CandidateLimits::default();
        let case = Case {
            query,
            place,
            candidate,
            campaign,
            ledger,
            holidays: rulebook.holidays(),
            lexicon: rulebook.lexicon(),
        };
        for (ix, draft) in (0..).map(RuleIx).zip(rulebook.drafts()) {
            judge(ix, draft, &case, &mut limits);
        }
        limits.skipped.sort_unstable();
        limits.skipped.dedup();
        limits
    };
    pairs.enumerate().map(one).collect()
}

/// Whether a rule can match a candidate of which only these facts are known.
#[must_use]
pub fn reach(lexicon: &Lexicon, draft: &RuleDraft, candidate: &Facts) -> Truth {
    let seen = Seen {
        lexicon,
        query: &Facts::new(),
        candidate: &[candidate],
    };
    // An exception ends; what it takes out today the rule reaches tomorrow.
    let lasting = draft.unless.iter().filter(|exemption| exemption.until.is_none());
    let unless = lasting.fold(Truth::False, |so_far, exemption| {
        so_far.or(seen.truth(&exemption.condition))
    });
    let when = draft
        .when
        .iter()
        .fold(Truth::True, |so_far, part| so_far.and(seen.truth(part)));
    when.and(!unless)
}

/// One candidate of a query, and everything that its effects are read from.
struct Case<'c> {
    query: &'c Query,
    place: usize,
    candidate: &'c Candidate,
    campaign: &'c Campaign,
    ledger: &'c dyn Ledger,
    holidays: &'c Holidays,
    lexicon: &'c Lexicon,
}

fn judge(ix: RuleIx, draft: &RuleDraft, case: &Case<'_>, limits: &mut CandidateLimits) {
    let (query, campaign, lexicon) = (case.query, case.campaign, case.lexicon);
    if draft.mode == Mode::Off
        || !draft.is_in_force(query.now)
        || !draft.kinds.contains(&query.question.kind())
    {
        return;
    }
    let key = EvidenceKey::Campaign(campaign.id.clone());
    let evidence = case
        .ledger
        .evidence(&key, Bounded::EVIDENCE_DAYS, query.now)
        .current;
    let mut stamped = query.facts.clone();
    stamped.set(Attribute::Now, FactValue::Instant(query.now));
    let counted = (Attribute::Evidence, FactValue::Number(i64::from(evidence)));
    let seen = Seen {
        lexicon,
        query: &stamped,
        candidate: &[
            &Facts::from_iter([counted]),
            &campaign.facts,
            &case.candidate.facts,
        ],
    };
    let truth = seen.rule(draft, query.now);
    for effect in &draft.effects {
        let guard = effect
            .guard
            .as_ref()
            .map_or(Truth::True, |guard| seen.truth(guard));
        let effect = || effect::effect(&effect.action, case);
        let (certainty, effect) = match (truth.and(guard), draft.if_unknown) {
            (Truth::False, _) => continue,
            (Truth::True, _) => (Certainty::Certain, effect()),
            (Truth::Unknown, IfUnknown::Apply) => (Certainty::Unknown, effect()),
            (Truth::Unknown, IfUnknown::Hold) => {
                (Certainty::Unknown, Word::new("approver").ok().map(Effect::Hold))
            }
            (Truth::Unknown, IfUnknown::Skip) => {
                if draft.mode == Mode::Enforce {
                    limits.skipped.push(ix);
                }
                continue;
            }
        };
        let Some(effect) = effect else { continue };
        let tier = draft.card.tier;
        let active = Active {
            certainty,
            rule: ix,
            tier,
            effect,
        };
        match draft.mode {
            Mode::Enforce => limits.effects.insert(active),
            Mode::Shadow => limits.shadow.insert(active),
            Mode::Off => {}
        }
    }
}

/// What a condition is judged on.
struct Seen<'s> {
    lexicon: &'s Lexicon,
    query: &'s Facts,
    /// What is counted, then the campaign's facts, then the candidate's own.
    candidate: &'s [&'s Facts],
}

impl Seen<'_> {
    fn rule(&self, draft: &RuleDraft, now: Timestamp) -> Truth {
        let mut truth = Truth::True;
        for part in &draft.when {
            truth = truth.and(self.truth(part));
        }
        for exemption in &draft.unless {
            if exemption.until.is_none_or(|until| now < until) {
                truth = truth.and(!self.truth(&exemption.condition));
            }
        }
        truth
    }

    fn truth(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::Fact(atom) => self.atom(atom),
            Condition::All(parts) => parts
                .iter()
                .fold(Truth::True, |so_far, part| so_far.and(self.truth(part))),
            Condition::Any(parts) => parts
                .iter()
                .fold(Truth::False, |so_far, part| so_far.or(self.truth(part))),
            Condition::Not(part) => !self.truth(part),
        }
    }

    fn atom(&self, atom: &Atom) -> Truth {
        let Some(entry) = self.lexicon.vocabulary.entry(atom.slot) else {
            return Truth::Unknown;
        };
        let value = match entry.scope {
            Scope::Query => self.query.get(&entry.attribute),
            Scope::Candidate => self
                .candidate
                .iter()
                .find_map(|facts| facts.get(&entry.attribute)),
        };
        match (&atom.test, value) {
            (Test::Words(set), Some(FactValue::Word(word))) => {
                self.among(entry.fact_type, atom.reading, set, std::slice::from_ref(word))
            }
            (Test::Words(set), Some(FactValue::Words(words))) => {
                self.among(entry.fact_type, atom.reading, set, words)
            }
            (Test::Label { topics, risks }, Some(FactValue::Labels(labels))) => {
                let fits = labels
                    .iter()
                    .map(|label| self.fits(label, topics.as_deref(), risks.as_deref()));
                folded(atom.reading, &fits.collect::<Vec<_>>())
            }
            (Test::Between(from, to), Some(FactValue::Number(number))) => {
                Truth::from((from..=to).contains(&number))
            }
            (Test::Between(from, to), Some(FactValue::Price(price))) => {
                Truth::from((*from..=*to).contains(&price.get()))
            }
            (Test::Between(from, to), Some(FactValue::Instant(instant))) => {
                Truth::from((*from..=*to).contains(&instant.as_millis()))
            }
            (Test::Is(wanted), Some(FactValue::Flag(flag))) => Truth::from(wanted == flag),
            (Test::Clock(times), Some(FactValue::Instant(now))) => Truth::from(is_in(times, *now)),
            (Test::Matches(wanted), Some(FactValue::Text(text))) => {
                let found = |pattern: &usize| self.lexicon.patterns.is_found(*pattern, text);
                Truth::from(wanted.iter().any(found))
            }
            (Test::Mentions(wanted), Some(FactValue::Text(text))) => {
                let language = language_of(&entry.attribute).and_then(|fact| self.query.get(&fact));
                let language = match language {
                    Some(FactValue::Word(tag)) => Some(tag.as_str()),
                    _ => None,
                };
                let mentions = self.lexicon.lists.hits(&entry.attribute, text, language);
                mentions.truth(wanted, atom.reading)
            }
            _ => Truth::Unknown,
        }
    }

    fn among(&self, fact_type: FactType, reading: Reading, set: &[String], words: &[Word]) -> Truth {
        let taxonomies = self.lexicon.vocabulary.taxonomies();
        let held = words.iter().map(|word| {
            Truth::from(
                set.iter()
                    .any(|named| holds(taxonomies, fact_type, named, word.as_str())),
            )
        });
        folded(reading, &held.collect::<Vec<_>>())
    }

    fn fits(&self, label: &Label, topics: Option<&[String]>, risks: Option<&[Risk]>) -> Truth {
        let taxonomies = self.lexicon.vocabulary.taxonomies();
        let topic = label.topic.as_str();
        let held = |named: &String| holds(taxonomies, FactType::Labels, named, topic);
        let on_topic = topics.is_none_or(|topics| topics.iter().any(held));
        let at_risk = risks.map_or(Truth::True, |risks| {
            label
                .risk
                .map_or(Truth::Unknown, |risk| Truth::from(risks.contains(&risk)))
        });
        Truth::from(on_topic).and(at_risk)
    }
}

/// Whether a clock in the zone shows a date and time of one of the windows.
fn is_in(times: &LocalTimes, now: Timestamp) -> bool {
    let shown = times.zone.reading(now);
    times.windows.iter().any(|window| {
        let Hours { from, until } = window.hours;
        let begins_on = |day: Date| match window.days {
            DayKind::Weekdays(days) => days.contains(day.weekday()),
            DayKind::Dates { first, last } => first <= day && day <= last,
            DayKind::Holidays | DayKind::Eves => false,
        };
        let today = begins_on(shown.date());
        let yesterday = shown.date().yesterday().is_ok_and(begins_on);
        if from < until {
            today && from <= shown.time() && shown.time() < until
        } else {
            today && from <= shown.time() || yesterday && shown.time() < until
        }
    })
}

/// Whether a word that a rule names is the word of a fact, or holds it.
fn holds(taxonomies: &Taxonomies, fact_type: FactType, named: &str, word: &str) -> bool {
    let lower = word.to_lowercase();
    match fact_type {
        FactType::Name | FactType::Declared => named == word,
        FactType::Country | FactType::OneOf(_) | FactType::Chosen | FactType::Word => named == lower,
        FactType::Prefix => named == lower || lower.starts_with(&format!("{named}-")),
        FactType::Site => {
            let bare = word.strip_suffix('.').unwrap_or(word);
            let site = idna::domain_to_ascii(bare).unwrap_or_else(|_| bare.to_lowercase());
            named == site || site.ends_with(&format!(".{named}"))
        }
        FactType::Labels => holds_topic(taxonomies, Family::Content, named, word),
        FactType::Topics(family) => holds_topic(taxonomies, family, named, word),
        FactType::Text
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag
        | FactType::Instant
        | FactType::Clock => false,
    }
}

fn holds_topic(taxonomies: &Taxonomies, family: Family, named: &str, word: &str) -> bool {
    let topics = taxonomies.of(family).find(word);
    if topics.is_empty() {
        let letters: String = word
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        return match family {
            Family::Content => named == letters,
            Family::Product => holds(taxonomies, FactType::Prefix, named, word),
        };
    }
    let above = |id: &&str| taxonomies.of(family).is_below(id, named);
    topics.iter().any(above)
}

fn folded(reading: Reading, truths: &[Truth]) -> Truth {
    match reading {
        Reading::Any => truths.iter().copied().fold(Truth::False, Truth::or),
        Reading::Every if truths.is_empty() => Truth::False,
        Reading::Every => truths.iter().copied().fold(Truth::True, Truth::and),
    }
}
