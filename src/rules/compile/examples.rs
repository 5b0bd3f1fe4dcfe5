use std::sync::Arc;

use super::{
    campaigns::Campaigns,
    code,
    conditions::Reader,
    example_answers::{expectation, part_of, wishes},
    example_campaigns::campaign,
    example_names::Named,
    given::{Given, Stated, wrong},
    given_kind::kind_of,
};
use crate::{
    domain::{
        Auction, AuctionType, Campaign, Candidate, CandidateId, Currency, DecisionId, Duration, Kind, Micros,
        Money, Query, Question, Sending, Timestamp, Total,
    },
    rules::{
        RuleTest, StatedLedger,
        draft::RuleDraft,
        syntax::{
            Span,
            ast::{RuleFile, SaidDef, TestDef},
            say,
        },
    },
};

/// What a test may name.
#[derive(Clone, Copy)]
pub(super) struct Declared<'d> {
    pub(super) campaigns: &'d Campaigns,
    pub(super) drafts: &'d [RuleDraft],
}

/// A test of a file, ready to be run.
pub(super) fn test(
    def: &TestDef,
    file: &RuleFile,
    path: &Arc<str>,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<RuleTest> {
    let mut given = Given::default();
    let mut whole = true;
    for (name, value) in &def.given {
        whole &= given.state(name, value, reader).is_some();
    }
    if !whole {
        return None;
    }
    let kind = kind_of(def, &given, reader)?;
    let stated = candidates(&mut given, kind);
    let currency = stated_currency(def, &given);
    let campaigns: Vec<_> = stated
        .iter()
        .map(|stated| campaign(stated, currency, declared, reader))
        .collect();
    let campaigns: Vec<Arc<Campaign>> = campaigns.into_iter().collect::<Option<_>>()?;
    same_currency(def, campaigns.first()?, reader)?;
    let of_file = file.tests_at.map(|at| at.value);
    let now = given.now.or(of_file).unwrap_or_default();
    let ledger = StatedLedger {
        evidence: given.evidence,
        contacts: given.contacts.clone(),
    };
    let query = query(given, kind, def, &stated, &campaigns, now, reader)?;
    let named = Named { query: &query };
    Some(RuleTest {
        name: Arc::from(def.name.value.as_str()),
        file: path.clone(),
        line: def.name.span.line,
        ledger,
        wishes: wishes(def, named, &campaigns, reader)?,
        expect: expectation(&def.expect, named, declared, reader)?,
        query,
        campaigns,
    })
}

/// The candidates that a test speaks of, each with what is said of all.
fn candidates(given: &mut Given, kind: Kind) -> Vec<Stated> {
    let listed = std::mem::take(&mut given.candidates);
    let several = match kind {
        Kind::Bid | Kind::Recommendation | Kind::Budget => !listed.is_empty(),
        Kind::SendTime | Kind::Score => false,
    };
    if !several {
        return vec![given.shared.clone()];
    }
    listed.into_iter().map(|one| one.or(&given.shared)).collect()
}

fn query(
    given: Given,
    kind: Kind,
    def: &TestDef,
    stated: &[Stated],
    campaigns: &[Arc<Campaign>],
    now: Timestamp,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Query> {
    let mut all: Vec<Candidate> = Vec::with_capacity(stated.len());
    for (at, (one, campaign)) in stated.iter().zip(campaigns).enumerate() {
        let id = match one.name(kind) {
            Some(name) => CandidateId::new(name.as_str()).ok()?,
            None if stated.len() == 1 => CandidateId::new("candidate").ok()?,
            None => CandidateId::new(&format!("candidate-{}", at + 1)).ok()?,
        };
        if all.iter().any(|known| known.id == id) {
            let message = say!("two candidates are called `{}`", id.as_str());
            return wrong(
                def.name.span,
                message,
                say!("give each an `item`, `arm` or `creative` of its own"),
                reader,
            );
        }
        all.push(Candidate {
            id,
            campaign: campaign.id.clone(),
            facts: one.facts.clone(),
        });
    }
    let question = question(&given, kind, def, &all, campaigns.first()?.currency, now);
    Some(Query {
        decision: DecisionId::new(now, 0),
        now,
        seed: 0,
        caller: None,
        request: None,
        question,
        facts: given.query,
        candidates: all,
    })
}

fn question(
    given: &Given,
    kind: Kind,
    def: &TestDef,
    candidates: &[Candidate],
    currency: Currency,
    now: Timestamp,
) -> Question {
    match kind {
        Kind::Bid => Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: given.floor.map_or(Micros::ZERO, |floor| floor.amount),
            currency: given.floor.map_or(currency, |floor| floor.currency),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        Kind::SendTime => {
            let earliest = given.earliest.unwrap_or(now);
            Question::SendTime(Sending {
                earliest,
                latest: given
                    .latest
                    .unwrap_or_else(|| earliest.plus(Duration::from_days(7))),
                alternatives: 0,
            })
        }
        Kind::Recommendation => Question::Recommendation {
            slots: given.slots.unwrap_or_else(|| slots(def, candidates.len())),
            context: Vec::new(),
            session: Vec::new(),
        },
        Kind::Budget => {
            let amount = given.total.map_or(Micros::new(100_000_000), |total| total.amount);
            let last = |candidate: &Candidate| {
                let part = given
                    .last
                    .iter()
                    .find(|(arm, _)| arm.value == candidate.id.as_str());
                part.map(|(_, share)| part_of(amount, *share))
            };
            Question::Budget(Total {
                amount,
                currency: given.total.map_or(currency, |total| total.currency),
                last: candidates.iter().map(last).collect(),
                spent: Vec::new(),
                period: None,
            })
        }
        Kind::Score => Question::Score,
    }
}

/// As many slots as items are named, in the wish or in what is expected; else one for each candidate.
fn slots(def: &TestDef, candidates: usize) -> u16 {
    let said = [&def.expect.answer, &def.model_says];
    let named = said.into_iter().flatten().find_map(|said| match &said.value {
        SaidDef::Items(items) if !items.is_empty() => Some(items.len()),
        SaidDef::Items(_)
        | SaidDef::Bid(_)
        | SaidDef::NoBid
        | SaidDef::Nothing
        | SaidDef::SendAt(_)
        | SaidDef::Shares(_)
        | SaidDef::Probability(_) => None,
    });
    u16::try_from(named.unwrap_or(candidates)).unwrap_or(u16::MAX)
}

/// Amounts of money that a test says, with their places.
fn amounts(def: &TestDef) -> impl Iterator<Item = (Money, Span)> {
    let said = [&def.model_says, &def.expect.answer];
    said.into_iter().flatten().filter_map(|said| match &said.value {
        SaidDef::Bid(money) => Some((*money, said.span)),
        SaidDef::NoBid
        | SaidDef::Nothing
        | SaidDef::SendAt(_)
        | SaidDef::Items(_)
        | SaidDef::Shares(_)
        | SaidDef::Probability(_) => None,
    })
}

fn stated_currency(def: &TestDef, given: &Given) -> Option<Currency> {
    let said = amounts(def).map(|(money, _)| money.currency).next();
    said.or_else(|| given.total.map(|total| total.currency))
}

/// What the model says and what is expected are in the campaign's currency.
fn same_currency(def: &TestDef, campaign: &Campaign, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
    let Some((money, at)) = amounts(def).find(|(money, _)| money.currency != campaign.currency) else {
        return Some(());
    };
    let message = say!(
        "`{}` in a test of `{}`, which bids in {}",
        money,
        campaign.id,
        campaign.currency
    );
    reader
        .findings
        .error(code::CURRENCY, at, message)
        .help(say!("write the amount in {}", campaign.currency));
    None
}
