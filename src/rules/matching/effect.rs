//! From what a rule does to what that means for one candidate: everything it needs is read here, once.

use jiff::{SignedDuration, civil::Time};

use super::rule::Setting;
use crate::{
    domain::{
        Attribute, Campaign, Candidate, Cap, CapKey, Contacts, Effect, FactValue, Frequency, Micros,
        NearTime, PerFact, Question, Reach, Span, Spans, TimeLimit, Timestamp, Word,
    },
    rules::{
        band::{Human, Progress, StartAt},
        calendar::{self, DayKind, Hours, LocalLimit, LocalWindow, Zones},
        canonical::named,
        draft::{Action, Amount, LocalClock, PerFactAction, TimesAction},
        syntax::ast::{CapDef, RangeDef, ReachDef, StepDef},
    },
};

/// Hundredths of a per cent in one.
const WHOLE: i128 = 10_000;

/// A candidate under a rule.
#[derive(Clone, Copy)]
pub(super) struct Target<'q> {
    pub(super) setting: Setting<'q>,
    /// Its place among the candidates.
    pub(super) place: usize,
    pub(super) candidate: &'q Candidate,
    pub(super) campaign: &'q Campaign,
}

impl<'q> Target<'q> {
    /// The effect of an action on the candidate; `None` where it has none: a market that has been handed over, an
    /// arm that had no part before.
    ///
    /// A rule that names money in another currency than a campaign it reaches is refused where it is compiled, and
    /// so is an effect of another kind of decision; should one come here all the same, nothing leaves.
    pub(super) fn effect(self, action: &Action) -> Option<Effect> {
        let foreign = |currency| currency != self.campaign.currency;
        if action.currency().is_some_and(foreign) {
            return Some(Effect::Block);
        }
        Some(match action {
            Action::Block => Effect::Block,
            Action::Exclude => Effect::Exclude,
            Action::Hold(role) => Effect::Hold(role.clone()),
            Action::AtLeast(bound) => Effect::AtLeast(self.amount(*bound)),
            Action::AtMost(bound) => Effect::AtMost(self.amount(*bound)),
            Action::Force(value) => Effect::Force(self.amount(*value)),
            Action::Cap(cap) => Effect::Cap(self.cap(*cap)),
            Action::AtMostPer(limit) => Effect::AtMostPer(Box::new(self.per_fact(*limit)?)),
            Action::Times(times) => self.times(times),
            Action::Share(range) => self.share(*range),
            Action::StepAtMost(step) => return self.step(*step),
            Action::ForceAt(at) => Effect::ForceAt(self.shown_at(*at)),
            Action::StartAt(start) => return self.start_at(start),
            Action::Pin(slot) => Effect::Pin(*slot),
            Action::Adjust(by) => Effect::Adjust(*by),
            Action::Boost(by) => Effect::Boost(*by),
            Action::Note(text) => Effect::Note(text.clone()),
        })
    }

    fn amount(self, amount: Amount) -> Micros {
        match amount {
            Amount::Price(price) => price.value,
            Amount::Part(part) => self.part(part.get().into()),
        }
    }

