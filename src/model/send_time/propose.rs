use smallvec::SmallVec;

use super::{
    hours::{HOURS, Moment, moments},
    state::{Belief, Who},
};
use crate::{
    domain::{
        Alternative, Bounded, Campaign, CandidateLimits, Choice, Effect, Estimate, Grounds, Kind, LimitedBy,
        Maturity, Micros, Proposed, Question, Sending, Source, Timestamp, apply, local_time, sendable,
        zone_of,
    },
    model::{
        Snapshot,
        contacts::Day,
        exploration::HUMAN_SHARE,
        goal::worth,
        maturity::Thresholds,
        thompson::{Arm, Draws, greatest, probability},
    },
};

/// The share of messages that keep the campaign's fixed time, at random, whatever the model knows: what the model's
/// times bring is measured against them.
pub const HELD_OUT: f64 = 0.05;

/// The streams of a decision's seed: whose time it is, and the draws.
const WHOSE: u64 = 0;
const DRAWS: u64 = 1;

/// One opinion: the message's time.
///
/// The person's fixed time leads while the audience is cold. Then it is a draw: the fixed time with the weight that
/// maturity leaves it, and never less than [`HELD_OUT`]; else Thompson sampling over the allowed hours. What the model
/// wishes without limits and what it chooses inside them come from the same draws. The propensity is that of the
/// instant, over both ways that lead to it.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    let Question::SendTime(sending) = &bounded.query.question else {
        return vec![None; bounded.query.candidates.len()];
    };
    let pairs = bounded.limits.iter().zip(&bounded.campaigns);
    pairs
        .map(|(limits, campaign)| Asked::of(snapshot, bounded, *sending, campaign, limits)?.answer())
        .collect()
}

struct Asked<'a> {
    bounded: &'a Bounded,
    sending: Sending,
    campaign: &'a Campaign,
    limits: &'a CandidateLimits,
    maturity: Maturity,
    /// The chance that the person's time is taken.
    by_hand: f64,
    /// Whether the model did worse in this market than people.
    frozen: bool,
    belief: Option<Belief>,
    mean_value: Option<f64>,
}

/// The hours that may be chosen, with what is believed of each.
struct Options {
    moments: Vec<Moment>,
    arms: Vec<Arm>,
}

impl<'a> Asked<'a> {
    fn of(
        snapshot: &Snapshot,
        bounded: &'a Bounded,
        sending: Sending,
        campaign: &'a Campaign,
        limits: &'a CandidateLimits,
    ) -> Option<Self> {
        campaign.baselines.send_at?;
        let known = &snapshot.knowledge().send_times;
        let who = Who::of(&campaign.brand, &bounded.query.facts);
        let today = Day::of(bounded.query.now);
        let thresholds = Thresholds::of(Kind::SendTime, campaign);
        let audience = known.audience(who, today, thresholds.window_days);
        let maturity = thresholds.judge(audience, bounded.query.now);
        let facts = &bounded.query.facts;
        let hand_overs = &snapshot.knowledge().hand_overs;
        let frozen = hand_overs.is_frozen(&campaign.id, Kind::SendTime, &campaign.facts, facts);
        let of_model = match is_handed_over(limits) {
            _ if frozen || !known.knows(who) => 0.0,
            true => 1.0 - HUMAN_SHARE,
            false => thresholds.weight(maturity) * (1.0 - HELD_OUT),
        };
        let known_value = snapshot.knowledge().campaigns.get(&campaign.id);
        limits.is_free().then_some(Self {
            bounded,
            sending,
            campaign,
            limits,
            maturity,
            by_hand: 1.0 - of_model,
            frozen,
            belief: known.knows(who).then(|| known.believe(who, today)),
            mean_value: known_value.and_then(crate::model::CampaignKnowledge::mean_value_micros),
        })
    }

    fn answer(&self) -> Option<Proposed> {
        let zone = zone_of(&self.bounded.query.facts);
        let allowed = Options::of(moments(&sendable(self.limits), &zone), self.belief.as_ref());
        let fixed = self.fixed();
        let by_hand = apply(self.limits, Choice::Send(fixed)).choice?;
        let seed = self.bounded.query.seed;
        let drawn = Drawn::new(seed);
        let human = self.by_hand >= 1.0 || Draws::new(seed, WHOSE).uniform() < self.by_hand;
        let (wish, choice, source) = if human {
            (Choice::Send(fixed), by_hand, Source::Human)
        } else {
            let window = self.limits.window.as_ref()?;
            let free = Options::of(moments(window, &zone), self.belief.as_ref());
            let wish = drawn.choose(&free)?;
            let choice = drawn.choose(&allowed)?;
            (Choice::Send(wish), Choice::Send(choice), Source::Model)
        };
        let at = choice.instant()?;
        Some(Proposed {
            wish,
            relevance: Micros::ZERO,
            choice,
            propensity: self.propensity(at, by_hand, &allowed)?,
            forced: allowed.moments.len() == 1
                && Some(at) == by_hand.instant()
                && allowed.place(at).is_some(),
            source,
            maturity: self.maturity,
            estimate: self.estimate(at),
            limited_by: self.frozen.then_some(LimitedBy::Freeze),
            grounds: self.grounds(at, &allowed),
        })
    }

