//! Reading the tests of a file: what is given, what the model says, what must come out.

use super::{
    Findings, Spanned,
    ast::{ExpectDef, Node, PerCandidate, SaidDef, TestDef, Tree},
    code,
    fields::{Fields, plain, plain_texts, wrong_shape},
    quantity, say, scalar,
    table::{EXPECT, Shape, TEST, WISH},
    words::{NO_BID, VERDICT_NAMES, VERDICTS, WISHES, WishWord},
};
use crate::domain::{Micros, Money, Verdict};

/// The keys at which an answer stands, in a wish and in what is expected.
const ANSWERS: [&str; 5] = ["bid", "send_at", "items", "shares", "probability"];

pub(super) fn test(node: &Node, findings: &mut Findings<'_>) -> Option<TestDef> {
    let fields = Fields::open(node, &TEST, findings)?;
    let name = fields.text("name", findings);
    let given = fields.node("given").and_then(|node| given(node, findings));
    let model_says = fields.node("model_says").map(|node| wish(node, findings));
    let expect = fields.node("expect").and_then(|node| expect(node, findings));
    Some(TestDef {
        span: node.span,
        name: name?,
        given: given?,
        model_says: model_says.map_or(Some(None), |wish| wish.map(Some))?,
        expect: expect?,
    })
}

fn given(node: &Node, findings: &mut Findings<'_>) -> Option<Vec<(Spanned<String>, Node)>> {
    if let Tree::Map(entries) = &node.value {
        return Some(entries.clone());
    }
    wrong_shape(node, &say!("a map of facts and values"), findings)
        .help(say!("write {}", Shape::Facts.expected()));
    None
}

fn wish(node: &Node, findings: &mut Findings<'_>) -> Option<Spanned<SaidDef>> {
    if let Tree::Scalar(_) = &node.value {
        let text = plain(node, &say!("`{bid: 2.40 EUR}`, `no_bid` or `nothing`"), findings)?;
        let read = match scalar::one_of(text, &say!("something a model says"), &WISHES, findings)? {
            WishWord::NoBid => SaidDef::NoBid,
            WishWord::Nothing => SaidDef::Nothing,
        };
        return Some(Spanned::new(read, text.span));
    }
    let fields = Fields::open(node, &WISH, findings)?;
    let said = answer(&fields, node, findings)?;
    if said.is_none() {
        findings
            .error(code::EMPTY, node.span, say!("the model says nothing here"))
            .help(say!(
                "write what it wishes, such as `{bid: 2.40 EUR}`, or `model_says: nothing`"
            ));
    }
    said
}

/// The one answer that stands in a map; the outer `None` where it cannot be read.
#[expect(
    clippy::option_option,
    reason = "outer: whether it can be read; inner: whether there is one"
)]
fn answer(fields: &Fields<'_>, node: &Node, findings: &mut Findings<'_>) -> Option<Option<Spanned<SaidDef>>> {
    let written: Vec<(&str, &Node)> = ANSWERS
        .into_iter()
        .filter_map(|name| Some((name, fields.node(name)?)))
        .collect();
    let (name, value) = match written.as_slice() {
        [] => return Some(None),
        [(name, value)] => (*name, *value),
        [..] => {
            findings
                .error(
                    code::SHAPE,
                    node.span,
                    say!("a decision has one sort of answer, and several are written"),
                )
                .help(say!(
                    "keep the one of its kind: `bid`, `send_at`, `items`, `shares` or `probability`"
                ));
            return None;
        }
    };
    let said = match name {
        "bid" => fields.scalar(name, bid, findings)?.value,
        "send_at" => SaidDef::SendAt(fields.scalar(name, scalar::instant, findings)?.value),
        "probability" => SaidDef::Probability(fields.scalar(name, quantity::part, findings)?.value),
        "items" => SaidDef::Items(ranked(value, findings)?),
        _ => SaidDef::Shares(shares(value, findings)?),
    };
    Some(Some(Spanned::new(said, value.span)))
}

