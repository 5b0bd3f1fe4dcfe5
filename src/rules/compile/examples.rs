use std::sync::Arc;

use super::{
    campaigns::{Campaigns, facts},
    code,
    conditions::Reader,
    intervals::{Unit, point},
    values,
};
use crate::{
    domain::{
        Attribute, Auction, AuctionType, Baselines, BrandId, Campaign, CampaignId, Candidate, CandidateId,
        Choice, Currency, DecisionId, Duration, FactValue, Facts, Goal, Label, Micros, Money, NoBid,
        Objective, ObjectiveId, Query, Question, RuleId, Timestamp, Word,
    },
    rules::{
        Answer, Expectation, RuleTest, StatedLedger, Wish,
        draft::RuleDraft,
        syntax::{
            Message, Span, Spanned,
            ast::{BidDef, ExpectDef, Node, RuleFile, TestDef, Tree, WishDef},
            say,
            scalar::{amount_example, name_fault},
        },
        vocabulary::{Entry, FactType, Multiplicity, Scope},
    },
};

/// What a test may name.
#[derive(Clone, Copy)]
pub(super) struct Declared<'d> {
    pub(super) campaigns: &'d Campaigns,
    pub(super) drafts: &'d [RuleDraft],
}

/// What `given` says, read.
#[derive(Default)]
struct Given {
    query: Facts,
    candidate: Facts,
    brand: Option<Word>,
    campaign: Option<Spanned<String>>,
    product: Option<Word>,
    evidence: u32,
    floor: Option<Money>,
}

