use super::hand_over::Part;
use crate::{
    domain::{
        Attribute, AuctionType, BrandId, CampaignId, CandidateId, CandidateRecord, Choice, Duration, Event,
        Facts, Kind, Micros, Outcome, Question, Record, Source, Span, Timestamp, Word,
    },
    model::{
        features::Features,
        win_curve::{Market, Told},
    },
};

/// A bid without a word of its auction counts as lost after this long; a later win is applied all the same.
pub(super) const AUCTION_TIMEOUT: Duration = Duration::from_secs(3_600);

/// How long a trained example is kept at hand for corrections; later ones are read back from the journal.
pub(super) const KEPT: Duration = Duration::from_days(1);

/// OpenRTB loss reasons that speak of the price: below a floor, or beaten.
const PRICE_REASONS: [u32; 4] = [100, 101, 102, 103];

/// One value that left, and what became of it so far.
///
/// Everything that it teaches is a function of its events, so what was taught can be compared with what ought
/// to have been, and put right.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) campaign: CampaignId,
    pub(super) brand: BrandId,
    /// Whom it reached, where known.
    pub(super) contact: Option<Word>,
    pub(super) subject: Subject,
    pub(super) objective: Word,
    pub(super) made: Timestamp,
    pub(super) closes: Timestamp,
    /// What was reported, and the chance that a person did it.
    events: Vec<(Outcome, f64)>,
    /// Its part in the comparison of the model and the person's value, in a new market.
    pub(super) part: Option<Box<Part>>,
    /// Somebody did more than a person does: neither that nor its absence is to be learnt.
    set_aside: bool,
    pub(super) taught: Lesson,
}

/// What was decided.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    /// A bid.
    Bid(Offer),
    /// A value of another kind.
    Asked(Asked),
}

/// A bid that left.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) features: Features,
    pub(super) market: Market,
    pub(super) probability: Option<f64>,
    bid: Micros,
    auction: AuctionType,
}

/// A value of a kind that is no auction.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) brand: BrandId,
    pub(super) candidate: CandidateId,
    pub(super) choice: Choice,
    /// What was known of the query and of the candidate, texts by digest.
    pub(super) facts: Facts,
    /// The probability with which the choice was drawn; `None` where no model spoke.
    pub(super) propensity: Option<f64>,
    /// Whether the limits left one choice only: such a choice does not train the one who chose.
    pub(super) forced: bool,
    /// Whose value it was; `None` where no model spoke.
    pub(super) source: Option<Source>,
    /// What was told of an arm; `None` of the other kinds.
    pub(super) funding: Option<Funding>,
}

/// What a split told of an arm beside its part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Funding {
    /// The period that is paid for, where told.
    pub(super) period: Option<Span>,
    /// What the arm had spent in it already, where told.
    pub(super) spent: Option<Micros>,
}

impl Funding {
    fn of(record: &Record, candidate: &CandidateRecord) -> Option<Self> {
        let Question::Budget(total) = &record.question else {
            return None;
        };
        let place = record
            .candidates
            .iter()
            .position(|known| known.id == candidate.id)?;
        Some(Self {
            period: total.period,
            spent: total.spent.get(place).copied(),
        })
    }
}

/// What an example teaches.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Lesson {
    /// Of the competing price.
    pub(super) told: Option<Told>,
    /// What was paid, CPM.
    pub(super) paid: Option<Micros>,
    /// Whether the outcome followed, by a person (1), or not (0), once the window has closed, if the ad was shown; between
    /// them where it may have been a machine.
    pub(super) label: Option<f64>,
    /// Whether nothing more is expected of it: its window has closed, or it came to nothing.
    pub(super) over: bool,
    /// How many outcomes followed, within the window, each counted as far as a person did it; rounded.
    pub(super) hits: u32,
    /// What the outcomes were worth, in micros of the currency, where told.
    pub(super) value: Option<Micros>,
}

impl Lesson {
    /// What is taught once the window has closed; nothing before.
    pub(super) fn closed(self) -> Option<(f64, u32, Option<Micros>)> {
        self.label.map(|label| (label, self.hits, self.value))
    }
}

