//! `when`, `unless`, `applies_to`: facts and values, nested by `any`, `all` and `not`.

use super::{
    Findings, Message, Spanned,
    ast::{AtomDef, AtomTest, Clause, ConditionDef, Node, Tree},
    code,
    fields::{is_empty, plain_texts, wrong_shape},
    say,
};

/// How deep `any`, `all` and `not` may nest.
const MAX_DEPTH: usize = 3;

/// To stand after "write".
fn values() -> Message {
    say!("a value, or a list of values: `[IT, ES]`")
}

/// Reads a condition.
pub(super) fn condition(node: &Node, findings: &mut Findings<'_>) -> Option<ConditionDef> {
    nested(node, 0, findings)
}

fn nested(node: &Node, depth: usize, findings: &mut Findings<'_>) -> Option<ConditionDef> {
    let Tree::Map(entries) = &node.value else {
        wrong_shape(node, &say!("a condition"), findings).help(say!(
            "write facts and values: `{market.country: IT}`; to mean always, leave the key out"
        ));
        return None;
    };
    if entries.is_empty() {
        findings
            .error(code::EMPTY, node.span, say!("the condition says nothing"))
            .help(say!("to mean always, leave the key out"));
        return None;
    }
    let terms: Vec<Option<Clause>> = entries
        .iter()
        .map(|(key, value)| clause(key, value, depth, findings))
        .collect();
    let terms: Option<Vec<Clause>> = terms.into_iter().collect();
    Some(ConditionDef {
        span: node.span,
        terms: terms?,
    })
}

fn clause(key: &Spanned<String>, value: &Node, depth: usize, findings: &mut Findings<'_>) -> Option<Clause> {
    let joint = matches!(key.value.as_str(), "any" | "all" | "not");
    if joint && depth == MAX_DEPTH {
        findings
            .error(
                code::NESTED,
                key.span,
                say!("`any`, `all` and `not` are nested more than three deep"),
            )
            .help(say!("make two rules of it, or say it more directly"));
        return None;
    }
    match key.value.as_str() {
        "any" => branches(key, value, depth + 1, findings).map(Clause::Any),
        "all" => branches(key, value, depth + 1, findings).map(Clause::All),
        "not" => nested(value, depth + 1, findings).map(Clause::Not),
        _ => atom(key, value, findings).map(Clause::Atom),
    }
}

fn branches(
    key: &Spanned<String>,
    value: &Node,
    depth: usize,
    findings: &mut Findings<'_>,
) -> Option<Vec<ConditionDef>> {
    let Tree::List(items) = &value.value else {
        wrong_shape(value, &say!("a list of conditions"), findings).help(say!(
            "write `{}: [{market.country: IT}, {market.channel: video}]`",
            key.value
        ));
        return None;
    };
    if items.is_empty() {
        findings
            .error(
                code::EMPTY,
                key.span,
                say!("`{}` has no condition in its list", key.value),
            )
            .help(say!(
                "an empty list would hold always or never; write the conditions, or leave the key out"
            ));
        return None;
    }
    let read: Vec<Option<ConditionDef>> = items.iter().map(|item| nested(item, depth, findings)).collect();
    read.into_iter().collect()
}

fn atom(key: &Spanned<String>, value: &Node, findings: &mut Findings<'_>) -> Option<AtomDef> {
    let before = findings.len();
    let test = match &value.value {
        Tree::Map(operators) if operators.is_empty() => {
            findings
                .error(
                    code::EMPTY,
                    value.span,
                    say!("nothing is said of `{}`", key.value),
                )
                .help(say!("write {}", values()));
            return None;
        }
        Tree::Map(operators) => AtomTest::Operators(
            operators
                .iter()
                .map(|(name, values)| (name.clone(), owned(values, findings)))
                .collect(),
        ),
        Tree::Scalar(_) | Tree::List(_) => AtomTest::Values(owned(value, findings)),
    };
    (findings.len() == before).then(|| AtomDef {
        key: key.clone(),
        test,
    })
}

fn owned(node: &Node, findings: &mut Findings<'_>) -> Vec<Spanned<String>> {
    if is_empty(node) {
        findings
            .error(code::EMPTY, node.span, say!("no value is written for this"))
            .help(say!("write {}", values()));
        return Vec::new();
    }
    plain_texts(node, &values(), findings)
        .into_iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}