/// A test of a file, ready to be run.
pub(super) fn test(
    def: &TestDef,
    file: &RuleFile,
    path: &Arc<str>,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<RuleTest> {
    let mut given = Given::default();
    let mut whole = true;
    for (name, value) in &def.given {
        whole &= given.state(name, value, reader).is_some();
    }
    let because_of = because_of(&def.expect, declared, reader);
    let campaign = campaign(def, &given, declared, reader)?;
    same_currency(def, &campaign, reader)?;
    let wish = match def.model_says.map(|wish| wish.value) {
        Some(WishDef::Bid(money)) => Wish::Says(Choice::Bid(money.amount)),
        Some(WishDef::NoBid) => Wish::Says(Choice::NoBid(NoBid::NoValue)),
        Some(WishDef::Nothing) => Wish::Nothing,
        None => Wish::Says(Choice::Bid(campaign.baselines.bid.unwrap_or_default())),
    };
    let now = file.tests_at.map_or(Timestamp::default(), |at| at.value);
    let evidence = given.evidence;
    let query = query(given, &campaign, now)?;
    whole.then(|| RuleTest {
        name: Arc::from(def.name.value.as_str()),
        file: path.clone(),
        line: def.name.span.line,
        ledger: StatedLedger { evidence },
        wish,
        expect: Expectation {
            verdict: def.expect.verdict.map(|verdict| verdict.value),
            answer: def.expect.bid.map(|bid| match bid.value {
                BidDef::Bid(money) => Answer::Bid(money.amount),
                BidDef::NoBid => Answer::NoBid,
            }),
            because_of,
        },
        query,
        campaigns: vec![campaign],
    })
}

fn query(given: Given, campaign: &Campaign, now: Timestamp) -> Option<Query> {
    Some(Query {
        decision: DecisionId::new(now, 0),
        now,
        seed: 0,
        request: None,
        question: Question::Bid(Auction {
            auction_type: AuctionType::FirstPrice,
            floor: given.floor.map_or(Micros::ZERO, |floor| floor.amount),
            currency: given.floor.map_or(campaign.currency, |floor| floor.currency),
            deals: Vec::new(),
            private: false,
            blocked_categories: Vec::new(),
            blocked_advertisers: Vec::new(),
            blocked_attributes: Vec::new(),
        }),
        facts: given.query,
        candidates: vec![Candidate {
            id: CandidateId::new("candidate").ok()?,
            campaign: campaign.id.clone(),
            facts: given.candidate,
        }],
    })
}

impl Given {
    /// Takes one entry of `given` in.
    fn state(&mut self, name: &Spanned<String>, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        match name.value.as_str() {
            "kind" => kind(node, reader),
            "evidence" => self.evidence(node, reader),
            "floor" => {
                self.floor = Some(money(node, reader)?);
                Some(())
            }
            "content" => {
                let labels = labels(node, reader)?;
                self.query.set(Attribute::Content, FactValue::Labels(labels));
                Some(())
            }
            "campaign" => {
                self.campaign = Some(scalar(node, reader)?);
                Some(())
            }
            "objective" | "currency" => {
                let help = say!("name a `campaign` that has it");
                wrong(
                    node.span,
                    say!("`{}` is the campaign's own", name.value),
                    help,
                    reader,
                )
            }
            _ => self.fact(name, node, reader),
        }
    }

    fn fact(&mut self, name: &Spanned<String>, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        if ["content.topic", "content.risk"].contains(&name.value.as_str()) {
            let help = say!("write `content: [{topic: Terrorism, risk: high}]`");
            return wrong(
                name.span,
                say!("a page's labels are pairs of topic and risk"),
                help,
                reader,
            );
        }
        let key = reader.key(name)?;
        let entry = reader.vocabulary.entry(key.slot)?;
        let value = value(entry, node, reader)?;
        match (&entry.attribute, &value) {
            (Attribute::Brand, FactValue::Word(word)) => self.brand = Some(word.clone()),
            (Attribute::Product, FactValue::Word(word)) => self.product = Some(word.clone()),
            _ => match entry.scope {
                Scope::Query => self.query.set(entry.attribute.clone(), value),
                Scope::Candidate => self.candidate.set(entry.attribute.clone(), value),
            },
        }
        Some(())
    }

    /// `12 conversions`
    fn evidence(&mut self, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
        let written = scalar(node, reader)?;
        let count = written
            .value
            .split_whitespace()
            .next()
            .and_then(|count| count.parse().ok());
        let Some(count) = count else {
            let message = say!("`{}` is no amount of evidence", written.value);
            return wrong(written.span, message, say!("write `12 conversions`"), reader);
        };
        self.evidence = count;
        Some(())
    }
}

fn wrong<T>(at: Span, message: Message, help: Message, reader: &mut Reader<'_, '_, '_>) -> Option<T> {
    reader.findings.error(code::TEST, at, message).help(help);
    None
}

fn kind(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
    let written = scalar(node, reader)?;
    if written.value == "bid" {
        return Some(());
    }
    let message = say!("tests of `{}` cannot be run yet", written.value);
    wrong(written.span, message, say!("only `kind: bid` can"), reader)
}

fn scalar(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Spanned<String>> {
    match &node.value {
        Tree::Scalar(text) => Some(Spanned::new(text.clone(), node.span)),
        Tree::List(_) | Tree::Map(_) => wrong(
            node.span,
            say!("one value belongs here"),
            say!("write it without brackets"),
            reader,
        ),
    }
}

fn money(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Money> {
    let written = scalar(node, reader)?;
    match written.value.parse() {
        Ok(money) => Some(money),
        Err(error) => wrong(
            written.span,
            say!("`{}` is no amount of money", written.value),
            amount_example(error),
            reader,
        ),
    }
}

/// The value of a fact, as its type wants it.
fn value(entry: &Entry, node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<FactValue> {
    let nodes = match (&node.value, entry.multiplicity) {
        (Tree::List(nodes), Multiplicity::Many) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let written: Option<Vec<_>> = nodes.iter().map(|node| scalar(node, reader)).collect();
    let written = written?;
    if let Some(unit) = Unit::of(entry.fact_type, &reader.zone) {
        let (first, _) = point(written.first()?, &unit, reader)?;
        return Some(match unit {
            Unit::Whole => FactValue::Number(first),
            Unit::Price(_) => FactValue::Price(Micros::new(first)),
            Unit::Day(_) => FactValue::Instant(Timestamp::from_millis(first)),
        });
    }
    if entry.fact_type == FactType::Flag {
        return values::flag(written.first()?, reader.findings).map(FactValue::Flag);
    }
    if entry.fact_type == FactType::Text {
        return Some(FactValue::Text(Arc::from(written.first()?.value.as_str())));
    }
    let mut words = Vec::new();
    for value in &written {
        if !values::is_value(entry, value, reader) {
            return None;
        }
        words.push(word(value, reader)?);
    }
    match entry.multiplicity {
        Multiplicity::One => words.pop().map(FactValue::Word),
        Multiplicity::Many => Some(FactValue::Words(words)),
    }
}

fn word(written: &Spanned<String>, reader: &mut Reader<'_, '_, '_>) -> Option<Word> {
    match Word::new(&written.value) {
        Ok(word) => Some(word),
        Err(error) => wrong(
            written.span,
            name_fault(error),
            say!("write a shorter, plain name"),
            reader,
        ),
    }
}

fn labels(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Vec<Label>> {
    let Tree::List(items) = &node.value else {
        let help = say!("write `content: [{topic: Terrorism, risk: high}]`, or `[]` for none");
        return wrong(node.span, say!("a page's labels are a list"), help, reader);
    };
    items.iter().map(|item| label(item, reader)).collect()
}

fn label(node: &Node, reader: &mut Reader<'_, '_, '_>) -> Option<Label> {
    let help = say!("write `{topic: Terrorism, risk: high}`");
    let Tree::Map(entries) = &node.value else {
        return wrong(node.span, say!("a label is a topic and a risk"), help, reader);
    };
    let (mut topic, mut risk) = (None, None);
    for (name, value) in entries {
        let written = scalar(value, reader)?;
        match name.value.as_str() {
            "topic" => topic = Some(word(&written, reader)?),
            "risk" => risk = Some(values::risk(&written, reader.findings)?),
            other => return wrong(name.span, say!("a label has no `{}`", other), help, reader),
        }
    }
    match topic {
        Some(topic) => Some(Label { topic, risk }),
        None => wrong(node.span, say!("a label needs a topic"), help, reader),
    }
}

fn because_of(
    expect: &ExpectDef,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Vec<RuleId>> {
    let mut ids = Vec::new();
    for written in expect.because_of.as_ref()? {
        let mut known = declared.drafts.iter().map(|draft| &draft.card.id);
        match known.find(|id| id.as_str() == written.value) {
            Some(id) => ids.push(id.clone()),
            None => reader.report_unknown_rule(written),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}

/// The declared campaign that the test names, or one made up for the brand that it names.
fn campaign(
    def: &TestDef,
    given: &Given,
    declared: Declared<'_>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<Arc<Campaign>> {
    if let Some(named) = &given.campaign {
        let found = declared.campaigns.get(named.value.as_str());
        if let (Some(campaign), Some(brand)) = (found, &given.brand)
            && campaign.brand.as_str() != brand.as_str()
        {
            let message = say!(
                "`{}` is a campaign of `{}`, not of `{}`",
                campaign.id,
                campaign.brand,
                brand
            );
            return wrong(named.span, message, say!("leave `brand` out"), reader);
        }
        if found.is_none() {
            let entry = reader.vocabulary.row(&Attribute::Campaign)?;
            values::is_value(entry, named, reader);
        }
        return found.cloned();
    }
    made_up(def, given, declared).map(Arc::new)
}

/// A campaign like the brand's first, without budget; of a brand without one, a plain one.
fn made_up(def: &TestDef, given: &Given, declared: Declared<'_>) -> Option<Campaign> {
    let brand = given.brand.as_ref().map_or("any-brand", Word::as_str);
    let of_brand = declared
        .campaigns
        .values()
        .find(|campaign| campaign.brand.as_str() == brand);
    let stated = stated_currency(def);
    let currency = stated.or_else(|| of_brand.map(|campaign| campaign.currency));
    let currency = currency.map_or_else(|| "EUR".parse().ok(), Some)?;
    let objective = match of_brand.or_else(|| declared.campaigns.values().next()) {
        Some(campaign) => campaign.objective.clone(),
        None => Objective {
            id: ObjectiveId::new("click").ok()?,
            event: Word::new("click").ok()?,
            window: Duration::from_days(1),
        },
    };
    let id = CampaignId::new(&format!("a-campaign-of-{brand}")).ok()?;
    let brand = BrandId::new(brand).ok()?;
    Some(Campaign {
        facts: facts(&id, &brand, given.product.as_ref(), &objective, currency)?,
        id,
        brand,
        product: given.product.clone(),
        objective,
        goal: Goal::Manual,
        currency,
        baselines: of_brand.map_or_else(
            || Baselines::of_bids(Micros::new(1_000_000)),
            |campaign| campaign.baselines.clone(),
        ),
        budget: None,
    })
}

fn stated_currency(def: &TestDef) -> Option<Currency> {
    let wish = def.model_says.and_then(|wish| match wish.value {
        WishDef::Bid(money) => Some(money.currency),
        WishDef::NoBid | WishDef::Nothing => None,
    });
    let bid = || {
        def.expect.bid.and_then(|bid| match bid.value {
            BidDef::Bid(money) => Some(money.currency),
            BidDef::NoBid => None,
        })
    };
    wish.or_else(bid)
}

/// What the model says and what is expected are in the campaign's currency.
fn same_currency(def: &TestDef, campaign: &Campaign, reader: &mut Reader<'_, '_, '_>) -> Option<()> {
    let mut amounts = Vec::new();
    if let Some(wish) = def.model_says
        && let WishDef::Bid(money) = wish.value
    {
        amounts.push((money, wish.span));
    }
    if let Some(bid) = def.expect.bid
        && let BidDef::Bid(money) = bid.value
    {
        amounts.push((money, bid.span));
    }
    let foreign = amounts
        .into_iter()
        .find(|(money, _)| money.currency != campaign.currency);
    let Some((money, at)) = foreign else {
        return Some(());
    };
    let message = say!(
        "`{}` in a test of `{}`, which bids in {}",
        money,
        campaign.id,
        campaign.currency
    );
    reader
        .findings
        .error(code::CURRENCY, at, message)
        .help(say!("write the amount in {}", campaign.currency));
    None
}
