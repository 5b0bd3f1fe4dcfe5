//! The table that a rule names: found, and its rows made rules.

use super::{
    Findings, Spanned,
    ast::{Node, RuleDef, RuleTable, Tree},
    cell::Decimals,
    code, did_you_mean,
    effect::effects,
    fields::Fields,
    rows::{self, Shared},
    rule_file::{report_order, report_risk},
    say,
    words::DECIMALS,
};
use crate::domain::Kind;

/// The tables of a folder, and those that the rules of one file name.
pub(super) struct Tables<'t> {
    tables: &'t [RuleTable],
    pub(super) named: Vec<String>,
}

/// A table and what a rule says beside it.
pub(super) struct OfTable<'t> {
    table: Option<&'t RuleTable>,
    decimals: Decimals,
    then: Vec<(Spanned<String>, Node)>,
}

impl<'t> Tables<'t> {
    pub(super) const fn of(tables: &'t [RuleTable]) -> Self {
        Self {
            tables,
            named: Vec::new(),
        }
    }

    /// The table of a rule; `None` where it names none.
    pub(super) fn of_rule(
        &self,
        fields: &Fields<'_>,
        kinds: &[Spanned<Kind>],
        findings: &mut Findings<'_>,
    ) -> Option<OfTable<'t>> {
        let decimals = fields.one_of("decimals", &DECIMALS, findings);
        if fields.node("table").is_none() {
            if let Some(decimals) = decimals {
                findings
                    .error(
                        code::MISSING_KEY,
                        decimals.span,
                        say!("`decimals` needs `table` beside it"),
                    )
                    .help(say!(
                        "it says how the numbers of a table are written; elsewhere decimals have a point"
                    ));
            }
            return None;
        }
        let written = fields.name("table", findings);
        Some(OfTable {
            table: written.and_then(|written| self.find(&written, findings)),
            decimals: decimals.map(|decimals| decimals.value).unwrap_or_default(),
            then: fields
                .node("then")
                .map(|node| entries(node, kinds, findings))
                .unwrap_or_default(),
        })
    }

    fn find(&self, written: &Spanned<String>, findings: &mut Findings<'_>) -> Option<&'t RuleTable> {
        let path = written.value.as_str();
        let found = self.tables.iter().find(|table| table.path == path);
        let is_table = path.starts_with("tables/");
        // Of a table that is there and wrong its own finding says enough.
        if found.is_some() || (is_table && findings.sources().find(path).is_some()) {
            return found;
        }
        let known = self.tables.iter().map(|table| table.path.as_str());
        let named = format!("tables/{}", path.rsplit('/').next().unwrap_or(path));
        let help = match did_you_mean(path, known.clone())
            .or_else(|| known.clone().find(|known| *known == named))
        {
            Some(near) => say!("did you mean `{}`?", near),
            None => say!(
                "a table is a CSV file in the folder `tables`, and is named with it: `tables/start-bids.csv`"
            ),
        };
        findings
            .error(
                code::UNKNOWN_TABLE,
                written.span,
                say!("there is no table `{}`", path),
            )
            .help(help);
        None
    }
}

impl OfTable<'_> {
    /// A rule for each row.
    pub(super) fn rules(
        self,
        rule: RuleDef,
        misread: &mut Vec<String>,
        findings: &mut Findings<'_>,
    ) -> Vec<RuleDef> {
        let Some(table) = self.table else {
            misread.push(rule.id.value);
            return Vec::new();
        };
        let shared = Shared {
            rule,
            then: &self.then,
            decimals: self.decimals,
        };
        let rules = rows::rules(&shared, table, misread, findings);
        for rule in &rules {
            if rule.accept_risk.is_none() {
                report_risk(rule.if_unknown, &rule.then, findings);
            }
            report_order(rule.from, rule.until, findings);
        }
        rules
    }
}

/// What stands at `then` beside a table: the effects that its rows share.
fn entries(
    node: &Node,
    kinds: &[Spanned<Kind>],
    findings: &mut Findings<'_>,
) -> Vec<(Spanned<String>, Node)> {
    match &node.value {
        Tree::Map(entries) => entries.clone(),
        Tree::Scalar(text) if text == "block" => {
            let yes = Node {
                value: Tree::Scalar("yes".to_owned()),
                span: node.span,
            };
            vec![(Spanned::new(text.clone(), node.span), yes)]
        }
        Tree::Scalar(_) | Tree::List(_) => {
            effects(node, kinds, findings);
            Vec::new()
        }
    }
}
