//! `then`: what a rule does.

use super::{
    Findings, Message, Span, Spanned,
    ast::{EffectDef, Node, StartAtDef, Tree},
    code,
    condition::condition,
    did_you_mean,
    effect_table::{EFFECTS, effect_keys, effect_row},
    fields::{plain, plain_texts, scalar_of, wrong_shape},
    quoted, say,
    scalar::{self, Reader},
    table::Shape,
};
use crate::domain::{BasisPoints, Kind};

/// Effects of the language that decisions of other kinds will have.
const LATER: [&str; 9] = [
    "quiet_hours",
    "not_before",
    "not_after",
    "only_on",
    "share",
    "step_at_most",
    "pin",
    "boost",
    "at_most_per",
];

/// Reads the effects of a rule for these kinds; the good ones.
pub(super) fn effects(
    node: &Node,
    kinds: &[Spanned<Kind>],
    findings: &mut Findings<'_>,
) -> Vec<Spanned<EffectDef>> {
    let written = match &node.value {
        Tree::Map(entries) if entries.is_empty() => {
            findings
                .error(code::EMPTY, node.span, say!("the rule does nothing"))
                .help(allowed());
            return Vec::new();
        }
        Tree::Map(entries) => {
            let mut effects: Vec<Spanned<EffectDef>> = Vec::new();
            for (key, value) in entries {
                effects.extend(effect(key, value, entries, findings));
            }
            effects
        }
        Tree::Scalar(_) => single(node, findings).into_iter().collect(),
        Tree::List(_) => {
            wrong_shape(node, &say!("an effect"), findings).help(say!(
                "several effects are a map: `{at_most: 2.00 EUR, note: a text}`"
            ));
            Vec::new()
        }
    };
    for effect in &written {
        report_kind(effect, kinds, findings);
    }
    written
}

/// `then: block`
fn single(node: &Node, findings: &mut Findings<'_>) -> Option<Spanned<EffectDef>> {
    let text = plain(node, &Shape::Effects.expected(), findings)?;
    if text.value == "block" {
        return Some(Spanned::new(EffectDef::Block, text.span));
    }
    match effect_row(text.value) {
        Some(row) => {
            let example = row.forms.first().map_or("", |form| form.example);
            findings
                .error(code::EMPTY, text.span, say!("`{}` needs a value", row.name))
                .help(say!("write `{}`", example));
        }
        None => unknown(text, findings),
    }
    None
}

type Entries = [(Spanned<String>, Node)];

fn effect(
    key: &Spanned<String>,
    value: &Node,
    entries: &Entries,
    findings: &mut Findings<'_>,
) -> Option<Spanned<EffectDef>> {
    let written = key.as_ref().map(String::as_str);
    let effect = match written.value {
        "block" => block(value, findings),
        "hold" => read(value, Shape::Name, scalar::word, findings).map(|role| EffectDef::Hold { role }),
        "at_least" => read(value, Shape::Money, bound, findings).map(EffectDef::AtLeast),
        "at_most" => read(value, Shape::Money, bound, findings).map(EffectDef::AtMost),
        "force" => read(value, Shape::Money, scalar::money, findings).map(EffectDef::Force),
        "adjust" => read(value, Shape::Percent, adjustment, findings).map(EffectDef::Adjust),
        "exclude" => condition(value, findings).map(EffectDef::Exclude),
        "only" => condition(value, findings).map(EffectDef::Only),
        "note" => read(value, Shape::Text, scalar::text, findings).map(EffectDef::Note),
        "start_at" => start_at(key.span, value, entries, findings).map(EffectDef::StartAt),
        part if stands_beside(part) => {
            report_orphan(written, entries, findings);
            None
        }
        _ => {
            unknown(written, findings);
            None
        }
    };
    effect.map(|effect| Spanned::new(effect, key.span.to(value.span)))
}

fn read<T>(value: &Node, shape: Shape, reader: Reader<T>, findings: &mut Findings<'_>) -> Option<Spanned<T>> {
    scalar_of(value, &shape.expected(), reader, findings)
}

fn block(value: &Node, findings: &mut Findings<'_>) -> Option<EffectDef> {
    match &value.value {
        Tree::Scalar(text) if ["", "yes", "true"].contains(&text.trim()) => Some(EffectDef::Block),
        Tree::Scalar(_) | Tree::List(_) | Tree::Map(_) => {
            wrong_shape(value, &say!("`yes`"), findings)
                .help(say!("write `then: block`, or `block: yes` beside a note"));
            None
        }
    }
}

