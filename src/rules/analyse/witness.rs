use std::{fmt::Write as _, sync::Arc};

use super::{
    book::Book,
    solve::{Assignment, Chosen},
    terms::Symbol,
    values::Element,
};
use crate::{
    domain::{
        Attribute, Auction, AuctionType, Campaign, Candidate, CandidateId, CandidateLimits, Currency,
        DecisionId, Duration, FactValue, Facts, Kind, Label, Micros, Money, Query, Question, Sending,
        Timestamp, Total, Word,
    },
    rules::{
        Rulebook, StatedLedger,
        topics::{Coverage, Family, Taxonomies},
        vocabulary::{Entry, FactType, Multiplicity, Scope, Slot},
    },
};

/// An example query: whoever asks it sees what a finding speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// The query, of one candidate, or of several that are at odds with each other.
    pub query: Query,
    /// The campaign of each candidate.
    pub campaign: Arc<Campaign>,
    /// The counts it takes.
    pub ledger: StatedLedger,
    /// In which currencies its prices are.
    currencies: Vec<(Attribute, Currency)>,
}

impl Witness {
    pub(super) fn new(book: &Book<'_>, kind: Kind, found: &Assignment) -> Option<Self> {
        let campaign = Arc::clone(book.terms.campaigns().get(found.campaign)?);
        let mut facts = Facts::new();
        let mut own = Facts::new();
        let mut ledger = StatedLedger::default();
        for (slot, chosen) in &found.facts {
            let entry = book.terms.vocabulary().entry(*slot)?;
            let value = value(book, *slot, entry, chosen)?;
            if let (Attribute::Evidence, FactValue::Number(count)) = (&entry.attribute, &value) {
                ledger.evidence = u32::try_from(*count).ok()?;
                continue;
            }
            match entry.scope {
                Scope::Query => facts.set(entry.attribute.clone(), value),
                Scope::Candidate => own.set(entry.attribute.clone(), value),
            }
        }
        for (attribute, plain) in known(kind) {
            let entry = book.terms.vocabulary().row(attribute)?;
            let of = match entry.scope {
                Scope::Query => &mut facts,
                Scope::Candidate => &mut own,
            };
            if of.get(attribute).is_none() {
                of.set(attribute.clone(), FactValue::Word(Word::new(plain).ok()?));
            }
        }
        let own_entries = book.terms.vocabulary().own().iter();
        let currencies = own_entries.filter_map(|entry| match entry.fact_type {
            FactType::Price(currency) => Some((entry.attribute.clone(), currency)),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Chosen
            | FactType::Name
            | FactType::Declared
            | FactType::Word
            | FactType::Prefix
            | FactType::Topics(_)
            | FactType::Site
            | FactType::Text
            | FactType::Number
            | FactType::Flag
            | FactType::Instant
            | FactType::Labels
            | FactType::Clock => None,
        });
        Some(Self {
            query: query(kind, found.now, facts, own, &campaign)?,
            campaign,
            ledger,
            currencies: currencies.collect(),
        })
    }

