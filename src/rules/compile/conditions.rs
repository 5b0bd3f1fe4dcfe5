use super::{code, names::Names, values};
use crate::rules::{
    condition::{Atom, Condition, Reading, Test},
    syntax::{
        Findings, Spanned,
        ast::{AtomDef, AtomTest, Clause, ConditionDef},
        did_you_mean, say,
    },
    vocabulary::{self, Aspect, FactType, Key, Scope, entry},
};

/// Reads conditions against the vocabulary.
pub(super) struct Reader<'r, 'f, 's> {
    pub(super) names: &'r Names<'f>,
    pub(super) findings: &'r mut Findings<'s>,
}

type Values = [Spanned<String>];

impl Reader<'_, '_, '_> {
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
        let mut parts: Vec<Condition> = parts.into_iter().collect::<Option<_>>()?;
        if parts.len() == 1 {
            return parts.pop();
        }
        Some(Condition::All(parts))
    }

    /// A condition over facts of candidates only: for `exclude` and `only`.
    pub(super) fn of_candidates(&mut self, def: &ConditionDef, reading: Reading) -> Option<Condition> {
        let condition = self.condition(def, reading)?;
        let mut foreign = None;
        condition.each_atom(&mut |atom| {
            let entry = entry(atom.slot).filter(|entry| entry.scope == Scope::Query);
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

    /// Reports an id that no rule has. Of a rule that is written but wrong its own finding says enough.
    pub(super) fn report_unknown_rule(&mut self, written: &Spanned<String>) {
        if self.names.is_rule(&written.value) {
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
            Some(atom) => Some(values::topics(self.plain(atom)?, self.findings)?),
            None => None,
        };
        let risks = match risk {
            Some(atom) => Some(values::risks(self.plain(atom)?, self.findings)?),
            None => None,
        };
        let key = vocabulary::key("content.topic")?;
        Some(fact(key, reading, Test::Label { topics, risks }))
    }

    fn atom(&mut self, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let key = self.key(&atom.key)?;
        let entry = entry(key.slot)?;
        match entry.fact_type {
            FactType::Text => self.text(key, atom, reading),
            FactType::Number => self.number(key, atom, reading),
            FactType::Flag => self.flag(key, atom, reading),
            FactType::Clock => self.clock(atom),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Name
            | FactType::Declared
            | FactType::Word
            | FactType::Prefix
            | FactType::Site
            | FactType::Labels => {
                let written = self.plain(atom)?;
                let words = values::words(entry, written, self.names, self.findings)?;
                Some(fact(key, reading, Test::Words(words)))
            }
        }
    }

    /// The key, or what was probably meant.
    pub(super) fn key(&mut self, written: &Spanned<String>) -> Option<Key> {
        let found = vocabulary::key(&written.value);
        if found.is_none() {
            let near = match written.value.as_str() {
                "content" => Some(say!("write `content.topic` and `content.risk`")),
                other => {
                    did_you_mean(other, vocabulary::key_names()).map(|near| say!("did you mean `{}`?", near))
                }
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
        let paths = match &atom.test {
            AtomTest::Operators(operators) => match operators.as_slice() {
                [(name, paths)] if name.value == "mentions" => Some(paths),
                _ => None,
            },
            AtomTest::Values(_) => None,
        };
        let Some(paths) = paths else {
            let message = say!(
                "`{}` is prose and can only be searched for a list",
                atom.key.value
            );
            self.findings
                .error(code::WRONG_TEST, atom.span(), message)
                .help(say!("write `{}: {mentions: lists/words.csv}`", atom.key.value));
            return None;
        };
        let lists: Vec<_> = paths.iter().map(|path| self.word_list(path)).collect();
        let lists = lists.into_iter().collect::<Option<_>>()?;
        Some(fact(key, reading, Test::Mentions(lists)))
    }

    fn word_list(&mut self, path: &Spanned<String>) -> Option<usize> {
        let found = self.names.word_list(&path.value);
        if found.is_none() {
            let near = did_you_mean(&path.value, self.names.word_lists());
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
        let flags: Option<Vec<Condition>> = self
            .plain(atom)?
            .iter()
            .map(|written| {
                Some(fact(
                    key,
                    reading,
                    Test::Is(values::flag(written, self.findings)?),
                ))
            })
            .collect();
        flags.map(Condition::Any)
    }

    fn clock(&mut self, atom: &AtomDef) -> Option<Condition> {
        self.findings
            .error(
                code::WRONG_TEST,
                atom.span(),
                say!("`{}` cannot be asked for yet", &atom.key.value),
            )
            .help(say!("use `from` and `until` of the rule"));
        None
    }

    fn number(&mut self, key: Key, atom: &AtomDef, reading: Reading) -> Option<Condition> {
        let parts: Option<Vec<Condition>> = match &atom.test {
            AtomTest::Values(values) => {
                let exactly = |value: &Spanned<String>| {
                    let number = values::number(value, self.findings)?;
                    Some(fact(key, reading, Test::Between(number, number)))
                };
                values.iter().map(exactly).collect()
            }
            AtomTest::Operators(operators) => {
                let (mut from, mut to) = (i64::MIN, i64::MAX);
                for (name, values) in operators {
                    let bound = match (name.value.as_str(), values.as_slice()) {
                        ("at_least", [value]) => values::number(value, self.findings).map(|n| from = n),
                        ("at_most", [value]) => values::number(value, self.findings).map(|n| to = n),
                        _ => {
                            let message = say!("`{}` has no test called `{}`", atom.key.value, name.value);
                            self.findings
                                .error(code::WRONG_TEST, name.span, message)
                                .help(say!("write `{at_least: 18}`, `{at_most: 65}`, or both"));
                            None
                        }
                    };
                    bound?;
                }
                return Some(fact(key, reading, Test::Between(from, to)));
            }
        };
        parts.map(Condition::Any)
    }
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
