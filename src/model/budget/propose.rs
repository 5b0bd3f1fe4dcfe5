use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    arms::KnownArm,
    curve::Curve,
    optimum::{Room, float, optimum},
    posterior::{Posterior, uniform},
};
use crate::{
    domain::{
        Bounded, Campaign, CandidateLimits, Choice, Directive, Effect, Goal, Grounds, Interval, Kind,
        Maturity, Merged, Micros, Proposed, Question, Source, Total, Wish, apply_all, arm_bounds,
        declared_parts,
    },
    model::{CampaignKnowledge, Snapshot, maturity::Thresholds},
};

/// How often the split of drawn curves is taken instead of that of the mean ones.
pub const EXPLORED: f64 = 0.2;

/// One opinion a candidate, in the candidates' order; `None` where nothing is known, where the limits keep an arm back,
/// and where they leave no split at all.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    let silent = || vec![None; bounded.query.candidates.len()];
    let Question::Budget(total) = &bounded.query.question else {
        return silent();
    };
    let Some(bounds) = arm_bounds(&bounded.limits, total.amount) else {
        return silent();
    };
    let asked = Asked::of(snapshot, bounded, total, bounds);
    let splits = asked.splits();
    splits.map_or_else(silent, |splits| asked.opinions(&splits))
}

/// A split that may be taken, and what it would be without limits; one part a free arm.
struct Split {
    wish: Vec<i64>,
    choice: Vec<i64>,
    mass: f64,
}

/// What is asked, with everything an answer needs.
struct Asked<'a> {
    bounded: &'a Bounded,
    total: &'a Total,
    /// The arms that may get a part.
    arms: Vec<Arm>,
    /// What people would give the arms that are kept back.
    kept_back_micros: i64,
    /// Seeds the drawn curves: one draw a snapshot, so that its chance is known.
    drawn_by: u64,
    days: f64,
}

/// One arm that may get a part.
struct Arm {
    place: usize,
    /// What the limits leave it.
    bounds: Interval,
    /// What people would give it without limits.
    declared: i64,
    /// What people give it inside the limits.
    human: i64,
    /// How much the model may lead, 0 to 1.
    weight: f64,
    maturity: Maturity,
    posterior: Option<Posterior>,
    worth_micros: f64,
}

impl<'a> Asked<'a> {
    fn of(
        snapshot: &'a Snapshot,
        bounded: &'a Bounded,
        total: &'a Total,
        bounds: Vec<Option<Interval>>,
    ) -> Self {
        let days = total.period.map_or(1.0, |period| {
            float(period.until.since(period.from).as_millis()) / 86_400_000.0
        });
        let declared = declared_parts(total.amount, &bounded.campaigns);
        let human = human_parts(bounded, &declared);
        let mut asked = Self {
            bounded,
            total,
            arms: Vec::with_capacity(bounds.len()),
            kept_back_micros: 0,
            drawn_by: snapshot.number(),
            days,
        };
        let parts = bounds.into_iter().zip(declared).zip(human).enumerate();
        for (place, ((bounds, declared), human)) in parts {
            match bounds.and_then(|bounds| asked.arm(snapshot, place, bounds, (declared.get(), human))) {
                Some(arm) => asked.arms.push(arm),
                None => asked.kept_back_micros += declared.get(),
            }
        }
        asked
    }

    fn arm(
        &self,
        snapshot: &Snapshot,
        place: usize,
        bounds: Interval,
        (declared, human): (i64, i64),
    ) -> Option<Arm> {
        let bounded = self.bounded;
        let candidate = bounded.query.candidates.get(place)?;
        let campaign = bounded.campaigns.get(place)?;
        let knowledge = snapshot.knowledge();
        let known = knowledge.arms.get(&campaign.id, &candidate.id);
        let thresholds = Thresholds::of(Kind::Budget, campaign);
        let maturity = self.maturity(known, thresholds);
        let mean_value = knowledge.campaigns.get(&campaign.id);
        let worth = worth_micros(
            campaign,
            mean_value.and_then(CampaignKnowledge::mean_value_micros),
            self.total,
        );
        let usual_micros = float(human.max(1)) / self.days;
        let posterior = match known {
            Some(known) => Some(Posterior::clone(&known.posterior)),
            None => knowledge.arms.novel(&campaign.objective.event, usual_micros),
        };
        let led = match (
            posterior.is_some() && worth.is_some(),
            is_handed_over(bounded, place),
        ) {
            (false, _) => 0.0,
            (true, true) => 1.0,
            (true, false) => thresholds.weight(maturity),
        };
        Some(Arm {
            place,
            bounds,
            declared,
            human,
            weight: led,
            maturity,
            posterior,
            worth_micros: worth.unwrap_or(0.0),
        })
    }

