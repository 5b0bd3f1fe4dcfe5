//! Hours that leave nothing: of a whole week, or of a time that people chose.
//!
//! What a limit allows in a week that has nothing special is compared as the clock on the wall shows it. Dates,
//! holidays and their eves are left out, for they close some days on purpose. The recipient's clock and the file's
//! may lie hours apart; so whatever is found is asked of the rulebook once more, and told only if its example shows it.

use jiff::civil::Time;

use super::{
    Claim, Found,
    book::{Book, EffectAt},
    gist::{Gist, Register},
    solve::Goal,
    witness::Witness,
};
use crate::{
    domain::{Certainty, Duration, Effect, Kind, RuleIx, Span, Spans, Timestamp},
    rules::{
        band::Human,
        calendar::{DayKind, DaysOf, Edge, LocalLimit, LocalWindow, Zones, allowed},
        draft::{Action, LocalClock, TimesAction},
    },
};

/// Pairs of limits that are looked at closely. A rulebook has to be wild to need more.
const PAIRS: usize = 20_000;

/// 2026-11-02T00:00:00Z, a Monday. Nothing happens to any clock in that week.
const MONDAY: Timestamp = Timestamp::from_millis(1_793_577_600_000);

/// A limit on hours.
struct Hours<'r, 'g> {
    at: EffectAt,
    clock: &'r LocalClock,
    /// What it allows in a week.
    left: Spans,
    gist: &'g Gist<'g>,
}

/// A local time that people chose.
struct Chosen<'g> {
    at: EffectAt,
    /// It, on each day of a week.
    times: Spans,
    gist: &'g Gist<'g>,
}

/// Finds hours that leave no instant of a week, and chosen times at which nothing may be sent.
pub(super) fn weeks(book: &Book<'_>, gists: &[Gist<'_>]) -> Vec<Found> {
    let (hours, chosen) = sorted(book, gists);
    let mut pairs = Pairs { book, left: PAIRS };
    let mut found = pairs.shut(&hours);
    found.extend(pairs.cut_off(&chosen, &hours));
    found
}

