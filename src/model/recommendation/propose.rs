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
        Facts, Grounds, Kind, LimitedBy, Maturity, Micros, Proposed, Query, Question, Source, Stage, Word,
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
    let asked = Asked::of(snapshot, bounded);
    asked.and_then(Asked::answers).unwrap_or_else(nothing)
}

/// The items of a campaign where nobody names any: its list, then what is on its shelf.
#[must_use]
pub fn known(snapshot: &Snapshot, campaign: &Campaign) -> Vec<CandidateId> {
    let listed = campaign.baselines.list.as_deref().unwrap_or_default();
    let mut ordered: Vec<&CandidateId> = listed.iter().collect();
    ordered.sort_unstable();
    let on_shelf = snapshot.knowledge().items.on_shelf(&campaign.id);
    let rest = on_shelf.filter(|item| ordered.binary_search(item).is_err());
    listed.iter().chain(rest).cloned().collect()
}

/// Items of a campaign with what is known of each.
#[must_use]
pub fn candidates(snapshot: &Snapshot, campaign: &Campaign, items: &[CandidateId]) -> Vec<Candidate> {
    let nothing = Facts::new();
    let candidate = |item: &CandidateId| {
        let told = snapshot.knowledge().items.told_of(&campaign.id, item);
        Candidate {
            id: item.clone(),
            campaign: campaign.id.clone(),
            facts: with_its_name(item, told.unwrap_or(&nothing)),
        }
    };
    items.iter().map(candidate).collect()
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
    let nothing = || vec![None; bounded.query.candidates.len()];
    Asked::of(snapshot, bounded).map_or_else(nothing, |asked| asked.ranked())
}

/// How relevant each of these items of a campaign is to a query, in their order, where no rule hands a new market over; `None` is
/// one that is not to be shown, or of a question of another kind.
#[must_use]
pub fn relevances_of(
    snapshot: &Snapshot,
    query: &Query,
    campaign: &Arc<Campaign>,
    items: &[CandidateId],
) -> Vec<Option<f64>> {
    let Some(known) = Known::of(snapshot, query, campaign) else {
        return vec![None; items.len()];
    };
    let each = items.iter().map(|item| Ranked {
        item,
        campaign,
        sold_out: false,
    });
    known.blended(each, known.weight)
}

/// What is known of whom a slate is for, and how far the model of its campaign is.
struct Known<'a> {
    items: &'a Items,
    slots: u16,
    context: &'a [CandidateId],
    contact: Option<ContactKey>,
    history: History,
    maturity: Maturity,
    /// Whether anything was heard of the campaign's items yet.
    is_heard: bool,
    /// The model's weight against people's list.
    weight: f64,
    /// Whether the model did worse in this market than people's list.
    frozen: bool,
}

/// An item that is to be ranked.
#[derive(Clone, Copy)]
struct Ranked<'a> {
    item: &'a CandidateId,
    campaign: &'a Arc<Campaign>,
    sold_out: bool,
}

impl<'a> Known<'a> {
    /// `None` of a question of another kind.
    fn of(snapshot: &'a Snapshot, query: &'a Query, campaign: &Campaign) -> Option<Self> {
        let Question::Recommendation {
            slots,
            context,
            session,
        } = &query.question
        else {
            return None;
        };
        let items = &*snapshot.knowledge().items;
        let contact = query.facts.word(&Attribute::Contact);
        let contact = contact.map(|contact: &Word| ContactKey::new(&campaign.brand, contact));
        let thresholds = Thresholds::of(Kind::Recommendation, campaign);
        let heard = items.heard(&campaign.id, Day::of(query.now), thresholds.window_days);
        let maturity = thresholds.judge(heard, query.now);
        let hand_overs = &snapshot.knowledge().hand_overs;
        let frozen = hand_overs.is_frozen(&campaign.id, Kind::Recommendation, &campaign.facts, &query.facts);
        Some(Self {
            items,
            slots: *slots,
            context,
            contact,
            history: items.history(contact, &with_context(session, context)),
            maturity,
            is_heard: heard.latest.is_some(),
            weight: if frozen { 0.0 } else { thresholds.weight(maturity) },
            frozen,
        })
    }

