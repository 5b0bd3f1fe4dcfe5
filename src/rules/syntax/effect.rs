//! `then`: what a rule does.
//!
//! The table of effects says how each is written for which kinds of decision. What is written chooses among its
//! forms, and not the other way round: `at_most: 2.00 EUR` is a price wherever it stands, so that the price of a
//! rule for scores is called a wrong effect and not a wrong number.

use super::{
    Findings, Span, Spanned,
    ast::{AmountDef, BoostDef, EffectDef, Node, PinDef, Tree},
    code,
    condition::condition,
    did_you_mean,
    effect_table::{EFFECTS, EffectRow, Form, Often, effect_keys, effect_row},
    fields::{Fields, plain, plain_texts, scalar_of, wrong_shape},
    message::{Message, quoted, say},
    quantity,
    scalar::{self, Reader},
    start,
    table::{BOOST, PIN, Shape},
    window,
};
use crate::{
    domain::{BasisPoints, Kind},
    rules::calendar::LocalLimit,
};

/// What stands at `then`.
pub(super) type Entries = [(Spanned<String>, Node)];

/// One effect as it is being read: where it stands, beside what, for which kinds.
#[derive(Clone, Copy)]
struct Written<'w> {
    row: &'static EffectRow,
    key: Span,
    beside: &'w Entries,
    kinds: &'w [Spanned<Kind>],
}

/// Reads the effects of a rule for these kinds; the good ones.
pub(super) fn effects(
    node: &Node,
    kinds: &[Spanned<Kind>],
    findings: &mut Findings<'_>,
) -> Vec<Spanned<EffectDef>> {
    match &node.value {
        Tree::Map(entries) if entries.is_empty() => {
            findings
                .error(code::EMPTY, node.span, say!("the rule does nothing"))
                .help(allowed());
            Vec::new()
        }
        Tree::Map(entries) => entries
            .iter()
            .flat_map(|(key, value)| entry(key, value, entries, kinds, findings))
            .collect(),
        Tree::Scalar(_) => single(node, findings).into_iter().collect(),
        Tree::List(_) => {
            wrong_shape(node, &say!("an effect"), findings).help(say!(
                "several effects are a map: `{at_most: 2.00 EUR, note: a text}`"
            ));
            Vec::new()
        }
    }
}

/// `then: block`
fn single(node: &Node, findings: &mut Findings<'_>) -> Option<Spanned<EffectDef>> {
    let text = plain(node, &Shape::Effects.expected(), findings)?;
    if text.value == "block" {
        return Some(Spanned::new(EffectDef::Block, text.span));
    }
    match effect_row(text.value) {
        Some(row) => {
            findings
                .error(code::EMPTY, text.span, say!("`{}` needs a value", row.name))
                .help(say!(
                    "write `{}`",
                    row.forms.first().map_or("", |form| form.example)
                ));
        }
        None => unknown(text, findings),
    }
    None
}

fn entry(
    key: &Spanned<String>,
    value: &Node,
    beside: &Entries,
    kinds: &[Spanned<Kind>],
    findings: &mut Findings<'_>,
) -> Vec<Spanned<EffectDef>> {
    let name = key.as_ref().map(String::as_str);
    let Some(row) = effect_row(name.value) else {
        if EFFECTS
            .iter()
            .flat_map(|row| row.beside)
            .any(|field| field.name == name.value)
        {
            report_orphan(name, beside, findings);
        } else {
            unknown(name, findings);
        }
        return Vec::new();
    };
    let written = Written {
        row,
        key: key.span,
        beside,
        kinds,
    };
    let nodes = match (&value.value, row.often) {
        (Tree::List(items), Often::Several) if !items.is_empty() => items.as_slice(),
        (Tree::Scalar(_) | Tree::List(_) | Tree::Map(_), Often::Once | Often::Several) => {
            std::slice::from_ref(value)
        }
    };
    let mut read = Vec::new();
    for node in nodes {
        let effect = written
            .form(node, findings)
            .and_then(|form| written.effect(form, node, findings));
        read.extend(effect.map(|effect| Spanned::new(effect, key.span.to(node.span))));
    }
    read
}

