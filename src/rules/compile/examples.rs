use std::sync::Arc;

use super::{
    campaigns::Campaigns,
    code,
    conditions::Reader,
    example_campaigns::campaign,
    given::{Given, Stated, wrong},
};
use crate::{
    domain::{
        Auction, AuctionType, BasisPoints, Campaign, Candidate, CandidateId, Choice, Currency, DecisionId,
        Duration, Kind, Micros, Money, NoBid, Query, Question, RuleId, Sending, Timestamp, Total, Wish,
    },
    rules::{
        Answer, Expectation, RuleTest, StatedLedger,
        draft::RuleDraft,
        syntax::{
            Findings, Span, Spanned,
            ast::{ExpectDef, PerCandidate, RuleFile, SaidDef, TestDef},
            quoted, say,
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
    let kind = given.kind.unwrap_or(Kind::Bid);
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

fn part_of(total: Micros, share: BasisPoints) -> Micros {
    Micros::saturated(i128::from(total.get()) * i128::from(share.get()) / 10_000)
}

const fn probability(share: BasisPoints) -> Micros {
    Micros::new(share.get() as i64 * 100)
}

/// The candidates of a query by the names that a test uses.
#[derive(Clone, Copy)]
struct Named<'q> {
    query: &'q Query,
}

impl Named<'_> {
    fn len(self) -> usize {
        self.query.candidates.len()
    }

    fn find(self, name: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<usize> {
        let known = || {
            self.query
                .candidates
                .iter()
                .map(|candidate| candidate.id.as_str())
        };
        let found = known().position(|id| id == name.value);
        if found.is_none() {
            let message = say!("the test has no candidate `{}`", &name.value);
            return wrong(
                name.span,
                message,
                say!("its candidates are {}", quoted(known())),
                reader,
            );
        }
        found
    }

    /// One value a candidate, by name.
    fn each<T: Clone, U: Clone>(
        self,
        written: &[(Spanned<String>, T)],
        otherwise: U,
        value: impl Fn(usize, &T) -> U,
        reader: &mut Reader<'_, '_, '_>,
    ) -> Option<Vec<U>> {
        let mut each = vec![otherwise; self.len()];
        for (at, (name, written)) in written.iter().enumerate() {
            let place = self.find(name, reader)?;
            if let Some(slot) = each.get_mut(place) {
                *slot = value(at, written);
            }
        }
        Some(each)
    }

    fn total(self) -> Micros {
        match &self.query.question {
            Question::Budget(total) => total.amount,
            Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => {
                Micros::ZERO
            }
        }
    }

    /// Whether an answer of that sort fits the question; a finding where not.
    fn fits(self, said: &Spanned<SaidDef>, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        let of = match &said.value {
            SaidDef::Bid(_) | SaidDef::NoBid => Kind::Bid,
            SaidDef::SendAt(_) => Kind::SendTime,
            SaidDef::Items(_) => Kind::Recommendation,
            SaidDef::Shares(_) => Kind::Budget,
            SaidDef::Probability(_) => Kind::Score,
            SaidDef::Nothing => return Some(()),
        };
        let kind = self.query.question.kind();
        if of == kind {
            return Some(());
        }
        let answer = match kind {
            Kind::Bid => "{bid: 2.40 EUR}",
            Kind::SendTime => "{send_at: 2026-11-02T10:00:00Z}",
            Kind::Recommendation => "{items: [a, b]}",
            Kind::Budget => "{shares: {a: 30%, b: 70%}}",
            Kind::Score => "{probability: 40%}",
        };
        wrong(
            said.span,
            say!("this is an answer about `{}`, in a test of `{}`", of, kind),
            say!("write such as `{}`", answer),
            reader,
        )
    }
}

/// What the model wishes for each candidate; without words of the test what people would do.
fn wishes(
    def: &TestDef,
    named: Named<'_>,
    campaigns: &[Arc<Campaign>],
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Vec<Option<Wish>>> {
    let Some(said) = &def.model_says else {
        return Some(
            campaigns
                .iter()
                .map(|campaign| baseline(named, campaign))
                .collect(),
        );
    };
    named.fits(said, reader)?;
    let every = |choice: Choice| Some(vec![Some(Wish::from(choice)); named.len()]);
    match &said.value {
        SaidDef::Bid(money) => every(Choice::Bid(money.amount)),
        SaidDef::NoBid => every(Choice::NoBid(NoBid::NoValue)),
        SaidDef::Nothing => Some(vec![None; named.len()]),
        SaidDef::SendAt(at) => every(Choice::Send(*at)),
        SaidDef::Probability(share) => every(Choice::Score(probability(*share))),
        SaidDef::Shares(shares) => {
            let none = Some(Wish::from(Choice::Share(Micros::ZERO)));
            named.each(
                shares,
                none,
                |_, share| Some(Choice::Share(part_of(named.total(), *share)).into()),
                reader,
            )
        }
        SaidDef::Items(items) => {
            let none = Some(Wish::from(Choice::NotShown));
            named.each(
                items,
                none,
                |at, worth| {
                    let place = i64::try_from(items.len() - at).unwrap_or(0);
                    Some(Wish {
                        choice: Choice::NotShown,
                        relevance: worth.unwrap_or_else(|| Micros::new(place * 1_000_000)),
                    })
                },
                reader,
            )
        }
    }
}

/// The baseline as a wish; `None` where the guardrail finds it by itself.
fn baseline(named: Named<'_>, campaign: &Campaign) -> Option<Wish> {
    match &named.query.question {
        Question::Bid(_) => campaign.baselines.bid.map(|bid| Choice::Bid(bid).into()),
        Question::Score => campaign
            .baselines
            .probability
            .map(|share| Choice::Score(share).into()),
        Question::SendTime(_) | Question::Recommendation { .. } | Question::Budget(_) => None,
    }
}

fn expectation(
    def: &ExpectDef,
    named: Named<'_>,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Expectation> {
    let verdicts = match &def.verdict {
        None => vec![None; named.len()],
        Some(PerCandidate::Together(verdict)) => vec![Some(verdict.value); named.len()],
        Some(PerCandidate::Each(each)) => named.each(each, None, |_, verdict| Some(verdict.value), reader)?,
    };
    let causes_of = match &def.because_of {
        Some(PerCandidate::Each(each)) => {
            let ids: Vec<_> = each
                .iter()
                .map(|(name, written)| (name.clone(), causes(written, declared, reader)))
                .collect();
            named.each(&ids, None, |_, ids| Some(ids.clone()), reader)?
        }
        None | Some(PerCandidate::Together(_)) => vec![None; named.len()],
    };
    let because_of = match &def.because_of {
        Some(PerCandidate::Together(written)) => Some(causes(written, declared, reader)),
        None | Some(PerCandidate::Each(_)) => None,
    };
    let answers = match &def.answer {
        Some(said) => answers(said, named, reader)?,
        None => vec![None; named.len()],
    };
    Some(Expectation {
        verdicts,
        answers,
        because_of,
        causes_of,
    })
}

fn answers(
    said: &Spanned<SaidDef>,
    named: Named<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Vec<Option<Answer>>> {
    named.fits(said, reader)?;
    let every = |answer: Answer| Some(vec![Some(answer); named.len()]);
    match &said.value {
        SaidDef::Bid(money) => every(Answer::Bid(money.amount)),
        SaidDef::NoBid => every(Answer::NoBid),
        SaidDef::Nothing => Some(vec![None; named.len()]),
        SaidDef::SendAt(at) => every(Answer::SendAt(*at)),
        SaidDef::Probability(share) => every(Answer::Probability(probability(*share))),
        SaidDef::Shares(shares) => named.each(
            shares,
            None,
            |_, share| Some(Answer::Share(part_of(named.total(), *share))),
            reader,
        ),
        SaidDef::Items(items) => named.each(
            items,
            Some(Answer::NotShown),
            |at, _| Some(Answer::Slot(u16::try_from(at + 1).unwrap_or(u16::MAX))),
            reader,
        ),
    }
}

fn causes(
    written: &[Spanned<String>],
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Vec<RuleId> {
    let mut ids = Vec::new();
    for written in written {
        let mut known = declared.drafts.iter().map(|draft| &draft.card.id);
        match known.find(|id| id.as_str() == written.value) {
            Some(id) => ids.push(id.clone()),
            None => match of_table(&written.value, declared.drafts) {
                Some(row) => report_table(written, row, reader.findings),
                None => reader.report_unknown_rule(written),
            },
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A row of the table that this rule names.
fn of_table<'d>(id: &str, drafts: &'d [RuleDraft]) -> Option<&'d RuleId> {
    let mut ids = drafts.iter().map(|draft| &draft.card.id);
    ids.find(|row| {
        row.as_str()
            .strip_prefix(id)
            .is_some_and(|rest| rest.starts_with('/'))
    })
}

fn report_table(written: &Spanned<String>, row: &RuleId, findings: &mut Findings<'_>) {
    let message = say!("`{}` names a table, of which each row is a rule", &written.value);
    findings
        .error(code::UNKNOWN_RULE, written.span, message)
        .help(say!("name the row that decides, such as `{}`", row));
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