    /// The kind of decision that it asks for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.query.question.kind()
    }

    /// What bounds its candidates.
    pub(super) fn limits(&self, rulebook: &Rulebook) -> Vec<CandidateLimits> {
        let campaigns = vec![Arc::clone(&self.campaign); self.query.candidates.len()];
        rulebook.limits(&self.query, &campaigns, &self.ledger)
    }

    /// This query with the candidate of the other one beside its own; `None` where they say different things of
    /// what both share, or speak of one and the same candidate.
    pub(super) fn beside(&self, other: &Self) -> Option<Self> {
        let same = self.kind() == other.kind()
            && self.campaign == other.campaign
            && self.ledger == other.ledger
            && self.query.now == other.query.now;
        let mut both = same.then(|| self.clone())?;
        for (attribute, value) in other.query.facts.iter() {
            match both.query.facts.get(attribute) {
                Some(known) if known == value => {}
                Some(_) => return None,
                None => both.query.facts.set(attribute.clone(), value.clone()),
            }
        }
        let place = both.query.candidates.len() + 1;
        let mut further = other.query.candidates.first()?.clone();
        further.id = CandidateId::new(&format!("candidate-{place}")).ok()?;
        if let Some((named, plain)) = name_of(self.kind()) {
            if further
                .facts
                .word(named)
                .is_some_and(|name| name.as_str() == *plain)
            {
                let name = Word::new(&plain.replace('1', &place.to_string())).ok()?;
                further.facts.set(named.clone(), FactValue::Word(name));
            }
            let name = further.facts.get(named);
            if both
                .query
                .candidates
                .iter()
                .any(|own| own.facts.get(named) == name)
            {
                return None;
            }
        }
        both.query.candidates.push(further);
        if let Question::Budget(total) = &mut both.query.question {
            total.last.push(None);
        }
        Some(both)
    }

    /// This query with another name for its first candidate.
    pub(super) fn named(&self, name: &str) -> Option<Self> {
        let (attribute, _) = name_of(self.kind())?;
        let mut renamed = self.clone();
        let name = FactValue::Word(Word::new(name).ok()?);
        let candidate = renamed.query.candidates.first_mut()?;
        candidate.facts.set(attribute.clone(), name);
        Some(renamed)
    }

    /// Whether some rule decides which arm it is about.
    pub(super) fn names_its_arm(&self) -> bool {
        let plain = name_of(self.kind()).map(|(_, plain)| *plain);
        let mut candidates = self.query.candidates.iter();
        candidates.all(|own| own.facts.word(&Attribute::Arm).map(Word::as_str) != plain)
    }

    /// The query as a rule file's test states it: `{kind: bid, campaign: spring, market.country: IT}`.
    #[must_use]
    pub fn given(&self) -> String {
        let mut given = format!(
            "{{kind: {}, campaign: {}",
            self.kind(),
            plain(self.campaign.id.as_str())
        );
        for fact in self.query.facts.iter().map(|fact| self.fact(fact)) {
            let _infallible = write!(given, ", {fact}");
        }
        let own = |candidate: &Candidate| {
            let facts: Vec<String> = candidate.facts.iter().map(|fact| self.fact(fact)).collect();
            facts.join(", ")
        };
        match self.query.candidates.as_slice() {
            [only] if only.facts.iter().next().is_none() => {}
            [only] => {
                let _infallible = write!(given, ", {}", own(only));
            }
            several => {
                let listed: Vec<String> = several.iter().map(|one| format!("{{{}}}", own(one))).collect();
                let _infallible = write!(given, ", candidates: [{}]", listed.join(", "));
            }
        }
        if self.ledger.evidence > 0 {
            let _infallible = write!(given, ", evidence: {} conversions", self.ledger.evidence);
        }
        given.push('}');
        given
    }

    fn fact(&self, (attribute, value): (&Attribute, &FactValue)) -> String {
        let currency = self.currencies.iter().find(|(priced, _)| priced == attribute);
        match (value, currency) {
            (FactValue::Price(amount), Some((_, currency))) => {
                let money = Money {
                    amount: *amount,
                    currency: *currency,
                };
                format!("{attribute}: {money}")
            }
            _ => format!("{attribute}: {}", stated(value)),
        }
    }
}

/// By what the candidates of a kind are told apart where they are chosen among, and what stands for any.
fn name_of(kind: Kind) -> Option<&'static (Attribute, &'static str)> {
    match kind {
        Kind::Recommendation | Kind::Budget => known(kind).first(),
        Kind::Bid | Kind::SendTime | Kind::Score => None,
    }
}

/// What every query of a kind states, beside its campaign.
const fn known(kind: Kind) -> &'static [(Attribute, &'static str)] {
    match kind {
        Kind::Bid => &[
            (Attribute::MarketCountry, "IT"),
            (Attribute::MarketChannel, "display"),
        ],
        Kind::SendTime => &[
            (Attribute::MarketCountry, "IT"),
            (Attribute::MarketChannel, "email"),
        ],
        Kind::Recommendation => &[(Attribute::Item, "item-1")],
        Kind::Budget => &[(Attribute::Arm, "arm-1")],
        Kind::Score => &[(Attribute::ScorePurpose, "lead_conversion")],
    }
}