impl Written<'_> {
    /// The form that is written; a finding where a kind of the rule has none such.
    fn form(self, node: &Node, findings: &mut Findings<'_>) -> Option<&'static Form> {
        let has = |form: &&Form, kind: &Spanned<Kind>| form.kinds.contains(&kind.value);
        let covers = |form: &&'static Form| self.kinds.iter().all(|kind| has(form, kind));
        let fitting: Vec<&'static Form> = self
            .row
            .forms
            .iter()
            .filter(|form| fits(form.shape, node))
            .collect();
        if let Some(form) = fitting.iter().copied().find(covers) {
            return Some(form);
        }
        let among = if fitting.is_empty() {
            self.row.forms.iter().collect()
        } else {
            fitting
        };
        let foreign: Vec<_> = self
            .kinds
            .iter()
            .filter(|kind| among.iter().all(|form| !has(form, kind)))
            .collect();
        for kind in &foreign {
            self.report_kind(kind, node, findings);
        }
        if !foreign.is_empty() {
            return None;
        }
        // Nothing that it could be; whoever reads the usual form of the first kind says what is wrong.
        let usual = self
            .kinds
            .first()
            .and_then(|kind| among.iter().find(|form| has(form, kind)));
        usual.or(among.first()).copied()
    }

    fn report_kind(self, kind: &Spanned<Kind>, node: &Node, findings: &mut Findings<'_>) {
        let name = self.row.name;
        let of_kind = self
            .row
            .forms
            .iter()
            .find(|form| form.kinds.contains(&kind.value));
        let (message, help) = match (of_kind, &node.value) {
            (Some(form), Tree::Scalar(text)) => (
                say!("`{}: {}` is not for `{}`", name, text, kind.value),
                say!(
                    "for `{}` write it like `{}`, in a rule of its own",
                    kind.value,
                    form.example
                ),
            ),
            (Some(form), Tree::List(_) | Tree::Map(_)) => (
                say!("what is written at `{}` is not for `{}`", name, kind.value),
                say!(
                    "for `{}` write it like `{}`, in a rule of its own",
                    kind.value,
                    form.example
                ),
            ),
            (None, _) => {
                let kinds = quoted(self.row.kinds());
                (
                    say!("`{}` is no effect for `{}`", name, kind.value),
                    say!(
                        "`{}` is for {}; make a rule of its own for `{}`",
                        name,
                        kinds,
                        kind.value
                    ),
                )
            }
        };
        findings
            .error(code::WRONG_KIND, self.key.to(node.span), message)
            .help(help)
            .related(kind.span, say!("the rule is for this kind too"));
    }

    fn effect(self, form: &Form, value: &Node, findings: &mut Findings<'_>) -> Option<EffectDef> {
        match self.row.name {
            "block" => block(value, findings),
            "hold" => read(value, Shape::Name, scalar::word, findings).map(|role| EffectDef::Hold { role }),
            "at_least" => amount(form, value, findings).map(EffectDef::AtLeast),
            "at_most" => at_most(form, value, findings),
            "force" if form.shape == Shape::TimeOfDay => {
                read(value, form.shape, window::time, findings).map(EffectDef::ForceAt)
            }
            "force" => amount(form, value, findings).map(EffectDef::Force),
            "adjust" => read(value, Shape::Percent, adjustment, findings).map(EffectDef::Adjust),
            "exclude" => condition(value, findings).map(EffectDef::Exclude),
            "only" => condition(value, findings).map(EffectDef::Only),
            "quiet_hours" | "only_on" => windows(self.row.name, value, findings),
            "not_before" => edge(LocalLimit::NotBefore, value, findings),
            "not_after" => edge(LocalLimit::NotAfter, value, findings),
            "share" => read(value, Shape::Range, quantity::range, findings).map(EffectDef::Share),
            "step_at_most" => read(value, Shape::Step, quantity::step, findings).map(EffectDef::StepAtMost),
            "pin" => pin(value, findings).map(EffectDef::Pin),
            "boost" => boost(value, findings).map(EffectDef::Boost),
            "note" => read(value, Shape::Text, scalar::text, findings).map(EffectDef::Note),
            "start_at" => {
                start::start_at(self.key, form, value, self.beside, findings).map(EffectDef::StartAt)
            }
            _ => None,
        }
    }
}

