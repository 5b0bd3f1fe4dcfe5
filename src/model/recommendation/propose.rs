use std::sync::Arc;

use super::{
    creatives::{MOST_ARMS, Shown, pooled_rate},
    items::Items,
    relevance::History,
    slate::{self, ByHand, Drawn, Odds},
};
use crate::{
    domain::{
        Attribute, Bounded, Campaign, Candidate, CandidateId, CandidateLimits, Effect, Estimate, FactValue,
        Facts, Grounds, Kind, LimitedBy, Maturity, Micros, Proposed, Question, Source, Stage, Word,
    },
    model::{
        Snapshot,
        contacts::{ContactKey, Day},
        exploration::HUMAN_SHARE,
        goal::worth,
        maturity::Thresholds,
    },
};

/// How many of the contact's own items are named beside a recommended one.
const REASONS: usize = 3;

/// One opinion a candidate.
///
/// Candidates that state their `creative` are creatives or messages, and a bandit orders them; all others are items. Out by default: what the contact took already, what is not in stock, what the person is looking
/// at. Such an item stands only where people put it.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    let nothing = || vec![None; bounded.query.candidates.len()];
    let Question::Recommendation {
        slots,
        context,
        session,
    } = &bounded.query.question
    else {
        return nothing();
    };
    let asked = Asked::of(snapshot, bounded, *slots, context, session);
    asked.and_then(Asked::answers).unwrap_or_else(nothing)
}

/// The items of a campaign where nobody names any: its list, then what is on its shelf.
#[must_use]
pub fn known(snapshot: &Snapshot, campaign: &Campaign) -> Vec<Candidate> {
    let items = &snapshot.knowledge().items;
    let listed = campaign.baselines.list.as_deref().unwrap_or_default();
    let nothing = Facts::new();
    let list = listed.iter().map(|item| {
        let told = items.told_of(&campaign.id, item);
        (item, told.unwrap_or(&nothing))
    });
    let mut ordered: Vec<&CandidateId> = listed.iter().collect();
    ordered.sort_unstable();
    let rest = items.on_shelf(&campaign.id);
    let rest = rest.filter(|(item, _)| ordered.binary_search(item).is_err());
    list.chain(rest)
        .map(|(item, told)| Candidate {
            id: item.clone(),
            campaign: campaign.id.clone(),
            facts: with_its_name(item, told),
        })
        .collect()
}

fn with_its_name(item: &CandidateId, told: &Facts) -> Facts {
    let mut facts = Facts::with_capacity(told.iter().count() + 1);
    for (name, value) in told.iter() {
        facts.set(name.clone(), value.clone());
    }
    if let Ok(word) = Word::new(item.as_str()) {
        facts.set(Attribute::Item, FactValue::Word(word));
    }
    facts
}

/// How relevant each candidate is, in their order; `None` is one that is not to be shown, or of a question of another
/// kind.
#[must_use]
pub fn relevances(snapshot: &Snapshot, bounded: &Bounded) -> Vec<Option<f64>> {
    let Question::Recommendation {
        slots,
        context,
        session,
    } = &bounded.query.question
    else {
        return vec![None; bounded.query.candidates.len()];
    };
    Asked::of(snapshot, bounded, *slots, context, session).map_or_else(Vec::new, |asked| asked.ranked())
}

struct Asked<'a> {
    snapshot: &'a Snapshot,
    bounded: &'a Bounded,
    items: &'a Items,
    slots: u16,
    context: &'a [CandidateId],
    contact: Option<ContactKey>,
    history: History,
    maturity: Maturity,
    /// The model's weight against people's list.
    weight: f64,
    /// Whether a rule hands a new market over, so that a share of slates follows people's list.
    handed_over: bool,
    /// Whether the model did worse in this market than people's list.
    frozen: bool,
}

impl<'a> Asked<'a> {
    fn of(
        snapshot: &'a Snapshot,
        bounded: &'a Bounded,
        slots: u16,
        context: &'a [CandidateId],
        session: &[CandidateId],
    ) -> Option<Self> {
        let campaign = bounded.campaigns.first()?;
        let items = &*snapshot.knowledge().items;
        let contact = bounded.query.facts.word(&Attribute::Contact);
        let contact = contact.map(|contact: &Word| ContactKey::new(&campaign.brand, contact));
        let today = Day::of(bounded.query.now);
        let thresholds = Thresholds::of(Kind::Recommendation, campaign);
        let heard = items.heard(&campaign.id, today, thresholds.window_days);
        let maturity = thresholds.judge(heard, bounded.query.now);
        let hand_overs = &snapshot.knowledge().hand_overs;
        let facts = &bounded.query.facts;
        let frozen = hand_overs.is_frozen(&campaign.id, Kind::Recommendation, &campaign.facts, facts);
        let handed_over = !frozen && heard.latest.is_some() && bounded.limits.iter().any(is_listed);
        Some(Self {
            snapshot,
            bounded,
            items,
            slots,
            context,
            contact,
            history: items.history(contact, &with_context(session, context)),
            maturity,
            weight: match handed_over {
                _ if frozen => 0.0,
                true => 1.0,
                false => thresholds.weight(maturity),
            },
            handed_over,
            frozen,
        })
    }

