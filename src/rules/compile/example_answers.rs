//! Of a test: what the model wishes, and what must come out.

use std::sync::Arc;

use super::{code, conditions::Reader, example_names::Named, examples::Declared};
use crate::{
    domain::{BasisPoints, Campaign, Choice, Micros, NoBid, Question, RuleId, Wish},
    rules::{
        Answer, Expectation,
        draft::RuleDraft,
        syntax::{
            Findings, Spanned,
            ast::{ExpectDef, PerCandidate, SaidDef, TestDef},
            say,
        },
    },
};

/// A share of a total, in its unit.
pub(super) fn part_of(total: Micros, share: BasisPoints) -> Micros {
    Micros::saturated(i128::from(total.get()) * i128::from(share.get()) / 10_000)
}

const fn probability(share: BasisPoints) -> Micros {
    Micros::new(share.get() as i64 * 100)
}

/// What the model wishes for each candidate; without words of the test what people would do.
pub(super) fn wishes(
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

/// What must come out of the test.
pub(super) fn expectation(
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