/// Whether something looks as if this was meant; of effects with one form nobody asks.
fn fits(shape: Shape, node: &Node) -> bool {
    let text = match (&node.value, shape) {
        (Tree::Scalar(text), _) => text.trim(),
        (Tree::List(_), Shape::Names) | (Tree::Map(_), Shape::Map(_)) => return true,
        (Tree::List(_) | Tree::Map(_), _) => return false,
    };
    let per = text.split_once(" per ").map(|(_, what)| what.trim());
    let per_time = per.is_some_and(|what| ["hour", "day", "week", "month", "year"].contains(&what));
    if shape == Shape::Money {
        return scalar::meant_money(text).is_some();
    }
    if shape == Shape::Percent {
        return text.ends_with('%');
    }
    if shape == Shape::Cap {
        return text.contains(" in ") || per_time;
    }
    if shape == Shape::PerFact {
        return per.is_some() && !per_time;
    }
    shape == Shape::TimeOfDay && text.contains(':')
}

pub(super) fn read<T>(
    value: &Node,
    shape: Shape,
    reader: Reader<T>,
    findings: &mut Findings<'_>,
) -> Option<Spanned<T>> {
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

/// A price or a share of the whole, as the form says.
fn amount(form: &Form, value: &Node, findings: &mut Findings<'_>) -> Option<Spanned<AmountDef>> {
    if form.shape == Shape::Percent {
        let part = read(value, form.shape, quantity::part, findings)?;
        return Some(part.map(AmountDef::Part));
    }
    Some(read(value, Shape::Money, scalar::money, findings)?.map(AmountDef::Price))
}

fn at_most(form: &Form, value: &Node, findings: &mut Findings<'_>) -> Option<EffectDef> {
    if form.shape == Shape::Cap {
        return read(value, form.shape, quantity::cap, findings).map(EffectDef::Cap);
    }
    if form.shape == Shape::PerFact {
        return read(value, form.shape, quantity::per_fact, findings).map(EffectDef::AtMostPer);
    }
    amount(form, value, findings).map(EffectDef::AtMost)
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

fn windows(name: &str, value: &Node, findings: &mut Findings<'_>) -> Option<EffectDef> {
    let texts = plain_texts(value, &Shape::Windows.expected(), findings);
    let written = texts.len();
    let windows: Vec<_> = texts
        .into_iter()
        .filter_map(|text| window::window(text, findings))
        .collect();
    if windows.is_empty() || windows.len() < written {
        return None;
    }
    let limit = match name {
        "only_on" => LocalLimit::OnlyOn(windows),
        _ => LocalLimit::QuietHours(windows),
    };
    Some(EffectDef::Times(Spanned::new(limit, value.span)))
}

fn edge(
    limit: fn(crate::rules::calendar::Edge) -> LocalLimit,
    value: &Node,
    findings: &mut Findings<'_>,
) -> Option<EffectDef> {
    let edge = read(value, Shape::Moment, window::edge, findings)?;
    Some(EffectDef::Times(edge.map(limit)))
}

fn pin(value: &Node, findings: &mut Findings<'_>) -> Option<PinDef> {
    let fields = Fields::open(value, &PIN, findings)?;
    let slot = fields.scalar("slot", quantity::count, findings);
    let which = fields.node("where").map(|node| condition(node, findings));
    Some(PinDef {
        slot: slot?,
        which: which.map_or(Some(None), |which| which.map(Some))?,
    })
}

fn boost(value: &Node, findings: &mut Findings<'_>) -> Option<BoostDef> {
    if let Tree::Map(_) = &value.value {
        let fields = Fields::open(value, &BOOST, findings)?;
        let by = fields.scalar("by", adjustment, findings);
        let which = fields.node("where").map(|node| condition(node, findings));
        return Some(BoostDef {
            by: by?,
            which: which.map_or(Some(None), |which| which.map(Some))?,
        });
    }
    let by = read(value, Shape::Percent, adjustment, findings)?;
    Some(BoostDef { by, which: None })
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

fn unknown(written: Spanned<&str>, findings: &mut Findings<'_>) {
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