    fn answers(self) -> Option<Vec<Option<Proposed>>> {
        let shown = self.creatives();
        let order = self.handed_over.then(|| self.order_of_people());
        let by_hand = order.as_deref().map(|order| ByHand {
            order,
            share: HUMAN_SHARE,
        });
        let drawn = match &shown {
            Some(shown) if self.weight > 0.0 => {
                let (limits, seed) = (&self.bounded.limits, self.bounded.query.seed);
                slate::creatives(limits, self.slots, shown, by_hand, seed)?
            }
            Some(_) | None => self.items(by_hand)?,
        };
        let every = 0..self.bounded.query.candidates.len();
        Some(every.map(|at| self.proposed(at, &drawn)).collect())
    }

    /// How each creative fared, if creatives are what is asked for.
    fn creatives(&self) -> Option<Vec<Option<Shown>>> {
        let candidates = &self.bounded.query.candidates;
        let each = candidates.iter().zip(&self.bounded.campaigns);
        let is_creative = candidates
            .iter()
            .all(|candidate| candidate.facts.get(&Attribute::Creative).is_some());
        let few = candidates.len() <= MOST_ARMS;
        (few && is_creative).then(|| {
            each.map(|(candidate, campaign)| Some(self.items.shown(&campaign.id, &candidate.id)))
                .collect()
        })
    }

    fn items(&self, by_hand: Option<ByHand<'_>>) -> Option<Drawn> {
        let sharpness = if self.weight > 0.0 {
            slate::sharpness(self.maturity.stage)
        } else {
            None
        };
        slate::items(
            &self.bounded.limits,
            self.slots,
            &self.ranked(),
            sharpness,
            by_hand,
            self.bounded.query.seed,
        )
    }

    /// What orders each candidate; `None` is what is not to be shown.
    fn ranked(&self) -> Vec<Option<f64>> {
        if self.frozen {
            self.order_of_people()
        } else {
            self.blended(self.weight)
        }
    }

    /// What people and the model say of each together; `None` is what is not to be shown.
    fn blended(&self, weight: f64) -> Vec<Option<f64>> {
        let candidates = &self.bounded.query.candidates;
        let relevances = self.items.relevances(&self.history);
        let taken = self
            .contact
            .map_or_else(Vec::new, |contact| self.items.marks(contact));
        let numbers: Vec<Option<u32>> = candidates
            .iter()
            .map(|candidate| self.items.number(&candidate.id))
            .collect();
        let known = || numbers.iter().map(|number| relevances.numbered((*number)?));
        let most = known().flatten().fold(f64::MIN_POSITIVE, f64::max);
        let mut lists = Lists::default();
        let each = candidates.iter().zip(&numbers).zip(known()).enumerate();
        each.map(|(at, ((candidate, number), model))| {
            let own = number.and_then(|number| taken.get(number as usize)) == Some(&true);
            if own || self.is_out(candidate) {
                return None;
            }
            let campaign = self.bounded.campaigns.get(at);
            let human = campaign.map_or(0.0, |campaign| lists.rank(campaign, &candidate.id));
            let model = model.unwrap_or(0.0) / most;
            // What neither says anything of still has a place, behind all the rest.
            Some(((model - human) * weight + human).max(1e-12))
        })
        .collect()
    }

    /// People's order: the list of a rule that hands a market over, then the campaign's.
    fn order_of_people(&self) -> Vec<Option<f64>> {
        let each = self.blended(0.0).into_iter().zip(&self.bounded.limits);
        each.map(|(rank, limits)| {
            let place = place_in_list(limits).map(f64::from);
            rank.map(|rank| place.map_or(rank, |place| 1.0 + place.recip()))
        })
        .collect()
    }

    /// Whether it is sold out, or what the person is looking at.
    fn is_out(&self, candidate: &Candidate) -> bool {
        let sold_out = candidate.facts.get(&Attribute::ItemInStock) == Some(&FactValue::Flag(false));
        sold_out || self.context.contains(&candidate.id)
    }