    fn maturity(&self, known: Option<&KnownArm>, thresholds: Thresholds) -> Maturity {
        let now = self.bounded.query.now;
        let evidence = known.map(|known| known.events.evidence(thresholds.window_days, now));
        thresholds.judge(evidence.unwrap_or_default(), now)
    }

    /// The split of the mean curves and that of drawn ones; `None` where no arm is free or a number is none.
    fn splits(&self) -> Option<[Split; 2]> {
        let mean = |arm: &Arm| arm.posterior.as_ref().map(Posterior::mean);
        let drawn = |arm: &Arm| {
            let mut generator = ChaCha8Rng::seed_from_u64(self.drawn_by);
            generator.set_stream(arm.place as u64);
            arm.posterior.as_ref().map(|known| known.draw(&mut generator))
        };
        Some([self.split(mean, 1.0 - EXPLORED)?, self.split(drawn, EXPLORED)?])
    }

    fn split(&self, curve: impl Fn(&Arm) -> Option<Curve>, mass: f64) -> Option<Split> {
        let curves: Vec<Curve> = self.arms.iter().map(|arm| self.valued(curve(arm), arm)).collect();
        if self.arms.is_empty() || !curves.iter().all(|curve| curve.is_sound()) {
            return None;
        }
        let total = self.total.amount.get();
        let free = total - self.kept_back_micros;
        let pairs = || self.arms.iter().zip(&curves);
        let own = pairs().map(|(arm, curve)| arm.room(*curve, arm.declared, (0, free)));
        let own: Vec<Room> = own.collect();
        let wish = optimum(&own, free).ok().or_else(|| topped_up(&own, free))?;
        let inside = pairs().map(|(arm, curve)| {
            let bounds = (arm.bounds.at_least.get(), arm.bounds.at_most.get());
            arm.room(*curve, arm.human, bounds)
        });
        let inside: Vec<Room> = inside.collect();
        let fits = free == total
            && inside
                .iter()
                .zip(&wish)
                .all(|(room, part)| (room.at_least..=room.at_most).contains(part));
        let choice = if fits {
            wish.clone()
        } else {
            optimum(&inside, total).ok()?
        };
        Some(Split { wish, choice, mass })
    }

    /// The curve over the whole period, in money; flat where nothing is known.
    fn valued(&self, curve: Option<Curve>, arm: &Arm) -> Curve {
        let curve = curve.unwrap_or(Curve::Linear { slope: 0.0 });
        curve.over(self.days, arm.worth_micros)
    }

    fn opinions(&self, splits: &[Split; 2]) -> Vec<Option<Proposed>> {
        let [mean, drawn] = splits;
        let mut generator = ChaCha8Rng::seed_from_u64(self.bounded.query.seed);
        let taken = if uniform(&mut generator) < drawn.mass {
            drawn
        } else {
            mean
        };
        let mut opinions = vec![None; self.bounded.query.candidates.len()];
        for (at, arm) in self.arms.iter().enumerate() {
            let part = |split: &Split| split.choice.get(at).copied();
            let same = splits.iter().filter(|split| part(split) == part(taken));
            let propensity = same.map(|split| split.mass).sum::<f64>().min(1.0);
            let wish = taken.wish.get(at).copied();
            if let (Some(slot), Some(choice), Some(wish)) = (opinions.get_mut(arm.place), part(taken), wish) {
                *slot = Some(self.opinion(arm, choice, wish, propensity));
            }
        }
        opinions
    }