fn sorted<'r, 'g>(book: &Book<'r>, gists: &'g [Gist<'g>]) -> (Vec<Hours<'r, 'g>>, Vec<Chosen<'g>>) {
    let (mut hours, mut chosen) = (Vec::new(), Vec::new());
    for (rule, draft) in book.enforced() {
        let Some(gist) = gists.get(rule.0 as usize) else {
            continue;
        };
        for (effect, this) in draft.effects.iter().enumerate() {
            let at = EffectAt { rule, effect };
            if let Action::Times(TimesAction { limit, clock }) = &this.action {
                hours.extend(weekly(limit).map(|left| Hours {
                    at,
                    clock,
                    left,
                    gist,
                }));
            }
            let times = chosen_time(&this.action).map(daily);
            chosen.extend(times.map(|times| Chosen { at, times, gist }));
        }
    }
    (hours, chosen)
}

fn chosen_time(action: &Action) -> Option<Time> {
    if let Action::ForceAt(time) = action {
        return Some(*time);
    }
    let Action::StartAt(start) = action else {
        return None;
    };
    match start.human {
        Human::Time(time, _) => Some(time),
        Human::Price(..) | Human::Part(..) | Human::List(..) => None,
    }
}

const fn week() -> Span {
    Span::new(MONDAY, MONDAY.plus(Duration::from_days(7)))
}

/// What a limit allows in a week, as the clock shows it; `None` where it closes no hour of every week.
fn weekly(limit: &LocalLimit) -> Option<Spans> {
    let is_plain = |window: &&LocalWindow| matches!(window.days, DayKind::Weekdays(_));
    let plain = match limit {
        LocalLimit::QuietHours(windows) => {
            LocalLimit::QuietHours(windows.iter().filter(is_plain).copied().collect())
        }
        LocalLimit::OnlyOn(windows) if windows.iter().all(|window| is_plain(&window)) => limit.clone(),
        LocalLimit::NotBefore(Edge::Time(_)) | LocalLimit::NotAfter(Edge::Time(_)) => limit.clone(),
        LocalLimit::OnlyOn(_)
        | LocalLimit::NotBefore(Edge::Date(_))
        | LocalLimit::NotAfter(Edge::Date(_)) => {
            return None;
        }
    };
    Some(allowed(
        &plain,
        week(),
        &Zones::of(Some("UTC"), None),
        DaysOf::UNKNOWN,
    ))
}

/// A time on each day of a week.
fn daily(time: Time) -> Spans {
    let since_midnight = i64::try_from(time.duration_since(Time::midnight()).as_millis()).unwrap_or(0);
    let days = (0..7).map(|day| {
        let at = MONDAY
            .plus(Duration::from_days(day))
            .plus(Duration::from_millis(since_midnight));
        Span::new(at, at.plus(Duration::from_millis(1)))
    });
    days.collect()
}

/// Looks at pairs, up to a bound.
struct Pairs<'b, 'r> {
    book: &'b Book<'r>,
    left: usize,
}

impl Pairs<'_, '_> {
    /// A query in which all these effects are in force for certain.
    fn together(&mut self, all: &[EffectAt]) -> Option<Witness> {
        self.left = self.left.checked_sub(1)?;
        let goals: Option<Vec<Goal<'_>>> = all.iter().map(|at| self.book.certain(*at)).collect();
        self.book.find(Kind::SendTime, &goals?).found()
    }

    /// Limits that together leave no instant: of each, with those beside it that leave it less and less.
    fn shut(&mut self, hours: &[Hours<'_, '_>]) -> Vec<Found> {
        let terms = &self.book.terms;
        let register = Register::new(hours.iter().map(|hours| hours.gist).collect(), terms);
        let mut told: Vec<Vec<EffectAt>> = Vec::new();
        let mut found = Vec::new();
        for first in hours {
            if told.iter().any(|told| told.contains(&first.at)) {
                continue;
            }
            let near = register.near(first.gist, terms);
            let near = near.into_iter().filter_map(|at| hours.get(at));
            let Some((all, witness)) = self.shutting(first, near) else {
                continue;
            };
            let all: Vec<EffectAt> = all.iter().map(|hours| hours.at).collect();
            let is_so = || sent(self.book, &witness, &all).is_some_and(|left| left.is_empty());
            if is_so() {
                told.push(all.clone());
                found.push(Found {
                    claim: Claim::NoInstant(all),
                    witness: Some(witness),
                });
            }
        }
        found
    }

    /// Limits beside the first that with it leave nothing, as few as will do, and a query that meets them all.
    fn shutting<'h, 'r, 'g>(
        &mut self,
        first: &'h Hours<'r, 'g>,
        near: impl Iterator<Item = &'h Hours<'r, 'g>>,
    ) -> Option<(Vec<&'h Hours<'r, 'g>>, Witness)> {
        let mut all = vec![first];
        let mut left = first.left.clone();
        for other in near {
            if left.is_empty() {
                break;
            }
            let less = left.intersection(&other.left);
            if less == left {
                continue;
            }
            let ends = all.iter().map(|hours| hours.at).chain([other.at]);
            if self.together(&ends.collect::<Vec<_>>()).is_some() {
                all.push(other);
                left = less;
            }
        }
        if !left.is_empty() {
            return None;
        }
        let all = fewest(all);
        let ends: Vec<EffectAt> = all.iter().map(|hours| hours.at).collect();
        let witness = self.together(&ends)?;
        Some((all, witness))
    }

    /// Times that people chose, at which a limit beside them lets nothing be sent.
    fn cut_off(&mut self, chosen: &[Chosen<'_>], hours: &[Hours<'_, '_>]) -> Vec<Found> {
        let terms = &self.book.terms;
        let register = Register::new(hours.iter().map(|hours| hours.gist).collect(), terms);
        let mut found = Vec::new();
        for value in chosen {
            let near = register.near(value.gist, terms);
            let near = near.into_iter().filter_map(|at| hours.get(at));
            let mut outside = near.filter(|hours| {
                *hours.clock == LocalClock::Recipient && hours.left.intersection(&value.times).is_empty()
            });
            let first = outside.find_map(|bound| {
                let witness = self.together(&[value.at, bound.at])?;
                let left = sent(self.book, &witness, &[value.at, bound.at])?;
                left.is_empty().then_some((bound.at, witness))
            });
            found.extend(first.map(|(bound, witness)| Found {
                claim: Claim::CutOff {
                    value: value.at,
                    bound,
                },
                witness: Some(witness),
            }));
        }
        found
    }
}

/// Those without which something would be left.
fn fewest<'h, 'r, 'g>(mut all: Vec<&'h Hours<'r, 'g>>) -> Vec<&'h Hours<'r, 'g>> {
    for at in (0..all.len()).rev() {
        let mut fewer = all.clone();
        fewer.remove(at);
        let mut weeks = fewer.iter().map(|hours| hours.left.clone());
        let left = weeks
            .next()
            .map(|first| weeks.fold(first, |left, next| left.intersection(&next)));
        if left.is_some_and(|left| left.is_empty()) {
            all = fewer;
        }
    }
    all
}

/// The instants that these effects leave in the answer to a query; `None` where one of them is not in force there.
fn sent(book: &Book<'_>, witness: &Witness, all: &[EffectAt]) -> Option<Spans> {
    let limits = witness.limits(book.rulebook);
    let certain = limits
        .first()?
        .effects
        .iter()
        .filter(|active| active.certainty == Certainty::Certain);
    let of = |rule: RuleIx| certain.clone().filter(move |active| active.rule == rule);
    let mut left = Spans::everything();
    for at in all {
        let mut instants = of(at.rule)
            .filter_map(|active| instants(&active.effect))
            .peekable();
        instants.peek()?;
        left = instants.fold(left, |left, instants| left.intersection(instants));
    }
    Some(left)
}

fn instants(effect: &Effect) -> Option<&Spans> {
    if let Effect::Times { allowed, .. } | Effect::ForceAt(allowed) = effect {
        return Some(allowed);
    }
    let Effect::BandAt(band) = effect else {
        return None;
    };
    Some(&band.human)
}
