use jiff::tz::TimeZone;

use super::{
    code,
    intervals::{Unit, intervals},
    names::Names,
    values,
};
use crate::rules::{
    clock::{LocalTimes, Zone},
    condition::{Atom, Condition, Reading, Test},
    patterns::Patterns,
    syntax::{
        Findings, Spanned,
        ast::{AtomDef, AtomTest, Clause, ConditionDef},
        did_you_mean, say,
    },
    vocabulary::{Aspect, FactType, Key, Scope, Vocabulary},
};

/// Reads conditions against the vocabulary.
pub(super) struct Reader<'r, 'f, 's> {
    pub(super) vocabulary: &'r Vocabulary,
    pub(super) names: &'r Names<'f>,
    /// The regular expressions so far.
    pub(super) patterns: &'r mut Patterns,
    /// Of dates and of `now`.
    pub(super) zone: TimeZone,
    pub(super) findings: &'r mut Findings<'s>,
}

type Values = [Spanned<String>];

impl<'f, 's> Reader<'_, 'f, 's> {
    /// The same for a file of this time zone.
    pub(super) fn in_zone(&mut self, zone: TimeZone) -> Reader<'_, 'f, 's> {
        Reader {
            vocabulary: self.vocabulary,
            names: self.names,
            patterns: self.patterns,
            zone,
            findings: self.findings,
        }
    }

    /// The condition, or everything that is wrong with it.
    ///
    /// Topic and risk that stand in one map are judged on the same label. Below a `not` one matching value is
    /// enough whatever the reading, so that an exemption never becomes easier to meet; of prose, whose hits may be
    /// uncertain, a `not` turns the reading round.
    pub(super) fn condition(&mut self, def: &ConditionDef, reading: Reading) -> Option<Condition> {
        let mut parts = Vec::new();
        let mut label: (Option<&AtomDef>, Option<&AtomDef>) = (None, None);
        for clause in &def.terms {
            match clause {
                Clause::Atom(atom) => match atom.key.value.as_str() {
                    "content.topic" => label.0 = Some(atom),
                    "content.risk" => label.1 = Some(atom),
                    _ => parts.push(self.atom(atom, reading)),
                },
                Clause::Any(branches) => parts.push(self.branches(branches, reading).map(Condition::Any)),
                Clause::All(branches) => parts.push(self.branches(branches, reading).map(Condition::All)),
                Clause::Not(inner) => {
                    let mut inner = self.condition(inner, Reading::Any);
                    if let (Reading::Any, Some(inner)) = (reading, &mut inner) {
                        inner.turn_mentions();
                    }
                    parts.push(inner.map(|inner| Condition::Not(Box::new(inner))));
                }
            }
        }
        if label != (None, None) {
            parts.push(self.label(label.0, label.1, reading));
        }
        all_of(parts)
    }

    /// A condition over facts of candidates only: for `exclude` and `only`.
    pub(super) fn of_candidates(&mut self, def: &ConditionDef, reading: Reading) -> Option<Condition> {
        let condition = self.condition(def, reading)?;
        let mut foreign = None;
        condition.each_atom(&mut |atom| {
            let entry = self
                .vocabulary
                .entry(atom.slot)
                .filter(|entry| entry.scope == Scope::Query);
            foreign = foreign.or(entry);
        });
        let Some(foreign) = foreign else {
            return Some(condition);
        };
        let message = say!("`{}` is the same for every candidate", foreign.attribute);
        self.findings
            .error(code::WRONG_TEST, def.span, message)
            .help(say!("put it in `when`; `exclude` and `only` choose among candidates by brand, campaign, product, objective, creative or ad"));
        None
    }

    /// Reports an id that no rule has. Of a rule that is written but wrong its own finding says enough; so too of a
    /// row, whose id changes with its cells.
    pub(super) fn report_unknown_rule(&mut self, written: &Spanned<String>) {
        let table = self.names.table_of(&written.value);
        let is_wrong = table.is_some_and(|table| self.findings.has_error_in(table));
        if is_wrong || self.names.is_rule(&written.value) {
            return;
        }
        let help = did_you_mean(&written.value, self.names.rules()).map_or_else(
            || say!("write the `id` of a rule of any file"),
            |near| say!("did you mean `{}`?", near),
        );
        let message = say!("there is no rule `{}`", written.value);
        self.findings
            .error(code::UNKNOWN_RULE, written.span, message)
            .help(help);
    }

    fn branches(&mut self, branches: &[ConditionDef], reading: Reading) -> Option<Vec<Condition>> {
        let read: Vec<_> = branches
            .iter()
            .map(|branch| self.condition(branch, reading))
            .collect();
        read.into_iter().collect()
    }

    fn label(
        &mut self,
        topic: Option<&AtomDef>,
        risk: Option<&AtomDef>,
        reading: Reading,
    ) -> Option<Condition> {
        let topics = match topic {
            Some(atom) => Some(values::topics(self.plain(atom)?, self)?),
            None => None,
        };
        let risks = match risk {
            Some(atom) => Some(values::risks(self.plain(atom)?, self.findings)?),
            None => None,
        };
        let key = self.vocabulary.key("content.topic")?;
        Some(fact(key, reading, Test::Label { topics, risks }))
    }

    fn atom(&mut self, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let key = self.key(&atom.key)?;
        let entry = self.vocabulary.entry(key.slot)?;
        match entry.fact_type {
            FactType::Text => self.text(key, atom, reading),
            FactType::Number | FactType::Price(_) | FactType::Instant => {
                let unit = Unit::of(entry.fact_type, &self.zone)?;
                let ends = intervals(&atom.key, &atom.test, &unit, self)?;
                let tests = ends.into_iter().map(|(from, to)| Test::Between(from, to));
                Some(any_of(key, reading, tests))
            }
            FactType::Flag => self.flag(key, atom, reading),
            FactType::Clock => self.clock(key, atom, reading),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Chosen
            | FactType::Name
            | FactType::Declared
            | FactType::Word
            | FactType::Prefix
            | FactType::Topics(_)
            | FactType::Site
            | FactType::Labels => {
                let written = self.plain(atom)?;
                let words = values::words(entry, written, self)?;
                Some(fact(key, reading, Test::Words(words)))
            }
        }
    }

    /// The key, or what was probably meant.
    pub(super) fn key(&mut self, written: &Spanned<String>) -> Option<Key> {
        let found = self.vocabulary.key(&written.value);
        if found.is_none() {
            let near = match written.value.as_str() {
                "content" => Some(say!("write `content.topic` and `content.risk`")),
                other => did_you_mean(other, self.vocabulary.key_names())
                    .map(|near| say!("did you mean `{}`?", near)),
            };
            let message = say!("no fact is called `{}`", written.value);
            self.findings
                .error(code::UNKNOWN_FACT, written.span, message)
                .maybe_help(near);
        }
        found
    }

    /// The values of an atom that offers no other test than being one of them.
    fn plain<'a>(&mut self, atom: &'a AtomDef) -> Option<&'a Values> {
        match &atom.test {
            AtomTest::Values(values) => Some(values),
            AtomTest::Operators(operators) => {
                let name = operators.first().map_or("", |(name, _)| name.value.as_str());
                let message = say!("`{}` has no test called `{}`", atom.key.value, name);
                self.findings
                    .error(code::WRONG_TEST, atom.span(), message)
                    .help(say!("write a value or a list: `{}: [a, b]`", atom.key.value));
                None
            }
        }
    }

    fn text(&mut self, key: Key, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let name = &atom.key.value;
        let AtomTest::Operators(operators) = &atom.test else {
            self.findings
                .error(
                    code::WRONG_TEST,
                    atom.span(),
                    say!("`{}` is prose and cannot be one of a few values", name),
                )
                .help(say!("write `{}: {mentions: lists/words.csv}`", name));
            return None;
        };
        let mut parts = Vec::new();
        for (operator, values) in operators {
            let test = match operator.value.as_str() {
                "mentions" => self.each(values, Self::word_list).map(Test::Mentions),
                "matches" => self.each(values, Self::pattern).map(Test::Matches),
                other => {
                    self.findings
                        .error(
                            code::WRONG_TEST,
                            operator.span,
                            say!("`{}` has no test called `{}`", name, other),
                        )
                        .help(say!(
                            "write `{}: {mentions: lists/words.csv}`; for a regular expression `{}: {matches: \"/(sport|calcio)/\"}`",
                            name,
                            name
                        ));
                    None
                }
            };
            parts.push(test.map(|test| fact(key, reading, test)));
        }
        all_of(parts)
    }

    fn each(
        &mut self,
        values: &Values,
        read: impl Fn(&mut Self, &Spanned<String>) -> Option<usize>,
    ) -> Option<Vec<usize>> {
        let read: Vec<_> = values.iter().map(|value| read(self, value)).collect();
        read.into_iter().collect()
    }

    fn pattern(&mut self, written: &Spanned<String>) -> Option<usize> {
        self.patterns
            .add(&written.value)
            .map_err(|error| values::report_pattern(error, written, self.findings))
            .ok()
    }

    fn word_list(&mut self, path: &Spanned<String>) -> Option<usize> {
        let found = self.names.word_list(&path.value);
        if found.is_none() {
            let in_its_folder = format!("lists/{}", path.value);
            let mut lists = self.names.word_lists();
            let near = lists
                .find(|list| *list == in_its_folder)
                .or_else(|| did_you_mean(&path.value, self.names.word_lists()));
            self.findings
                .error(
                    code::UNKNOWN_LIST,
                    path.span,
                    say!("there is no word list `{}`", path.value),
                )
                .maybe_help(near.map(|near| say!("did you mean `{}`?", near)));
        }
        found
    }

    fn flag(&mut self, key: Key, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let written = self.plain(atom)?;
        let flags: Option<Vec<bool>> = written
            .iter()
            .map(|written| values::flag(written, self.findings))
            .collect();
        Some(any_of(key, reading, flags?.into_iter().map(Test::Is)))
    }

    fn clock(&mut self, key: Key, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let written = self.plain(atom)?;
        let windows: Vec<_> = written
            .iter()
            .map(|written| values::window(written, self.findings))
            .collect();
        let times = LocalTimes {
            zone: Zone::new(self.zone.clone()),
            windows: windows.into_iter().collect::<Option<_>>()?,
        };
        Some(fact(key, reading, Test::Clock(times)))
    }
}

/// One of these tests of a fact.
fn any_of(key: Key, reading: Reading, tests: impl Iterator<Item = Test>) -> Condition {
    let mut parts: Vec<Condition> = tests.map(|test| fact(key, reading, test)).collect();
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => Condition::Any(parts.into_iter().chain(last).collect()),
    }
}

fn all_of(parts: Vec<Option<Condition>>) -> Option<Condition> {
    let mut parts: Vec<Condition> = parts.into_iter().collect::<Option<_>>()?;
    if parts.len() == 1 {
        return parts.pop();
    }
    Some(Condition::All(parts))
}

fn fact(key: Key, reading: Reading, test: Test) -> Condition {
    debug_assert!(
        key.aspect != Aspect::Risk,
        "a risk is read together with its topic"
    );
    Condition::Fact(Atom {
        slot: key.slot,
        reading,
        test,
    })
}