impl Example {
    /// Of one candidate; `None` if no value of it left, or one that has nothing to teach.
    pub(super) fn of(record: &Record, candidate: &CandidateRecord) -> Option<Self> {
        let choice = candidate.choice?;
        let subject = match choice {
            Choice::Bid(bid) => Subject::Bid(Offer::of(record, candidate, bid)?),
            Choice::Send(_) | Choice::Show(_) | Choice::Share(_) | Choice::Score(_) => {
                Subject::Asked(Asked::of(record, candidate, choice))
            }
            Choice::NoBid(_) | Choice::NotShown => return None,
        };
        let begins = choice.instant().unwrap_or(record.now);
        Some(Self {
            campaign: candidate.campaign.clone(),
            brand: candidate.brand.clone(),
            contact: contact(record, candidate),
            subject,
            objective: candidate.objective.event.clone(),
            made: record.now,
            closes: begins.plus(candidate.objective.window),
            events: Vec::new(),
            part: None,
            set_aside: false,
            taught: Lesson::default(),
        })
    }

    /// When silence means that it came to nothing.
    pub(super) fn resolved(&self) -> Timestamp {
        match self.subject {
            Subject::Bid(_) => self.made.plus(AUCTION_TIMEOUT),
            Subject::Asked(_) => self.closes,
        }
    }

    /// When it has taught everything that it teaches if nothing more is heard.
    pub(super) fn settled(&self) -> Timestamp {
        self.closes.max(self.resolved())
    }

    /// When nothing more of it is kept at hand.
    pub(super) fn forgotten(&self) -> Timestamp {
        self.settled().plus(KEPT)
    }

    /// Whether it need not be kept at hand at `now`.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        let silent = now >= self.resolved() && !self.came_about();
        silent || now >= self.forgotten()
    }

    /// Takes a report, and the chance that a person did it; a later revision replaces an earlier one.
    pub(super) fn hear(&mut self, outcome: &Outcome, human: f64) {
        let same = |(known, _): &&mut (Outcome, f64)| {
            known.event.sort() == outcome.event.sort() && known.event_id == outcome.event_id
        };
        match self.events.iter_mut().find(same) {
            Some(known) if known.0.revision <= outcome.revision => *known = (outcome.clone(), human),
            Some(_) => {}
            None => self.events.push((outcome.clone(), human)),
        }
    }

    /// When the message went out, as far as that was told.
    pub(super) fn sent_at(&self) -> Option<Timestamp> {
        let mut sent = self.standing().filter(|outcome| outcome.event == Event::Sent);
        sent.next().map(|outcome| outcome.at)
    }

    /// Its contact is erased, if it is this one: what comes of it still teaches, of nobody.
    pub(super) fn forget(&mut self, contact: &Word) {
        if self.contact.as_ref() == Some(contact) {
            self.contact = None;
            if let Subject::Asked(asked) = &mut self.subject {
                asked.facts.forget(&Attribute::Contact);
            }
        }
    }

    /// Whether it reached that contact for that campaign.
    pub(super) fn is_of(&self, (campaign, contact): &(CampaignId, Word)) -> bool {
        self.contact.as_ref() == Some(contact) && self.campaign == *campaign
    }

    /// Whom it reached for which campaign, where that is known.
    pub(super) fn who(&self) -> Option<(CampaignId, Word)> {
        Some((self.campaign.clone(), self.contact.clone()?))
    }

    /// Its outcomes are not a person's.
    pub(super) const fn set_aside(&mut self) {
        self.set_aside = true;
    }

    /// What it teaches at `now`.
    pub(super) fn lesson(&self, now: Timestamp) -> Lesson {
        let hits = || {
            let standing = self.events.iter().filter(|(outcome, _)| !outcome.withdrawn);
            standing.filter(|(outcome, _)| {
                outcome.event.name() == self.objective.as_str() && outcome.at <= self.closes
            })
        };
        let came_about = self.came_about();
        let closed = now >= self.closes && came_about && !self.set_aside;
        let over = closed || (now >= self.resolved() && !came_about && !self.set_aside);
        let worth = |(outcome, human): &(Outcome, f64)| {
            let value = outcome.event.value()?;
            Micros::from_f64(value.to_f64() * human)
        };
        Lesson {
            told: match &self.subject {
                Subject::Bid(offer) => self.told(offer, now),
                Subject::Asked(_) => None,
            },
            paid: self.paid(),
            over,
            hits: whole(hits().map(|(_, human)| human).sum()),
            label: closed.then(|| hits().map(|(_, human)| *human).fold(0.0, f64::max)),
            value: hits().filter_map(worth).reduce(Micros::plus),
        }
    }

    fn standing(&self) -> impl Iterator<Item = &Outcome> {
        let standing = self.events.iter().filter(|(outcome, _)| !outcome.withdrawn);
        standing.map(|(outcome, _)| outcome)
    }

    /// Whether what was decided took place: the ad was shown, the message not called off. Of the kinds of which
    /// nobody reports that, a value that left did.
    pub(super) fn came_about(&self) -> bool {
        let kind = match &self.subject {
            Subject::Bid(_) => Kind::Bid,
            Subject::Asked(asked) => asked.kind,
        };
        match kind {
            Kind::Bid => self.standing().any(|outcome| is_exposure(&outcome.event)),
            Kind::SendTime => !self.standing().any(|outcome| outcome.event == Event::Cancelled),
            Kind::Recommendation | Kind::Budget | Kind::Score => true,
        }
    }

    fn paid(&self) -> Option<Micros> {
        self.standing().find_map(|outcome| match outcome.event {
            Event::Win { price } => Some(price),
            Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => None,
        })
    }

    fn told(&self, offer: &Offer, now: Timestamp) -> Option<Told> {
        if let Some(price) = self.paid() {
            return Some(match offer.auction {
                AuctionType::SecondPrice => Told::Price(price),
                AuctionType::FirstPrice => Told::AtMost(offer.bid),
            });
        }
        let loss = self.standing().find_map(|outcome| match outcome.event {
            Event::Loss { reason, min_to_win } => Some((reason, min_to_win)),
            Event::Win { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => None,
        });
        match loss {
            Some((reason, min_to_win)) => told_of_loss(reason, min_to_win, offer.bid),
            None if now >= self.resolved() && !self.came_about() => Some(Told::Above(offer.bid)),
            None => None,
        }
    }
}