    /// People's time, without limits.
    fn fixed(&self) -> Timestamp {
        local_time(
            self.sending,
            self.campaign.baselines.send_at,
            &self.bounded.query.facts,
        )
    }

    /// The probability of an instant, over both ways that lead to it.
    fn propensity(&self, at: Timestamp, by_hand: Choice, allowed: &Options) -> Option<f64> {
        let of_people = if by_hand.instant() == Some(at) {
            self.by_hand
        } else {
            0.0
        };
        let rest = 1.0 - self.by_hand;
        let of_model = match allowed.place(at) {
            Some(place) if rest > 0.0 => rest * probability(&allowed.arms, place)?,
            Some(_) | None => 0.0,
        };
        let sum = of_people + of_model;
        (sum > 0.0).then(|| sum.min(1.0))
    }

    fn chance(&self, at: Timestamp) -> Option<f64> {
        let zone = zone_of(&self.bounded.query.facts);
        let belief = self.belief.as_ref()?;
        Some(belief.probability(super::Hour::of(at, &zone)))
    }

    fn estimate(&self, at: Timestamp) -> Option<Estimate> {
        let outcome_probability = self.chance(at)?;
        let worth = worth(self.campaign.goal, outcome_probability, self.mean_value);
        Some(Estimate {
            outcome_probability,
            expected_value: Micros::from_f64(worth.map_or(0.0, |worth| worth.value_micros))?,
            win_probability: None,
        })
    }

    /// Further instants inside the limits, the most promising first.
    fn grounds(&self, chosen: Timestamp, allowed: &Options) -> Option<Box<Grounds>> {
        let wanted = usize::from(self.sending.alternatives);
        if wanted == 0 {
            return None;
        }
        let others = allowed.moments.iter().filter(|moment| moment.at != chosen);
        let mut others: Vec<Alternative> = others
            .map(|moment| Alternative {
                at: moment.at,
                outcome_probability: self.chance(moment.at),
            })
            .collect();
        let chance = |other: &Alternative| other.outcome_probability.unwrap_or(0.0);
        others.sort_by(|a, b| chance(b).total_cmp(&chance(a)).then(a.at.cmp(&b.at)));
        others.truncate(wanted);
        Some(Box::new(Grounds::SendTime { alternatives: others }))
    }
}

/// One normal draw an hour of the week.
struct Drawn(Vec<f64>);

impl Drawn {
    fn new(seed: u64) -> Self {
        let mut draws = Draws::new(seed, DRAWS);
        Self((0..HOURS).map(|_| draws.normal()).collect())
    }

    fn choose(&self, options: &Options) -> Option<Timestamp> {
        let pairs = options.moments.iter().zip(&options.arms);
        let values = pairs.map(|(moment, arm)| {
            let drawn = self.0.get(moment.hour.number()).copied().unwrap_or_default();
            arm.deviation.mul_add(drawn, arm.mean)
        });
        let values: SmallVec<[f64; 32]> = values.collect();
        options.moments.get(greatest(&values)?).map(|moment| moment.at)
    }
}

impl Options {
    fn of(moments: Vec<Moment>, belief: Option<&Belief>) -> Self {
        let arm = |moment: &Moment| {
            let arm = belief.and_then(|belief| belief.arms.get(moment.hour.number()).copied());
            arm.unwrap_or(Arm {
                mean: 0.0,
                deviation: 1.0,
            })
            .sharpened()
        };
        Self {
            arms: moments.iter().map(arm).collect(),
            moments,
        }
    }

    fn place(&self, at: Timestamp) -> Option<usize> {
        self.moments.iter().position(|moment| moment.at == at)
    }
}

/// Whether a rule hands a novel market over.
fn is_handed_over(limits: &CandidateLimits) -> bool {
    let mut effects = limits.effects.iter();
    effects.any(|active| matches!(active.effect, Effect::BandAt(_)))
}