    fn proposed(&self, at: usize, drawn: &Drawn) -> Option<Proposed> {
        let limits = self.bounded.limits.get(at)?;
        if !limits.is_free() {
            return None;
        }
        let choice = *drawn.choices.get(at)?;
        let by_people = choice.slot().is_some();
        let odds = drawn.odds.get(at).copied().flatten().unwrap_or(Odds {
            propensity: 1.0,
            forced: by_people,
        });
        Some(Proposed {
            wish: choice,
            relevance: *drawn.relevances.get(at)?,
            choice,
            propensity: odds.propensity,
            forced: odds.forced,
            source: self.source(at, drawn),
            maturity: self.maturity,
            estimate: choice.slot().and_then(|_| self.estimate(at)),
            limited_by: self.frozen.then_some(LimitedBy::Freeze),
            grounds: choice.slot().and_then(|_| self.because_of(at)),
        })
    }

    fn source(&self, at: usize, drawn: &Drawn) -> Source {
        let put_there = drawn.by_hand || drawn.odds.get(at).is_some_and(Option::is_none);
        let shown = drawn
            .choices
            .get(at)
            .is_some_and(|choice| choice.slot().is_some());
        match self.maturity.stage {
            _ if shown && put_there => Source::Human,
            _ if self.weight >= 1.0 => Source::Model,
            _ if self.weight <= 0.0 => Source::Human,
            Stage::Cold | Stage::Learning | Stage::Mature | Stage::Stale => Source::Blend,
        }
    }

    /// The rate at which the candidate was answered so far, drawn towards that of all that are asked for.
    fn estimate(&self, at: usize) -> Option<Estimate> {
        let campaign = self.bounded.campaigns.get(at)?;
        let own = self
            .items
            .shown(&campaign.id, &self.bounded.query.candidates.get(at)?.id);
        if own.shown <= 0.0 {
            return None;
        }
        let pairs = self.bounded.query.candidates.iter().zip(&self.bounded.campaigns);
        let all: Vec<Shown> = pairs
            .take(MOST_ARMS)
            .map(|(candidate, campaign)| self.items.shown(&campaign.id, &candidate.id))
            .collect();
        let rate = pooled_rate(&all);
        let outcome_probability =
            (rate * (1.0 + own.answered) / rate.mul_add(own.shown, 1.0)).clamp(0.0, 1.0);
        let known = self.snapshot.knowledge().campaigns.get(&campaign.id);
        let mean_value = known.and_then(crate::model::CampaignKnowledge::mean_value_micros);
        let worth = worth(campaign.goal, outcome_probability, mean_value);
        Some(Estimate {
            outcome_probability,
            expected_value: Micros::from_f64(worth.map_or(0.0, |worth| worth.value_micros))?,
            win_probability: None,
        })
    }

    fn because_of(&self, at: usize) -> Option<Box<Grounds>> {
        let item = &self.bounded.query.candidates.get(at)?.id;
        let reasons = self.items.because_of(&self.history, item, REASONS);
        let because_of: Vec<CandidateId> = reasons.into_iter().map(|reason| reason.item).collect();
        (!because_of.is_empty()).then(|| Box::new(Grounds::Item { because_of }))
    }
}

/// People's order, from the list of each campaign, looked up once a campaign: a list may be as long as what is asked for.
#[derive(Default)]
struct Lists<'a> {
    of: Option<&'a Arc<Campaign>>,
    /// (item, place from 0), by item.
    places: Vec<(&'a CandidateId, usize)>,
}

impl<'a> Lists<'a> {
    /// 1 for the first of the campaign's list, falling to 0 behind the last.
    fn rank(&mut self, campaign: &'a Arc<Campaign>, item: &CandidateId) -> f64 {
        if self.of.is_none_or(|of| !Arc::ptr_eq(of, campaign)) {
            let list = campaign.baselines.list.as_deref().unwrap_or_default();
            self.of = Some(campaign);
            self.places = list.iter().zip(0..).collect();
            self.places.sort_unstable();
            // An item that stands twice stands where it stands first.
            self.places.dedup_by_key(|place| place.0);
        }
        let found = self.places.binary_search_by(|(listed, _)| (*listed).cmp(item));
        let place = found.ok().and_then(|at| self.places.get(at));
        let list = campaign.baselines.list.as_ref().map_or(1, Vec::len);
        place.map_or(0.0, |(_, place)| (list - place) as f64 / list as f64)
    }
}

/// What the person looks at speaks last, so loudest.
fn with_context(session: &[CandidateId], context: &[CandidateId]) -> Vec<CandidateId> {
    session.iter().chain(context).cloned().collect()
}

/// Whether a rule hands a novel market over.
fn is_listed(limits: &CandidateLimits) -> bool {
    let mut effects = limits.effects.iter();
    effects.any(|active| matches!(active.effect, Effect::StartList { .. }))
}

/// The place in the list of the rule that hands a market over.
fn place_in_list(limits: &CandidateLimits) -> Option<u16> {
    let lists = limits.effects.iter().filter_map(|active| {
        if let Effect::StartList { place, .. } = active.effect {
            return Some((active.tier, place));
        }
        None
    });
    lists.max()?.1
}
