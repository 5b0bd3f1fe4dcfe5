//! What each action means for a candidate, said once more and plainly.

use jiff::{
    SignedDuration,
    civil::{Date, Time},
    tz::{AmbiguousOffset, Offset},
};

use super::Case;
use crate::{
    domain::{
        Attribute, BasisPoints, Cap, CapKey, Duration, Effect, FactValue, Frequency, Micros, NearTime,
        PerFact, Question, Reach, Span, Spans, TimeLimit, Timestamp, Word,
    },
    rules::{
        band::{Human, StartAt},
        calendar::{DayKind, HORIZON_DAYS, Hours, LocalLimit, LocalWindow, Zones, allowed},
        canonical::named,
        draft::{Action, Amount, LocalClock, PerFactAction, TimesAction},
        syntax::ast::{CapDef, ReachDef, StepDef},
        vocabulary::FactType,
    },
};

pub(super) fn effect(action: &Action, case: &Case<'_>) -> Option<Effect> {
    if let Some(currency) = action.currency()
        && currency != case.campaign.currency
    {
        return Some(Effect::Block);
    }
    match action {
        Action::Block => Some(Effect::Block),
        Action::Exclude => Some(Effect::Exclude),
        Action::Hold(role) => Some(Effect::Hold(role.clone())),
        Action::AtLeast(bound) => Some(Effect::AtLeast(amount(*bound, case))),
        Action::AtMost(bound) => Some(Effect::AtMost(amount(*bound, case))),
        Action::Force(value) => Some(Effect::Force(amount(*value, case))),
        Action::Adjust(by) => Some(Effect::Adjust(*by)),
        Action::Boost(by) => Some(Effect::Boost(*by)),
        Action::Pin(slot) => Some(Effect::Pin(*slot)),
        Action::Note(text) => Some(Effect::Note(text.clone())),
        Action::Share(range) => Some(Effect::Share {
            at_least: rounded_up(whole(case), range.at_least),
            at_most: share_of(whole(case), range.at_most),
        }),
        Action::ForceAt(at) => Some(Effect::ForceAt(comes_to_show(*at, case))),
        Action::StepAtMost(step) => step_of(*step, case),
        Action::AtMostPer(limit) => per_fact(limit, case),
        Action::Times(limit) => times(limit, case),
        Action::Cap(def) => cap(*def, case),
        Action::StartAt(start) => start_at(start, case),
    }
}

fn per_fact(limit: &PerFactAction, case: &Case<'_>) -> Option<Effect> {
    let vocabulary = &case.lexicon.vocabulary;
    let entry = vocabulary.entry(limit.fact)?;
    let plain = |word: &Word| -> Vec<Word> {
        let text = match entry.fact_type {
            FactType::Name | FactType::Declared => vec![word.as_str().to_owned()],
            FactType::Site => vec![word.as_str().trim_end_matches('.').to_lowercase()],
            FactType::Topics(_) => named(vocabulary.taxonomies(), entry.fact_type, word.as_str()),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Chosen
            | FactType::Word
            | FactType::Prefix
            | FactType::Labels
            | FactType::Text
            | FactType::Number
            | FactType::Price(_)
            | FactType::Flag
            | FactType::Instant
            | FactType::Clock => vec![word.as_str().to_lowercase()],
        };
        text.iter().filter_map(|text| Word::new(text).ok()).collect()
    };
    let own = [&case.candidate.facts, &case.campaign.facts];
    let values = match own.iter().find_map(|facts| facts.get(&entry.attribute)) {
        Some(FactValue::Word(word)) => Some(plain(word)),
        Some(FactValue::Words(words)) => Some(words.iter().flat_map(plain).collect()),
        _ => None,
    };
    Some(Effect::AtMostPer(Box::new(PerFact {
        attribute: entry.attribute.clone(),
        values,
        most: limit.most,
    })))
}