    fn opinion(&self, arm: &Arm, choice: i64, wish: i64, propensity: f64) -> Proposed {
        let share = |micros: i64| Choice::Share(Micros::new(micros));
        let marginal = arm.posterior.as_ref().map(|known| {
            let a_day = float(choice) / self.days;
            known.mean().marginal(a_day.max(1.0)) * 1e6
        });
        Proposed {
            wish: share(wish),
            relevance: Micros::ZERO,
            choice: share(choice),
            propensity,
            forced: arm.bounds.at_least == arm.bounds.at_most || self.arms.len() == 1,
            source: source(arm.weight),
            maturity: arm.maturity,
            estimate: None,
            limited_by: None,
            grounds: marginal
                .filter(|marginal| marginal.is_finite())
                .map(|marginal_return| Box::new(Grounds::Arm { marginal_return })),
        }
    }
}

impl Arm {
    /// Where the model may move it: from the human part as far towards the bounds as it may lead.
    fn room(&self, curve: Curve, human: i64, (at_least, at_most): (i64, i64)) -> Room {
        let human = human.clamp(at_least, at_most.max(at_least));
        let part = |further: i64| whole_part(self.weight, further);
        Room {
            curve,
            at_least: human - part(human - at_least),
            at_most: human + part(at_most - human),
        }
    }
}

/// That share of an amount of at least 0, rounded down; all of it at 1.
#[expect(
    clippy::cast_possible_truncation,
    reason = "not above the amount, and rounded down"
)]
fn whole_part(share: f64, amount: i64) -> i64 {
    if share >= 1.0 {
        amount
    } else {
        ((share * float(amount)) as i64).clamp(0, amount.max(0))
    }
}

/// Parts that people declared add up to a little less than the total, by rounding: where every arm is pinned to its part, what is
/// left over goes, one micro each, to the first.
fn topped_up(rooms: &[Room], total: i64) -> Option<Vec<i64>> {
    let mut left = total - rooms.iter().map(|room| room.at_most).sum::<i64>();
    if !(0..=i64::try_from(rooms.len()).ok()?).contains(&left) {
        return None;
    }
    let parts = rooms.iter().map(|room| {
        let more = left.min(1);
        left -= more;
        room.at_most + more
    });
    Some(parts.collect())
}

/// What people give each arm inside the limits: the value of the band in force, else the declared part.
fn human_parts(bounded: &Bounded, declared: &[Micros]) -> Vec<i64> {
    let wishes = declared.iter().zip(&bounded.limits);
    let wishes: Vec<Wish> = wishes
        .map(|(part, limits)| Choice::Share(of_band(limits).unwrap_or(*part)).into())
        .collect();
    apply_all(&bounded.query.question, &bounded.limits, &wishes)
        .iter()
        .map(|applied| applied.choice.and_then(Choice::amount).map_or(0, Micros::get))
        .collect()
}

fn is_handed_over(bounded: &Bounded, place: usize) -> bool {
    bounded
        .limits
        .get(place)
        .is_some_and(|limits| of_band(limits).is_some())
}

/// The person's value of the band in force, if a rule hands the arm over.
fn of_band(limits: &CandidateLimits) -> Option<Micros> {
    let mut effects = limits.effects.iter();
    if !effects.any(|active| matches!(active.effect, Effect::Band { .. })) {
        return None;
    }
    match Merged::of(limits.effects.iter()).directive {
        Some(Directive::Within { human, .. }) => Some(human),
        Some(Directive::Conflict { .. }) | None => None,
    }
}

/// What an outcome is worth to the campaign, in micros; `None` where it names no value, nobody has told one yet, or it is
/// in another currency than the total.
fn worth_micros(campaign: &Campaign, mean_value: Option<f64>, total: &Total) -> Option<f64> {
    let told = match campaign.goal {
        Goal::MaximiseConversions { value_per_outcome } => Some(value_per_outcome.to_f64()),
        Goal::TargetCost(cost) => Some(cost.to_f64()),
        Goal::TargetReturn(_) => mean_value,
        Goal::Manual => None,
    };
    told.filter(|_| campaign.currency == total.currency)
}

fn source(weight: f64) -> Source {
    if weight <= 0.0 {
        Source::Human
    } else if weight >= 1.0 {
        Source::Model
    } else {
        Source::Blend
    }
}
