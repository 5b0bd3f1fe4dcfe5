use std::collections::HashMap;

use crate::{
    domain::{CampaignId, RuleId},
    rules::syntax::{
        Span,
        ast::{Files, RuleDef, TermDef},
    },
};

/// Terms of a list that are kept.
const SAMPLES: usize = 8;

/// Where the rules of a rulebook were written, for whoever has more to say of them; and a few words of each list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    rules: HashMap<String, RulePlace>,
    campaigns: HashMap<String, Span>,
    /// By place of a word list: some of its terms.
    pub(in crate::rules) terms: Vec<Vec<Sample>>,
}

/// A term of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) struct Sample {
    pub(in crate::rules) term: Box<str>,
    /// The language of the texts in which it counts, if said.
    pub(in crate::rules) language: Option<Box<str>>,
}

/// Where a rule was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RulePlace {
    id: Span,
    when: Option<Span>,
    /// `unless` if there is one, and the exceptions, in the order of the draft.
    exemptions: Vec<Span>,
    unless: Option<Span>,
    /// The rule that names the table in whose row it stands.
    table: Option<String>,
}

impl Places {
    pub(super) fn of(files: &Files) -> Self {
        let defs = files.rules.iter().flat_map(|file| &file.rules);
        let mut rules: HashMap<String, RulePlace> = HashMap::new();
        for def in defs {
            let place = RulePlace::of(def);
            rules.entry(def.id.value.clone()).or_insert(place);
        }
        for exception in files.rules.iter().flat_map(|file| &file.exceptions) {
            let to = &exception.to;
            if let Some(rule) = rules.get_mut(&to.value) {
                rule.exemptions.push(to.span);
                continue;
            }
            let of_table = |rule: &&mut RulePlace| rule.table.as_ref() == Some(&to.value);
            for row in rules.values_mut().filter(of_table) {
                row.exemptions.push(to.span);
            }
        }
        let campaigns = files.campaigns.iter().flat_map(|file| &file.campaigns);
        let lists = files.word_lists.iter();
        Self {
            rules,
            campaigns: campaigns.map(|def| (def.id.value.clone(), def.id.span)).collect(),
            terms: lists
                .map(|list| {
                    let terms = list.terms.iter().take(SAMPLES);
                    terms.map(Sample::of).collect()
                })
                .collect(),
        }
    }

    /// Where a rule's id stands.
    pub(in crate::rules) fn rule(&self, id: &RuleId) -> Option<Span> {
        let market = || {
            self.campaigns
                .get(id.as_str().strip_prefix("market-of-")?)
                .copied()
        };
        self.rules.get(id.as_str()).map(|rule| rule.id).or_else(market)
    }

    /// Whether a rule is the market of a campaign, not written as a rule.
    pub(in crate::rules) fn is_market(&self, id: &RuleId) -> bool {
        !self.rules.contains_key(id.as_str())
    }

    /// Whether a rule has a `when` of its own.
    pub(in crate::rules) fn has_when(&self, id: &RuleId) -> bool {
        self.when(id).is_some()
    }

    /// The rule that names the table in whose row a rule stands.
    pub(in crate::rules) fn table(&self, id: &RuleId) -> Option<&str> {
        self.rules.get(id.as_str())?.table.as_deref()
    }

    /// Where a campaign's id stands.
    pub(in crate::rules) fn campaign(&self, id: &CampaignId) -> Option<Span> {
        self.campaigns.get(id.as_str()).copied()
    }

    /// Where a rule's `when` stands.
    pub(in crate::rules) fn when(&self, id: &RuleId) -> Option<Span> {
        self.rules.get(id.as_str())?.when
    }

    /// Where an exemption of a rule stands.
    pub(in crate::rules) fn exemption(&self, id: &RuleId, place: usize) -> Option<Span> {
        self.rules.get(id.as_str())?.exemptions.get(place).copied()
    }

    /// Whether an exemption is the rule's own `unless`.
    pub(in crate::rules) fn is_unless(&self, id: &RuleId, place: usize) -> bool {
        let rule = self.rules.get(id.as_str());
        place == 0 && rule.is_some_and(|rule| rule.unless.is_some())
    }
}

impl Sample {
    fn of(def: &TermDef) -> Self {
        Self {
            term: def.term.value.as_str().into(),
            language: def
                .language
                .as_ref()
                .map(|language| language.value.as_str().into()),
        }
    }
}

impl RulePlace {
    fn of(def: &RuleDef) -> Self {
        let unless = def.unless.as_ref().map(|unless| unless.span);
        Self {
            id: def.id.span,
            when: def.when.as_ref().map(|when| when.span),
            exemptions: unless.into_iter().collect(),
            unless,
            table: def.row.as_ref().map(|row| row.of.value.clone()),
        }
    }
}