fn times(times: &TimesAction, case: &Case<'_>) -> Option<Effect> {
    let zones = match &times.clock {
        LocalClock::Zone(zone) => Zones::stated(zone.clone()),
        LocalClock::Recipient => recipients(case),
    };
    let limit = match times.limit {
        LocalLimit::QuietHours(_) => TimeLimit::QuietHours,
        LocalLimit::NotBefore(_) => TimeLimit::NotBefore,
        LocalLimit::NotAfter(_) => TimeLimit::NotAfter,
        LocalLimit::OnlyOn(_) => TimeLimit::OnlyOn,
    };
    Some(Effect::Times {
        limit,
        allowed: instants(&times.limit, &zones, case),
    })
}

fn cap(def: CapDef, case: &Case<'_>) -> Option<Effect> {
    let (reach, channel) = match def.reach {
        ReachDef::AcrossChannels => (Reach::AcrossChannels, Ok(None)),
        ReachDef::Channel => {
            let known = case.query.facts.word(&Attribute::MarketChannel);
            (
                Reach::Channel,
                known.map(|channel| Some(channel.clone())).ok_or(()),
            )
        }
    };
    let frequency = Frequency {
        most: def.most,
        window: def.window,
    };
    let contact = case.query.facts.word(&Attribute::Contact);
    let reached = match (contact, channel) {
        (Some(contact), Ok(channel)) => {
            let key = CapKey {
                contact: contact.clone(),
                brand: case.campaign.brand.clone(),
                channel,
            };
            case.ledger.contacts(
                case.query,
                case.place,
                &key,
                frequency.looks_at(asked_about(case)),
            )
        }
        (None, _) | (_, Err(())) => None,
    };
    let mut allowed = frequency.allowed(reached.as_deref());
    if !matches!(case.query.question, Question::SendTime(_)) {
        let now = allowed.contains(case.query.now);
        allowed = if now {
            Spans::everything()
        } else {
            Spans::nothing()
        };
    }
    Some(Effect::Cap(Cap {
        most: def.most,
        window: def.window,
        reach,
        allowed,
    }))
}

fn start_at(start: &StartAt, case: &Case<'_>) -> Option<Effect> {
    let counted = start
        .hand_over
        .evidence(case.campaign, &case.query.facts, case.ledger, case.query.now);
    let progress = start.hand_over.progress(counted)?;
    match &start.human {
        Human::Price(price, share) => {
            let room = i128::from(share.get()) * i128::from(price.value.get());
            Some(progress.band(price.value, room, Micros::MAX))
        }
        Human::Part(part, points) => {
            let whole = whole(case);
            let room = i128::from(points.get()) * i128::from(whole.get());
            Some(progress.band(share_of(whole, *part), room, whole))
        }
        Human::List(items, slots) => {
            let id = case.candidate.id.as_str();
            let place = (1..)
                .zip(items)
                .find(|(_, item)| item.as_str() == id)
                .map(|(place, _)| place);
            Some(Effect::StartList {
                place,
                model_slots: u16::try_from(progress.widened(i128::from(*slots))).unwrap_or(u16::MAX),
                have: progress.have,
                need: progress.need,
            })
        }
        Human::Time(at, either_way) => {
            let millis = progress.widened(i128::from(either_way.as_millis()));
            let half_a_day = 12 * 60 * 60 * 1_000;
            let near = if millis >= half_a_day {
                Spans::from(asked_about(case))
            } else {
                at_local_time(*at, i64::try_from(millis).ok()?, case)
            };
            Some(Effect::BandAt(Box::new(NearTime {
                human: comes_to_show(*at, case),
                near,
                have: progress.have,
                need: progress.need,
            })))
        }
    }
}

/// What 100 % is.
fn whole(case: &Case<'_>) -> Micros {
    if let Question::Budget(total) = &case.query.question {
        return total.amount;
    }
    Micros::new(1_000_000)
}

fn share_of(whole: Micros, share: BasisPoints) -> Micros {
    Micros::saturated(i128::from(whole.get()) * i128::from(share.get()) / 10_000)
}

