//! `start_at`, `model_may_move`, `hand_over_at`, `novel_by`: a person's value leads in a new market.

use super::{
    Findings, Message, Span, Spanned,
    ast::{EvidenceDef, FreedomDef, Node, StartAtDef, StartDef},
    code,
    effect::{Entries, read},
    effect_table::Form,
    fields::plain_texts,
    message::say,
    quantity, scalar,
    table::Shape,
    window,
};

pub(super) fn start_at(
    key: Span,
    form: &Form,
    value: &Node,
    beside: &Entries,
    findings: &mut Findings<'_>,
) -> Option<StartAtDef> {
    let part = |name: &str| {
        beside
            .iter()
            .find(|(key, _)| key.value == name)
            .map(|(_, node)| node)
    };
    let (may_move, hand_over) = (part("model_may_move"), part("hand_over_at"));
    report_missing(key, form, [may_move, hand_over], findings);
    let may_move = may_move.and_then(|node| read(node, Shape::Freedom, quantity::freedom, findings));
    let start = start(form.shape, value, may_move, findings);
    let hand_over_at = hand_over.and_then(|node| read(node, Shape::Evidence, hand_over_evidence, findings));
    let novel_by = part("novel_by")
        .map(|node| plain_texts(node, &Shape::Names.expected(), findings))
        .unwrap_or_default();
    Some(StartAtDef {
        start: start?,
        hand_over_at: hand_over_at?,
        novel_by: novel_by.into_iter().map(|text| text.map(str::to_owned)).collect(),
    })
}

fn report_missing(
    key: Span,
    form: &Form,
    [may_move, hand_over]: [Option<&Node>; 2],
    findings: &mut Findings<'_>,
) {
    let parts = [("`model_may_move`", may_move), ("`hand_over_at`", hand_over)];
    let missing: Vec<&str> = parts
        .iter()
        .filter(|(_, found)| found.is_none())
        .map(|(name, _)| *name)
        .collect();
    let message = match missing.as_slice() {
        [] => return,
        [one] => say!("`start_at` needs {} beside it", *one),
        [first, second, ..] => say!("`start_at` needs {} and {} beside it", *first, *second),
    };
    findings
        .error(code::START_VALUE, key, message)
        .help(say!("write it like `{}`", form.example));
}

/// The value, and how far the model may go from it in the same unit.
fn start(
    shape: Shape,
    value: &Node,
    may_move: Option<Spanned<FreedomDef>>,
    findings: &mut Findings<'_>,
) -> Option<StartDef> {
    if shape == Shape::TimeOfDay {
        let at = read(value, shape, window::time, findings);
        let wanted = say!("a length of time, such as `1 h`");
        let time = move_of(may_move?, &wanted, findings, |freedom| match freedom {
            FreedomDef::Time(time) => Some(time),
            FreedomDef::Share(_) | FreedomDef::Points(_) | FreedomDef::Slots(_) => None,
        });
        return Some(StartDef::Time(at?, time?));
    }
    if shape == Shape::Names {
        return list(value, may_move?, findings);
    }
    if shape == Shape::Percent {
        let part = read(value, shape, quantity::part, findings);
        let wanted = say!("points of the whole, such as `5 points`");
        let points = move_of(may_move?, &wanted, findings, |freedom| match freedom {
            FreedomDef::Points(points) => Some(points),
            FreedomDef::Share(_) | FreedomDef::Slots(_) | FreedomDef::Time(_) => None,
        });
        return Some(StartDef::Part(part?, points?));
    }
    let price = read(value, Shape::Money, scalar::money, findings);
    let wanted = say!("a share of the value, such as `20%`");
    let share = move_of(may_move?, &wanted, findings, |freedom| match freedom {
        FreedomDef::Share(share) => Some(share),
        FreedomDef::Points(_) | FreedomDef::Slots(_) | FreedomDef::Time(_) => None,
    });
    Some(StartDef::Price(price?, share?))
}

fn list(value: &Node, may_move: Spanned<FreedomDef>, findings: &mut Findings<'_>) -> Option<StartDef> {
    let items = plain_texts(value, &Shape::Names.expected(), findings);
    let wanted = say!("how many slots the model fills, such as `2 slots`");
    let slots = move_of(may_move, &wanted, findings, |freedom| match freedom {
        FreedomDef::Slots(slots) => Some(slots),
        FreedomDef::Share(_) | FreedomDef::Points(_) | FreedomDef::Time(_) => None,
    });
    let items: Vec<_> = items.into_iter().map(|item| item.map(str::to_owned)).collect();
    let slots = slots?;
    (!items.is_empty()).then_some(StartDef::List(items, slots))
}

fn move_of<T>(
    written: Spanned<FreedomDef>,
    wanted: &Message,
    findings: &mut Findings<'_>,
    unit: impl Fn(FreedomDef) -> Option<T>,
) -> Option<T> {
    let read = unit(written.value);
    if read.is_none() {
        findings
            .error(
                code::START_VALUE,
                written.span,
                say!("`model_may_move` has another unit than the value to start at"),
            )
            .help(say!("write {}", wanted));
    }
    read
}

fn hand_over_evidence(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<EvidenceDef> {
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
