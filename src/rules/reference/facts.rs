//! Of the page: what a rule may ask about.

use super::{Page, anchor, code};
use crate::{
    domain::{Kind, Risk},
    rules::{
        syntax::{
            Message, quoted, say,
            table::{NUMBER_TESTS, TEXT_TESTS},
        },
        topics::{Family, SENSITIVE},
        vocabulary::{Aspect, Entry, FactType, Key, Multiplicity, Presence, Vocabulary},
    },
};

/// What stands above the table.
fn head() -> [Message; 4] {
    [
        say!(
            "What stands at `when`, `unless`, `applies_to`, `exclude` and `only`. The keys of a condition must **all** hold; of the values of a key **one** is enough. `any: [{…}, {…}]`, `all: [{…}, {…}]` and `not: {…}` say the rest, at most three deep."
        ),
        say!(
            "A fact of many values matches in `when` if **one** of its values does; in `unless` and in an exception only if **every** one does. `content.topic` and `content.risk` in one condition are read on the same label."
        ),
        say!(
            "A key that may be unknown asks for `if_unknown` in the rule: `apply` (as if it matched), `hold` (ask a person), `skip` (as if the rule were not there)."
        ),
        say!(
            "*Known*: for which kinds every query states it, and for which it may be missing. Kinds that are not named do not have it."
        ),
    ]
}

impl Page {
    pub(super) fn conditions(self) -> String {
        let mut part = String::new();
        for paragraph in &head() {
            part += &self.say(paragraph);
            part += "\n\n";
        }
        let vocabulary = Vocabulary::built_in();
        let rows: Vec<_> = vocabulary
            .key_names()
            .filter_map(|name| self.row(&vocabulary, name))
            .collect();
        let head = [
            say!("key"),
            say!("what it is"),
            say!("how it is written"),
            say!("values"),
            say!("known"),
        ];
        part += &self.grid(&head, &rows);
        part += &self.section(&TEXT_TESTS);
        part += &self.section(&NUMBER_TESTS);
        part += &self.topics();
        part
    }

    fn row(self, vocabulary: &Vocabulary, name: &str) -> Option<Vec<String>> {
        let key = vocabulary.key(name)?;
        let entry = vocabulary.entry(key.slot)?;
        Some(vec![
            code(name),
            self.what(key, entry),
            self.how(key, entry.fact_type),
            self.say(&values(entry.multiplicity)),
            self.known(entry),
        ])
    }

    fn what(self, key: Key, entry: &Entry) -> String {
        match key.aspect {
            Aspect::Whole => self.told(&entry.doc).to_owned(),
            Aspect::Topic => self.say(&say!("topics of the labels of the page")),
            Aspect::Risk => self.say(&say!("risk of the label with that topic; `floor` is the worst")),
        }
    }

    fn how(self, key: Key, fact_type: FactType) -> String {
        match key.aspect {
            Aspect::Topic => {
                let topics = anchor(&self.say(&say!("Sensitive topics")));
                return self.say(&say!("a [topic](#{}), by name or id", topics));
            }
            Aspect::Risk => return quoted(Risk::ALL.map(Risk::name)),
            Aspect::Whole => {}
        }
        if let FactType::OneOf(words) = fact_type {
            return quoted(words);
        }
        self.say(&self.look(fact_type))
    }

    /// How the values of a type look.
    fn look(self, fact_type: FactType) -> Message {
        let number = || self.anchor_of(&NUMBER_TESTS);
        let windows = || anchor(&self.say(&say!("How values are written")));
        match fact_type {
            FactType::Country => say!("two letters: `IT`"),
            FactType::OneOf(words) => say!("one of {}", quoted(words)),
            FactType::Chosen => say!("one of your own words"),
            FactType::Topics(Family::Content) => {
                say!("a topic of the IAB, by name or id; the topics below it count too")
            }
            FactType::Topics(Family::Product) => say!(
                "an ad product of the IAB, by name or id, or a category such as `IAB8-5`; those below it count too"
            ),
            FactType::Price(_) => say!("a price, or [from and to](#{})", number()),
            FactType::Instant => say!("a day, or [from and to](#{})", number()),
            FactType::Name => say!("as the exchange or you name it, exactly"),
            FactType::Declared => {
                say!("a name from `campaigns.yaml` or `objectives.yaml`, exactly")
            }
            FactType::Word => say!("a word, capitals do not matter"),
            FactType::Prefix => say!("a word; the shorter holds the longer"),
            FactType::Site => say!("a domain with its subdomains, or a list of them: `lists/sites.csv`"),
            FactType::Text => {
                say!(
                    "[searched for the words of a list](#{})",
                    self.anchor_of(&TEXT_TESTS)
                )
            }
            FactType::Number => {
                say!("`18`, `18-24`, `at least 18`, or [from and to](#{})", number())
            }
            FactType::Flag => say!("`yes` or `no`"),
            FactType::Labels => say!("topic and risk"),
            FactType::Clock => say!(
                "[days and local times](#{}): `Monday-Friday 09:00-18:00`",
                windows()
            ),
        }
    }

    /// `always: bid; maybe: score`
    fn known(self, entry: &Entry) -> String {
        let of = |wanted: Presence| {
            let kinds = entry.kinds.iter();
            let kinds: Vec<&str> = kinds
                .filter(|kind| entry.kinds.presence(*kind) == Some(wanted))
                .map(Kind::name)
                .collect();
            match kinds.len() {
                0 => None,
                5 => Some(self.say(&say!("all kinds"))),
                _ => Some(quoted(kinds)),
            }
        };
        let always = of(Presence::Always).map(|kinds| self.say(&say!("always: {}", kinds)));
        let maybe = of(Presence::Optional).map(|kinds| self.say(&say!("maybe: {}", kinds)));
        always.into_iter().chain(maybe).collect::<Vec<_>>().join("; ")
    }

    fn topics(self) -> String {
        let rows = SENSITIVE.map(|(id, name)| vec![name.to_owned(), code(id)]);
        format!(
            "\n### {}\n\n{}\n\n{}",
            self.say(&say!("Sensitive topics")),
            self.say(&say!("Of the IAB Content Taxonomy 3.1. Names compare without case and punctuation; put a name with a comma in quotes. `Sensitive Topics` is all of them. Other topics come with the taxonomies that a deployment lays beside its rules.")),
            self.grid(&[say!("name"), say!("id")], &rows)
        )
    }
}

fn values(multiplicity: Multiplicity) -> Message {
    match multiplicity {
        Multiplicity::One => say!("one"),
        Multiplicity::Many => say!("many"),
    }
}