/// A bound is a price; counts in a window are caps, which come later.
fn bound(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<crate::domain::Money> {
    if written.value.contains(" in ") || written.value.contains(" per ") {
        findings
            .error(
                code::NOT_YET,
                written.span,
                say!("caps such as `{}` are not available yet", written.value),
            )
            .help(say!("a bound is a price, such as `2.00 EUR`"));
        return None;
    }
    scalar::money(written, findings)
}

fn adjustment(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<BasisPoints> {
    let by = scalar::percent(written, findings)?;
    let help = match by.get() {
        0 => say!("an adjustment of nothing does nothing: leave it out"),
        ..-9_000 => say!("at most -90%; to bid nothing write `then: block`"),
        90_001.. => say!("at most +900%"),
        _ => return Some(by),
    };
    findings
        .error(
            code::PERCENT,
            written.span,
            say!("`{}` cannot be an adjustment", written.value),
        )
        .help(help);
    None
}

fn start_at(key: Span, value: &Node, entries: &Entries, findings: &mut Findings<'_>) -> Option<StartAtDef> {
    let part = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| key.value == name)
            .map(|(_, node)| node)
    };
    let start_at = read(value, Shape::Money, scalar::money, findings);
    let (may_move, hand_over) = (part("model_may_move"), part("hand_over_at"));
    let parts = [("`model_may_move`", may_move), ("`hand_over_at`", hand_over)];
    let missing: Vec<&str> = parts
        .iter()
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| *name)
        .collect();
    if !missing.is_empty() {
        findings
            .error(
                code::START_VALUE,
                key,
                say!("`start_at` needs {} beside it", Message::all_of(missing)),
            )
            .help(say!(
                "write `model_may_move: 20%` and `hand_over_at: 50 conversions in 30 days`"
            ));
    }
    let model_may_move = may_move.and_then(|node| read(node, Shape::Percent, freedom, findings));
    let hand_over_at = hand_over.and_then(|node| read(node, Shape::Evidence, hand_over_evidence, findings));
    let novel_by = part("novel_by")
        .map(|node| plain_texts(node, &Shape::Names.expected(), findings))
        .unwrap_or_default();
    Some(StartAtDef {
        start_at: start_at?,
        model_may_move: model_may_move?,
        hand_over_at: hand_over_at?,
        novel_by: novel_by.into_iter().map(|text| text.map(str::to_owned)).collect(),
    })
}

fn freedom(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<BasisPoints> {
    let share = scalar::percent(written, findings)?;
    if share.get() < 0 {
        findings
            .error(
                code::PERCENT,
                written.span,
                say!("`{}` is negative", written.value),
            )
            .help(say!("write how far the model may go up or down, such as `20%`"));
        return None;
    }
    Some(share)
}

fn hand_over_evidence(
    written: Spanned<&str>,
    findings: &mut Findings<'_>,
) -> Option<super::ast::EvidenceDef> {
    let evidence = scalar::evidence(written, findings)?;
    if evidence.count == 0 {
        findings
            .error(
                code::EVIDENCE,
                written.span,
                say!("a hand-over at nothing would begin at once"),
            )
            .help(say!(
                "write how much evidence the model needs, such as `50 conversions in 30 days`"
            ));
        return None;
    }
    Some(evidence)
}

fn report_orphan(part: Spanned<&str>, entries: &Entries, findings: &mut Findings<'_>) {
    if entries.iter().all(|(key, _)| key.value != "start_at") {
        findings
            .error(
                code::START_VALUE,
                part.span,
                say!("`{}` needs `start_at` beside it", part.value),
            )
            .help(say!("write the value to start at, such as `start_at: 1.80 EUR`"));
    }
}

/// Whether it belongs to an effect that stands beside it.
fn stands_beside(part: &str) -> bool {
    EFFECTS
        .iter()
        .flat_map(|row| row.beside)
        .any(|field| field.name == part)
}

fn unknown(written: Spanned<&str>, findings: &mut Findings<'_>) {
    if LATER.contains(&written.value) {
        findings
            .error(
                code::NOT_YET,
                written.span,
                say!("the effect `{}` is not available yet", written.value),
            )
            .help(allowed());
        return;
    }
    let help = match did_you_mean(written.value, effect_keys()) {
        Some(meant) => say!("did you mean `{}`?", meant),
        None => allowed(),
    };
    findings
        .error(
            code::UNKNOWN_EFFECT,
            written.span,
            say!("`{}` is not an effect", written.value),
        )
        .help(help);
}

fn allowed() -> Message {
    say!("the effects are {}", quoted(EFFECTS.iter().map(|row| row.name)))
}

fn report_kind(effect: &Spanned<EffectDef>, kinds: &[Spanned<Kind>], findings: &mut Findings<'_>) {
    let name = match &effect.value {
        EffectDef::AtLeast(_) => "at_least",
        EffectDef::AtMost(_) => "at_most",
        EffectDef::Adjust(_) => "adjust",
        EffectDef::Force(_) => "force",
        EffectDef::StartAt(_) => "start_at",
        EffectDef::Block
        | EffectDef::Hold { .. }
        | EffectDef::Exclude(_)
        | EffectDef::Only(_)
        | EffectDef::Note(_) => return,
    };
    for kind in kinds.iter().filter(|kind| kind.value != Kind::Bid) {
        findings
            .error(
                code::WRONG_KIND,
                effect.span,
                say!("`{}` with a price is for bids only", name),
            )
            .help(say!("make a rule of its own for `{}`", kind.value))
            .related(kind.span, say!("this kind has no price"));
    }
}
