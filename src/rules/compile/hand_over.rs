//! `hand_over_at: 50 clicks`: what is counted is the objective of the campaign, so the word has to be its event; and
//! it is counted by market, so what tells markets apart has to be known.

use std::collections::HashMap;

use super::{campaigns::Campaigns, code};
use crate::{
    domain::{Attribute, Campaign, Objective},
    rules::{
        Lexicon, NovelBy,
        condition::Truth,
        draft::RuleDraft,
        interpreter,
        syntax::{
            Findings, Span, Spanned,
            ast::{EffectDef, EvidenceDef, Files},
            did_you_mean, say,
        },
    },
};

/// Words that mean whatever the objective counts.
const ANY_EVENT: [&str; 4] = ["outcome", "outcomes", "conversion", "conversions"];

/// Reports hand-overs that count another event than the objective of a campaign that their rule can reach, and those
/// that never come.
pub(super) fn report(
    files: &Files,
    lexicon: &Lexicon,
    drafts: &[RuleDraft],
    campaigns: &Campaigns,
    findings: &mut Findings<'_>,
) {
    let by_id: HashMap<&str, &RuleDraft> = drafts
        .iter()
        .map(|draft| (draft.card.id.as_str(), draft))
        .collect();
    for def in files.rules.iter().flat_map(|file| &file.rules) {
        let Some(draft) = by_id.get(def.id.value.as_str()) else {
            continue;
        };
        let reaches = |campaign: &&Campaign| {
            let served = draft.kinds.iter().any(|kind| campaign.baselines.serve(*kind));
            served && interpreter::reach(lexicon, draft, &campaign.facts) != Truth::False
        };
        for effect in &def.then {
            if let EffectDef::StartAt(start) = &effect.value {
                let reached = campaigns.values().map(AsRef::as_ref).filter(reaches);
                report_event(&start.hand_over_at, reached.clone(), campaigns, findings);
                report_unknown_segment(&start.novel_by, draft, lexicon, findings);
                report_no_product(&start.novel_by, reached, findings);
            }
        }
    }
}

fn report_event<'c>(
    evidence: &Spanned<EvidenceDef>,
    mut reached: impl Iterator<Item = &'c Campaign>,
    campaigns: &Campaigns,
    findings: &mut Findings<'_>,
) {
    let word = evidence.value.outcome.as_str();
    let Some(other) = reached.find(|campaign| !means(word, &campaign.objective)) else {
        return;
    };
    let known = campaigns
        .values()
        .any(|campaign| means(word, &campaign.objective));
    let events = campaigns
        .values()
        .map(|campaign| campaign.objective.event.as_str());
    let help = match did_you_mean(word, events).filter(|_| !known) {
        Some(near) => say!("did you mean `{}`?", near),
        None => say!(
            "what is counted is the objective of the campaign: write `{} {}`, or `outcomes` for whatever it is",
            evidence.value.count,
            &other.objective.event
        ),
    };
    findings
        .error(
            code::HAND_OVER_EVENT,
            evidence.span,
            say!(
                "`{}` are counted nowhere in `{}`, whose objective is `{}`",
                word,
                other.id,
                other.objective.id.as_str()
            ),
        )
        .help(help);
}

/// Where a way of telling markets apart was written.
fn written(ways: &[Spanned<String>], way: NovelBy) -> Option<Span> {
    let mut ways = ways.iter();
    let found = ways.find(|written| NovelBy::from_name(&written.value) == Some(way));
    found.map(|written| written.span)
}

fn report_unknown_segment(
    ways: &[Spanned<String>],
    draft: &RuleDraft,
    lexicon: &Lexicon,
    findings: &mut Findings<'_>,
) {
    let Some(at) = written(ways, NovelBy::Segment) else {
        return;
    };
    let attribute = Attribute::ContactSegment;
    let entry = lexicon.vocabulary.row(&attribute);
    let mut kinds = draft.kinds.iter();
    let without = kinds.find(|kind| entry.is_some_and(|entry| entry.kinds.presence(**kind).is_none()));
    let Some(kind) = without else { return };
    findings
        .warning(
            code::NO_HAND_OVER,
            at,
            say!(
                "`{}` is never handed over: a decision about `{}` has no `{}`, so that nothing is counted",
                draft.card.id,
                kind,
                attribute
            ),
        )
        .help(say!(
            "leave `segment` out of `novel_by`, or make a rule of its own with another `for`"
        ));
}

fn report_no_product<'c>(
    ways: &[Spanned<String>],
    mut reached: impl Iterator<Item = &'c Campaign>,
    findings: &mut Findings<'_>,
) {
    let Some(at) = written(ways, NovelBy::Product) else {
        return;
    };
    let Some(without) = reached.find(|campaign| campaign.product.is_none()) else {
        return;
    };
    findings
        .warning(
            code::NO_HAND_OVER,
            at,
            say!(
                "`{}` is never handed over: it declares no `product`, so that nothing is counted",
                without.id
            ),
        )
        .help(say!(
            "write its `product` in `campaigns.yaml`, or leave `product` out of `novel_by`"
        ));
}

/// Whether the word names the event of an objective, or the objective, in the singular or the plural.
fn means(word: &str, objective: &Objective) -> bool {
    let word = plain(word);
    let names = [plain(objective.event.as_str()), plain(objective.id.as_str())];
    let plural_of = |name: &String| {
        let ies = name.strip_suffix('y').map(|stem| format!("{stem}ies"));
        word == *name
            || word == format!("{name}s")
            || word == format!("{name}es")
            || ies.as_ref() == Some(&word)
    };
    ANY_EVENT.contains(&word.as_str()) || names.iter().any(plural_of)
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', '_'], " ")
}