fn rounded_up(whole: Micros, share: BasisPoints) -> Micros {
    let down = share_of(whole, share);
    let exact = i128::from(whole.get()) * i128::from(share.get());
    if i128::from(down.get()) * 10_000 < exact {
        return down.plus(Micros::new(1));
    }
    down
}

fn amount(amount: Amount, case: &Case<'_>) -> Micros {
    match amount {
        Amount::Price(price) => price.value,
        Amount::Part(part) => share_of(whole(case), part),
    }
}

fn step_of(step: StepDef, case: &Case<'_>) -> Option<Effect> {
    let Question::Budget(total) = &case.query.question else {
        return Some(Effect::Block);
    };
    let last = (*total.last.get(case.place)?)?;
    let room = match step {
        StepDef::OfItsLast(share) => share_of(last, share),
        StepDef::Points(points) => share_of(total.amount, points),
    };
    Some(Effect::Step {
        at_least: Micros::saturated(i128::from(last.get()) - i128::from(room.get())),
        at_most: last.plus(room),
    })
}

fn asked_about(case: &Case<'_>) -> Span {
    let now = case.query.now;
    match &case.query.question {
        Question::SendTime(sending) => Span::new(sending.earliest, sending.latest),
        Question::Bid(_) | Question::Recommendation { .. } | Question::Budget(_) | Question::Score => {
            Span::new(now, Timestamp::from_millis(now.as_millis().saturating_add(1)))
        }
    }
}

fn recipients(case: &Case<'_>) -> Zones {
    let word = |attribute: Attribute| case.query.facts.word(&attribute).map(Word::as_str);
    Zones::of(word(Attribute::ContactZone), word(Attribute::MarketCountry))
}

fn instants(limit: &LocalLimit, zones: &Zones, case: &Case<'_>) -> Spans {
    let word = |attribute: Attribute| case.query.facts.word(&attribute).map(Word::as_str);
    let days = case
        .holidays
        .of(word(Attribute::MarketCountry), word(Attribute::MarketRegion));
    allowed(limit, asked_about(case), zones, days)
}

/// When the recipient's clock is at most so many milliseconds from that time.
fn at_local_time(at: Time, millis: i64, case: &Case<'_>) -> Spans {
    let hours = Hours {
        from: at.wrapping_sub(SignedDuration::from_millis(millis)),
        until: at.wrapping_add(SignedDuration::from_millis(millis + 1)),
    };
    let every_day = LocalLimit::OnlyOn(vec![LocalWindow {
        days: DayKind::EVERY,
        hours,
    }]);
    instants(&every_day, &recipients(case), case)
}

/// When a clock of the recipient comes to show that time, looked up zone by zone and day by day.
fn comes_to_show(at: Time, case: &Case<'_>) -> Spans {
    let asked = asked_about(case);
    let asked = Span::new(
        asked.from,
        asked
            .until
            .min(asked.from.plus(Duration::from_days(HORIZON_DAYS))),
    );
    let first = Offset::UTC.to_datetime(asked.from.to_jiff()).date();
    let last = Offset::UTC.to_datetime(asked.until.to_jiff()).date();
    let mut found = Vec::new();
    for zone in recipients(case).all() {
        let mut day = first.saturating_sub(jiff::Span::new().days(2));
        while day <= last.saturating_add(jiff::Span::new().days(2)) && day < Date::MAX {
            let shown = zone.to_ambiguous_timestamp(day.to_datetime(at));
            let skipped = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
            let instant = shown.earlier().ok().and_then(|instant| {
                let change = zone.following(instant).next().map(|change| change.timestamp());
                if skipped { change } else { Some(instant) }
            });
            if let Some(instant) = instant.map(Timestamp::from) {
                found.push(Span::new(instant, instant.plus(Duration::from_millis(1))));
            }
            day = day.saturating_add(jiff::Span::new().days(1));
        }
    }
    found.into_iter().collect::<Spans>().within(asked)
}