fn query(kind: Kind, now: Timestamp, facts: Facts, own: Facts, campaign: &Campaign) -> Option<Query> {
    let question = match kind {
        Kind::Bid => Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: Micros::ZERO,
            currency: campaign.currency,
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        Kind::SendTime => Question::SendTime(Sending {
            earliest: now,
            latest: now.plus(Duration::from_days(7)),
            alternatives: 0,
        }),
        Kind::Recommendation => Question::Recommendation {
            slots: 3,
            context: Vec::new(),
            session: Vec::new(),
        },
        Kind::Budget => Question::Budget(Total {
            amount: Micros::new(1_000_000_000),
            currency: campaign.currency,
            last: vec![None],
            spent: Vec::new(),
            period: None,
        }),
        Kind::Score => Question::Score,
    };
    Some(Query {
        decision: DecisionId::new(now, 0),
        now,
        seed: 0,
        caller: None,
        request: None,
        question,
        facts,
        candidates: vec![Candidate {
            id: CandidateId::new("candidate").ok()?,
            campaign: campaign.id.clone(),
            facts: own,
        }],
    })
}

/// The value as a caller states it; `None` where nobody could.
pub(super) fn value(book: &Book<'_>, slot: Slot, entry: &Entry, chosen: &Chosen) -> Option<FactValue> {
    let elements = match chosen {
        Chosen::Text(text) => return Some(FactValue::Text(Arc::from(text.as_str()))),
        Chosen::Language(language) => return Word::new(language).ok().map(FactValue::Word),
        Chosen::Elements(elements) => elements,
    };
    if entry.fact_type == FactType::Labels {
        let labels = elements.iter().map(|element| label(book, *element));
        return labels.collect::<Option<_>>().map(FactValue::Labels);
    }
    match elements.as_slice() {
        [Element::Number(number)] => return Some(measured(entry, *number)),
        [Element::Flag(flag)] => return Some(FactValue::Flag(*flag)),
        _ => {}
    }
    let words: Option<Vec<Word>> = elements
        .iter()
        .map(|element| word(book, slot, entry, *element))
        .collect();
    match entry.multiplicity {
        Multiplicity::One => words?.pop().map(FactValue::Word),
        Multiplicity::Many => words.map(FactValue::Words),
    }
}

/// A number as what it is of its fact.
fn measured(entry: &Entry, number: i64) -> FactValue {
    match entry.fact_type {
        FactType::Price(_) => FactValue::Price(Micros::new(number)),
        FactType::Instant => FactValue::Instant(Timestamp::from_millis(number)),
        FactType::Country
        | FactType::OneOf(_)
        | FactType::Chosen
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Topics(_)
        | FactType::Site
        | FactType::Text
        | FactType::Number
        | FactType::Flag
        | FactType::Labels
        | FactType::Clock => FactValue::Number(number),
    }
}

/// The name of a topic, where it stands for no other.
fn topic_name<'n>(taxonomies: &'n Taxonomies, family: Family, id: &'n str) -> &'n str {
    let taxonomy = taxonomies.of(family);
    let name = taxonomy.name_of(id).filter(|name| taxonomy.find(name).len() == 1);
    name.unwrap_or(id)
}

fn word(book: &Book<'_>, slot: Slot, entry: &Entry, element: Element) -> Option<Word> {
    match element {
        Element::Word(symbol) => Word::new(&shown(book, entry, symbol)).ok(),
        Element::Other => other(book, slot, entry),
        Element::Label(..) | Element::Number(_) | Element::Flag(_) => None,
    }
}

fn shown(book: &Book<'_>, entry: &Entry, symbol: Symbol) -> String {
    let text = book.terms.text(symbol);
    let taxonomies = book.terms.vocabulary().taxonomies();
    match entry.fact_type {
        FactType::Country => text.to_uppercase(),
        FactType::Labels => topic_name(taxonomies, Family::Content, text).to_owned(),
        FactType::Topics(family) => topic_name(taxonomies, family, text).to_owned(),
        FactType::Price(_)
        | FactType::Instant
        | FactType::Chosen
        | FactType::OneOf(_)
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Site
        | FactType::Text
        | FactType::Number
        | FactType::Flag
        | FactType::Clock => text.to_owned(),
    }
}