impl Offer {
    fn of(record: &Record, candidate: &CandidateRecord, bid: Micros) -> Option<Self> {
        let Question::Bid(auction) = &record.question else {
            return None;
        };
        let estimate = candidate.proposed.as_ref().and_then(|proposed| proposed.estimate);
        Some(Self {
            features: Features::of_record(record, candidate),
            market: Market::of(candidate.currency, &record.facts),
            probability: estimate.map(|estimate| estimate.outcome_probability),
            bid,
            auction: auction.auction_type_for(&candidate.campaign),
        })
    }
}

impl Asked {
    fn of(record: &Record, candidate: &CandidateRecord, choice: Choice) -> Self {
        let own = candidate.facts.iter();
        let common = record
            .facts
            .iter()
            .filter(|(attribute, _)| candidate.facts.get(attribute).is_none());
        let all = own.chain(common);
        let spoken = candidate
            .proposed
            .as_ref()
            .filter(|_| candidate.fallback.is_none());
        Self {
            kind: record.question.kind(),
            candidate: candidate.id.clone(),
            choice,
            facts: all.map(|(name, value)| (name.clone(), value.clone())).collect(),
            propensity: spoken.map(|proposed| proposed.propensity),
            forced: spoken.is_none_or(|proposed| proposed.forced),
            source: spoken.map(|proposed| proposed.source),
            brand: candidate.brand.clone(),
            funding: Funding::of(record, candidate),
        }
    }
}

/// What a lost auction tells of the price that beat the bid, if anything.
pub(super) fn told_of_loss(reason: Option<u32>, min_to_win: Option<Micros>, bid: Micros) -> Option<Told> {
    match (reason, min_to_win) {
        (_, Some(price)) => Some(Told::Price(price)),
        (None, None) => Some(Told::Above(bid)),
        (Some(reason), None) => PRICE_REASONS.contains(&reason).then_some(Told::Above(bid)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of outcomes, none negative"
)]
fn whole(count: f64) -> u32 {
    count.round() as u32
}

/// Whom a decision was about.
fn contact(record: &Record, candidate: &CandidateRecord) -> Option<Word> {
    let own = candidate.facts.word(&Attribute::Contact);
    own.or_else(|| record.facts.word(&Attribute::Contact)).cloned()
}

/// Whether the ad was seen.
const fn is_exposure(event: &Event) -> bool {
    match event {
        Event::Win { .. } | Event::Impression | Event::Click => true,
        Event::Loss { .. }
        | Event::Conversion { .. }
        | Event::Sent
        | Event::Cancelled
        | Event::Open
        | Event::Unsubscribe => false,
    }
}