    /// What people and the model say of each together; `None` is what is not to be shown.
    fn blended<'b>(
        &self,
        each: impl ExactSizeIterator<Item = Ranked<'b>> + Clone,
        weight: f64,
    ) -> Vec<Option<f64>> {
        let relevances = self.items.relevances(&self.history);
        let taken = self
            .contact
            .map_or_else(Vec::new, |contact| self.items.marks(contact));
        let mut numbers = Vec::with_capacity(each.len());
        numbers.extend(each.clone().map(|ranked| self.items.number(ranked.item)));
        let model = |number: &Option<u32>| relevances.numbered((*number)?);
        let most = numbers.iter().filter_map(model).fold(f64::MIN_POSITIVE, f64::max);
        let mut lists = Lists::default();
        let each = each.zip(&numbers);
        each.map(|(ranked, number)| {
            let own = number.and_then(|number| taken.get(number as usize)) == Some(&true);
            if own || ranked.sold_out || self.context.contains(ranked.item) {
                return None;
            }
            let human = lists.rank(ranked.campaign, ranked.item);
            let model = model(number).unwrap_or(0.0) / most;
            // What neither says anything of still has a place, behind all the rest.
            Some(((model - human) * weight + human).max(1e-12))
        })
        .collect()
    }
}

struct Asked<'a> {
    snapshot: &'a Snapshot,
    bounded: &'a Bounded,
    known: Known<'a>,
    /// The model's weight against people's list, where a rule may hand a new market over.
    weight: f64,
    /// Whether a rule hands a new market over, so that a share of slates follows people's list.
    handed_over: bool,
}

impl<'a> Asked<'a> {
    /// `None` of a question of another kind, or over nothing.
    fn of(snapshot: &'a Snapshot, bounded: &'a Bounded) -> Option<Self> {
        let known = Known::of(snapshot, &bounded.query, bounded.campaigns.first()?)?;
        let handed_over = !known.frozen && known.is_heard && bounded.limits.iter().any(is_listed);
        Some(Self {
            snapshot,
            bounded,
            weight: if handed_over { 1.0 } else { known.weight },
            known,
            handed_over,
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
                slate::creatives(limits, self.known.slots, shown, by_hand, seed)?
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
            each.map(|(candidate, campaign)| Some(self.known.items.shown(&campaign.id, &candidate.id)))
                .collect()
        })
    }

    fn items(&self, by_hand: Option<ByHand<'_>>) -> Option<Drawn> {
        let sharpness = if self.weight > 0.0 {
            slate::sharpness(self.known.maturity.stage)
        } else {
            None
        };
        slate::items(
            &self.bounded.limits,
            self.known.slots,
            &self.ranked(),
            sharpness,
            by_hand,
            self.bounded.query.seed,
        )
    }

    /// What orders each candidate; `None` is what is not to be shown.
    fn ranked(&self) -> Vec<Option<f64>> {
        if self.known.frozen {
            self.order_of_people()
        } else {
            self.blended(self.weight)
        }
    }

    /// What people and the model say of each together; `None` is what is not to be shown.
    fn blended(&self, weight: f64) -> Vec<Option<f64>> {
        let each = self.bounded.query.candidates.iter().zip(&self.bounded.campaigns);
        let each = each.map(|(candidate, campaign)| Ranked {
            item: &candidate.id,
            campaign,
            sold_out: candidate.facts.get(&Attribute::ItemInStock) == Some(&FactValue::Flag(false)),
        });
        self.known.blended(each, weight)
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
            maturity: self.known.maturity,
            estimate: choice.slot().and_then(|_| self.estimate(at)),
            limited_by: self.known.frozen.then_some(LimitedBy::Freeze),
            grounds: choice.slot().and_then(|_| self.because_of(at)),
        })
    }

    fn source(&self, at: usize, drawn: &Drawn) -> Source {
        let put_there = drawn.by_hand || drawn.odds.get(at).is_some_and(Option::is_none);
        let shown = drawn
            .choices
            .get(at)
            .is_some_and(|choice| choice.slot().is_some());
        match self.known.maturity.stage {
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
            .known
            .items
            .shown(&campaign.id, &self.bounded.query.candidates.get(at)?.id);
        if own.shown <= 0.0 {
            return None;
        }
        let pairs = self.bounded.query.candidates.iter().zip(&self.bounded.campaigns);
        let all: Vec<Shown> = pairs
            .take(MOST_ARMS)
            .map(|(candidate, campaign)| self.known.items.shown(&campaign.id, &candidate.id))
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
        let reasons = self.known.items.because_of(&self.known.history, item, REASONS);
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