/// A word that no rule names, nor one above it. There is none of a closed set.
fn other(book: &Book<'_>, slot: Slot, entry: &Entry) -> Option<Word> {
    if let FactType::Topics(family) = entry.fact_type {
        return unnamed_topic(book, slot, entry, family);
    }
    let stems: &[&str] = match entry.fact_type {
        FactType::Site => &["page.example", "page.test", "page.invalid"],
        FactType::Country | FactType::OneOf(_) | FactType::Chosen => return None,
        FactType::Word if entry.attribute == Attribute::ContactZone => &["UTC", "Asia/Tokyo"],
        FactType::Topics(_)
        | FactType::Price(_)
        | FactType::Instant
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Text
        | FactType::Number
        | FactType::Flag
        | FactType::Labels
        | FactType::Clock => &["other"],
    };
    let named = |word: &String| book.terms.names(slot, entry.fact_type, word);
    let tried = (0..100_u32).flat_map(|n| {
        stems.iter().map(move |stem| match n {
            0 => (*stem).to_owned(),
            n => format!("other{n}{stem}"),
        })
    });
    let mut tried = tried.filter(|word| !named(word));
    tried.next().and_then(|word| Word::new(&word).ok())
}

/// A topic that no rule names, nor one above it.
fn unnamed_topic(book: &Book<'_>, slot: Slot, entry: &Entry, family: Family) -> Option<Word> {
    let taxonomy = book.terms.vocabulary().taxonomies().of(family);
    let plain: &[&str] = match (family, taxonomy.coverage()) {
        (Family::Content, _) => &["Sports", "Automotive"],
        (Family::Product, Coverage::Part) => &["other"],
        (Family::Product, Coverage::Whole) => &[],
    };
    let mut tried = plain.iter().copied().chain(taxonomy.names()).chain(["other"]);
    let unnamed =
        |name: &&str| taxonomy.find(name).len() <= 1 && !book.terms.names(slot, entry.fact_type, name);
    tried.find(unnamed).and_then(|name| Word::new(name).ok())
}

fn label(book: &Book<'_>, element: Element) -> Option<Label> {
    let Element::Label(topic, risk) = element else {
        return None;
    };
    let entry = book.terms.vocabulary().row(&Attribute::Content)?;
    let topic = match topic {
        Some(topic) => Word::new(&shown(book, entry, topic)).ok()?,
        None => {
            let slot = book.terms.vocabulary().slot(&Attribute::Content)?;
            unnamed_topic(book, slot, entry, Family::Content)?
        }
    };
    Some(Label { topic, risk })
}

/// A value in the form of a test.
fn stated(value: &FactValue) -> String {
    match value {
        FactValue::Word(word) => plain(word.as_str()),
        FactValue::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| plain(word.as_str())).collect();
            format!("[{}]", words.join(", "))
        }
        FactValue::Text(text) => plain(text),
        FactValue::Number(number) => number.to_string(),
        FactValue::Labels(labels) => {
            let labels: Vec<String> = labels.iter().map(stated_label).collect();
            format!("[{}]", labels.join(", "))
        }
        FactValue::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        FactValue::Price(micros) => micros.get().to_string(),
        FactValue::Instant(instant) => instant.to_string(),
        FactValue::Digest(_) => String::new(),
    }
}

fn stated_label(label: &Label) -> String {
    let topic = plain(label.topic.as_str());
    label.risk.map_or_else(
        || format!("{{topic: {topic}}}"),
        |risk| format!("{{topic: {topic}, risk: {}}}", risk.name()),
    )
}

/// A scalar within brackets; in quotation marks where it takes them.
fn plain(text: &str) -> String {
    let ordinary = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ' ');
    let bare = !text.is_empty()
        && text.trim() == text
        && text.chars().all(ordinary)
        && text.starts_with(char::is_alphanumeric);
    if bare {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