fn bid(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<SaidDef> {
    if written.value == NO_BID {
        return Some(SaidDef::NoBid);
    }
    let price: Option<Money> = scalar::money(written, findings);
    price.map(SaidDef::Bid)
}

/// `[a, b]`, or with what each is worth: `{a: 0.9, b: 0.4}`.
fn ranked(node: &Node, findings: &mut Findings<'_>) -> Option<Vec<(Spanned<String>, Option<Micros>)>> {
    let Tree::Map(entries) = &node.value else {
        // An empty list is meant: nothing is shown.
        if matches!(&node.value, Tree::List(items) if items.is_empty()) {
            return Some(Vec::new());
        }
        let before = findings.len();
        let names = plain_texts(node, &Shape::Ranked.expected(), findings);
        let items = names
            .into_iter()
            .map(|name| (name.map(str::to_owned), None))
            .collect();
        return (findings.len() == before).then_some(items);
    };
    let each = entries.iter().map(|(name, value)| {
        let text = plain(value, &say!("a number, such as `0.9`"), findings)?;
        let worth = scalar::decimal(text, findings)?;
        Some((name.clone(), Some(worth)))
    });
    let each: Vec<_> = each.collect();
    each.into_iter().collect()
}

/// `{a: 30%, b: 70%}`
pub(in crate::rules) fn shares(
    node: &Node,
    findings: &mut Findings<'_>,
) -> Option<Vec<(Spanned<String>, crate::domain::BasisPoints)>> {
    let Tree::Map(entries) = &node.value else {
        wrong_shape(node, &say!("the share of each arm"), findings)
            .help(say!("write {}", Shape::Shares.expected()));
        return None;
    };
    let each = entries.iter().map(|(name, value)| {
        let text = plain(value, &Shape::Percent.expected(), findings)?;
        Some((name.clone(), quantity::part(text, findings)?))
    });
    let each: Vec<_> = each.collect();
    each.into_iter().collect()
}

/// One value for all candidates, or a map of them by name.
fn per_candidate<T>(
    node: &Node,
    findings: &mut Findings<'_>,
    read: impl Fn(&Node, &mut Findings<'_>) -> Option<T>,
) -> Option<PerCandidate<T>> {
    let Tree::Map(entries) = &node.value else {
        return read(node, findings).map(PerCandidate::Together);
    };
    let each: Vec<_> = entries
        .iter()
        .map(|(name, value)| Some((name.clone(), read(value, findings)?)))
        .collect();
    each.into_iter().collect::<Option<_>>().map(PerCandidate::Each)
}

fn verdict(node: &Node, findings: &mut Findings<'_>) -> Option<Spanned<Verdict>> {
    let text = plain(node, &Shape::OneOf(VERDICT_NAMES).expected(), findings)?;
    let verdict = scalar::one_of(text, &say!("a value of `{}`", "verdict"), &VERDICTS, findings)?;
    Some(Spanned::new(verdict, text.span))
}

/// The rules that are named; an empty list is meant: no rule changed anything.
fn causes(node: &Node, findings: &mut Findings<'_>) -> Option<Vec<Spanned<String>>> {
    if matches!(&node.value, Tree::List(items) if items.is_empty()) {
        return Some(Vec::new());
    }
    let texts = plain_texts(node, &Shape::Names.expected(), findings);
    Some(
        texts
            .into_iter()
            .filter_map(|text| Some(Spanned::new(scalar::name(text, findings)?, text.span)))
            .collect(),
    )
}

fn expect(node: &Node, findings: &mut Findings<'_>) -> Option<ExpectDef> {
    let fields = Fields::open(node, &EXPECT, findings)?;
    let verdict = fields
        .node("verdict")
        .map(|node| per_candidate(node, findings, verdict));
    let answer = answer(&fields, node, findings)?;
    let because_of = fields
        .node("because_of")
        .map(|node| per_candidate(node, findings, causes));
    if verdict.is_none() && answer.is_none() && because_of.is_none() {
        findings
            .error(code::EMPTY, node.span, say!("the test expects nothing"))
            .help(say!("write `{verdict: blocked, because_of: [no-tragedy]}`"));
    }
    Some(ExpectDef {
        span: node.span,
        verdict: verdict.flatten(),
        answer,
        because_of: because_of.flatten(),
    })
}