    /// What 100 % is: of a budget the total, of a probability one.
    fn whole(self) -> Micros {
        match &self.setting.query.question {
            Question::Budget(total) => total.amount,
            Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
                Micros::new(1_000_000)
            }
        }
    }

    /// So many basis points of the whole, rounded down.
    fn part(self, points: i128) -> Micros {
        Micros::saturated(i128::from(self.whole().get()) * points / WHOLE)
    }

    /// The least micros that are at least so many basis points of `whole`.
    fn at_least(whole: Micros, points: i128) -> Micros {
        let product = i128::from(whole.get()) * points;
        Micros::saturated((product + WHOLE - 1) / WHOLE)
    }

    fn share(self, range: RangeDef) -> Effect {
        Effect::Share {
            at_least: Self::at_least(self.whole(), range.at_least.get().into()),
            at_most: self.part(range.at_most.get().into()),
        }
    }

    fn step(self, step: StepDef) -> Option<Effect> {
        let Question::Budget(total) = &self.setting.query.question else {
            return Some(Effect::Block);
        };
        let last = total.last.get(self.place).copied().flatten()?;
        let (whole, points) = match step {
            StepDef::OfItsLast(share) => (last, share),
            StepDef::Points(points) => (total.amount, points),
        };
        let room = Micros::saturated(i128::from(whole.get()) * i128::from(points.get()) / WHOLE);
        Some(Effect::Step {
            at_least: last.minus(room).max(Micros::ZERO),
            at_most: last.plus(room),
        })
    }

    /// The candidate's own value of a fact, or its campaign's.
    fn value(self, attribute: &Attribute) -> Option<&'q FactValue> {
        let own = self.candidate.facts.get(attribute);
        own.or_else(|| self.campaign.facts.get(attribute))
    }

    fn per_fact(self, limit: PerFactAction) -> Option<PerFact> {
        let vocabulary = &self.setting.lexicon.vocabulary;
        let entry = vocabulary.entry(limit.fact)?;
        let same = |word: &Word| {
            let forms = named(vocabulary.taxonomies(), entry.fact_type, word.as_str());
            forms.into_iter().filter_map(|form| Word::new(&form).ok())
        };
        let values = match self.value(&entry.attribute) {
            Some(FactValue::Word(word)) => Some(same(word).collect()),
            Some(FactValue::Words(words)) => Some(words.iter().flat_map(same).collect()),
            Some(_) | None => None,
        };
        Some(PerFact {
            attribute: entry.attribute.clone(),
            values,
            most: limit.most,
        })
    }

    // === caps ===

    fn cap(self, def: CapDef) -> Cap {
        let frequency = Frequency {
            most: def.most,
            window: def.window,
        };
        let during = self.horizon();
        let allowed = frequency.allowed(self.contacts(def.reach, frequency.looks_at(during)).as_deref());
        Cap {
            most: def.most,
            window: def.window,
            reach: match def.reach {
                ReachDef::Channel => Reach::Channel,
                ReachDef::AcrossChannels => Reach::AcrossChannels,
            },
            allowed: match &self.setting.query.question {
                Question::SendTime(_) => allowed,
                // Of a bid it is looked at now only: everything or nothing.
                Question::Bid(_)
                | Question::Recommendation { .. }
                | Question::Budget(_)
                | Question::Score => {
                    if allowed.contains(self.setting.query.now) {
                        Spans::everything()
                    } else {
                        Spans::nothing()
                    }
                }
            },
        }
    }

    /// When the contact was reached; `None` where it, or the channel that counts, is not known.
    fn contacts(self, reach: ReachDef, during: Span) -> Option<Contacts> {
        let query = self.setting.query;
        let channel = match reach {
            ReachDef::Channel => Some(query.facts.word(&Attribute::MarketChannel)?.clone()),
            ReachDef::AcrossChannels => None,
        };
        let key = CapKey {
            contact: query.facts.word(&Attribute::Contact)?.clone(),
            brand: self.campaign.brand.clone(),
            channel,
        };
        self.setting.ledger.contacts(query, self.place, &key, during)
    }

    // === local times ===

    /// The instants that the question is about.
    fn horizon(self) -> Span {
        let now = self.setting.query.now;
        match &self.setting.query.question {
            Question::SendTime(sending) => Span::new(sending.earliest, sending.latest),
            Question::Bid(_) | Question::Recommendation { .. } | Question::Budget(_) | Question::Score => {
                Span::new(now, Timestamp::from_millis(now.as_millis().saturating_add(1)))
            }
        }
    }

    fn word(self, attribute: &Attribute) -> Option<&'q str> {
        self.setting.query.facts.word(attribute).map(Word::as_str)
    }

    /// In which zones the recipient may be.
    fn recipient(self) -> Zones {
        Zones::of(
            self.word(&Attribute::ContactZone),
            self.word(&Attribute::MarketCountry),
        )
    }

    fn allowed(self, limit: &LocalLimit, zones: &Zones) -> Spans {
        let days = self.setting.holidays.of(
            self.word(&Attribute::MarketCountry),
            self.word(&Attribute::MarketRegion),
        );
        calendar::allowed(limit, self.horizon(), zones, days)
    }

    fn times(self, times: &TimesAction) -> Effect {
        let zones = match &times.clock {
            LocalClock::Recipient => self.recipient(),
            LocalClock::Zone(zone) => Zones::stated(zone.clone()),
        };
        Effect::Times {
            limit: match &times.limit {
                LocalLimit::QuietHours(_) => TimeLimit::QuietHours,
                LocalLimit::OnlyOn(_) => TimeLimit::OnlyOn,
                LocalLimit::NotBefore(_) => TimeLimit::NotBefore,
                LocalLimit::NotAfter(_) => TimeLimit::NotAfter,
            },
            allowed: self.allowed(&times.limit, &zones),
        }
    }

    /// The instants at which the recipient's clock shows these hours, on any day.
    fn shown(self, hours: Hours) -> Spans {
        let window = LocalWindow {
            days: DayKind::EVERY,
            hours,
        };
        self.allowed(&LocalLimit::OnlyOn(vec![window]), &self.recipient())
    }

    /// The instants at which the recipient's clock comes to show this time, on each day.
    fn shown_at(self, at: Time) -> Spans {
        calendar::shown_at(at, self.horizon(), &self.recipient())
    }

    // === novel markets ===

    fn start_at(self, start: &StartAt) -> Option<Effect> {
        let query = self.setting.query;
        let evidence = start
            .hand_over
            .evidence(self.campaign, &query.facts, self.setting.ledger, query.now);
        let progress = start.hand_over.progress(evidence)?;
        Some(match &start.human {
            Human::Price(price, share) => {
                let first = i128::from(price.value.get()) * i128::from(share.get());
                progress.band(price.value, first, Micros::MAX)
            }
            Human::Part(part, points) => {
                let first = i128::from(self.whole().get()) * i128::from(points.get());
                progress.band(self.part(part.get().into()), first, self.whole())
            }
            Human::Time(at, either_way) => {
                let millis = progress.widened(either_way.as_millis().into());
                self.near(*at, millis, progress)
            }
            Human::List(items, slots) => {
                let place = items
                    .iter()
                    .position(|item| item.as_str() == self.candidate.id.as_str());
                Effect::StartList {
                    place: place.and_then(|place| u16::try_from(place + 1).ok()),
                    model_slots: u16::try_from(progress.widened((*slots).into())).unwrap_or(u16::MAX),
                    have: progress.have,
                    need: progress.need,
                }
            }
        })
    }

    fn near(self, at: Time, millis: i128, progress: Progress) -> Effect {
        let near = match i64::try_from(millis) {
            Ok(millis) if millis < 12 * 3_600_000 => self.shown(around(at, millis)),
            Ok(_) | Err(_) => Spans::from(self.horizon()),
        };
        Effect::BandAt(Box::new(NearTime {
            human: self.shown_at(at),
            near,
            have: progress.have,
            need: progress.need,
        }))
    }
}

/// The readings that are at most so far from that one, both ends included; less than half a day.
fn around(at: Time, millis: i64) -> Hours {
    Hours {
        from: at.wrapping_sub(SignedDuration::from_millis(millis)),
        until: at.wrapping_add(SignedDuration::from_millis(millis + 1)),
    }
}
