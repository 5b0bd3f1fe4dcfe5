//! What the trainer waits for: decisions of which more may be heard, and for how long.

use std::collections::BTreeSet;

use super::{Key, Trainer};
use crate::{
    domain::{BrandId, CandidateRecord, Outcome, OutcomeReply, Record, Timestamp, Word},
    learning::{due::Waits, example::Example, hand_over::Part, unheard::Unheard},
    model::contacts::ContactKey,
};

impl Trainer {
    /// Somebody did more than a person does: whatever that contact did for the campaign within a day teaches nothing,
    /// and what it taught is taken back.
    pub(super) fn distrust(&mut self, key: &Key) {
        let Some(example) = self.open.get_mut(key) else {
            return;
        };
        let mut suspects = vec![key.clone()];
        if let Some(who) = example.who()
            && self.distrusted.note(who.clone(), self.now)
        {
            let open = self.open.iter();
            suspects.extend(
                open.filter(|(_, example)| example.is_of(&who))
                    .map(|(key, _)| key.clone()),
            );
        }
        suspects.sort_unstable();
        suspects.dedup();
        for key in suspects {
            if let Some(example) = self.open.get_mut(&key) {
                example.set_aside();
            }
            self.review(&key);
        }
    }

    pub(super) fn example(&self, record: &Record, candidate: &CandidateRecord) -> Option<Example> {
        let mut example = Example::of(record, candidate)?;
        example.part = self.part(record, candidate).map(Box::new);
        Some(example)
    }

    /// A bid that takes part in no comparison, so that nothing but its silence can teach until it is heard of.
    pub(super) fn unheard(&self, record: &Record, candidate: &CandidateRecord) -> Option<Unheard> {
        let bid = Unheard::of(record, candidate)?;
        self.part(record, candidate).is_none().then_some(bid)
    }

    fn part(&self, record: &Record, candidate: &CandidateRecord) -> Option<Part> {
        let goal = self
            .declared
            .get(&candidate.campaign)
            .map(|campaign| campaign.goal);
        Part::of(record, candidate, goal)
    }

    /// Waits for a word of a bid made then.
    pub(super) fn wait_for(&mut self, key: Key, bid: Unheard, made: Timestamp) {
        self.unheard.insert(key.clone(), bid);
        self.due.insert(Unheard::resolved(made), key, Waits::ForAWord);
        self.make_room();
    }

    /// A bid of which nothing was heard is not waited for any more; whether there is such a one.
    pub(super) fn hears_nothing(&mut self, key: &Key) -> bool {
        let Some(bid) = self.unheard.remove(key) else {
            return false;
        };
        self.reports.note(bid.market(), bid.silence(), 1.0);
        true
    }

    /// Learns from the first word of a bid if it is that of a loss, and then keeps nothing of it; whether it was that.
    pub(super) fn hears_of_loss(&mut self, key: &Key, outcome: &Outcome, reply: OutcomeReply) -> bool {
        let Some(bid) = self.unheard.get(key).copied().filter(|_| super::teaches(reply)) else {
            return false;
        };
        let Some(told) = bid.lost(outcome) else {
            return false;
        };
        self.unheard.remove(key);
        if let Some(told) = told {
            self.reports.note(bid.market(), told, 1.0);
        }
        true
    }

    /// A contact is erased: nothing is known of it with any declared campaign's brand, and what is still open names nobody. The
    /// names under which it was known.
    pub(in crate::learning) fn forget(&mut self, contact: &Word) -> Vec<ContactKey> {
        let brands: BTreeSet<&BrandId> = self.declared.values().map(|campaign| &campaign.brand).collect();
        let keys: Vec<ContactKey> = brands
            .into_iter()
            .map(|brand| ContactKey::new(brand, contact))
            .collect();
        for key in &keys {
            self.kinds.forget(*key);
        }
        self.distrusted.forget_contact(contact);
        for example in self.open.values_mut() {
            example.forget(contact);
        }
        keys
    }

    pub(super) fn keep(&mut self, key: Key, mut example: Example) {
        if self.distrusted.holds(&example) {
            example.set_aside();
        }
        self.open.insert(key.clone(), Box::new(example));
        self.schedule(key);
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.open() > self.most_open
            && let Some((waits, key)) = self.due.soonest()
        {
            if self.hears_nothing(&key) {
                continue;
            }
            let heard_since = |example: &Example| waits == Waits::ForAWord && example.came_about();
            if self.open.get(&key).is_some_and(|example| heard_since(example)) {
                self.schedule(key);
            } else {
                self.settle(&key);
            }
        }
    }

    /// An example has to go: what it teaches is what it would teach if nothing more were heard.
    fn settle(&mut self, key: &Key) {
        if let Some(settled) = self.open.get(key).map(|example| example.settled()) {
            self.review_as_of(key, self.now.max(settled));
            self.open.remove(key);
        }
    }

    /// Notes when an example that is still open has to be looked at next.
    pub(super) fn schedule(&mut self, key: Key) {
        let Some(example) = self.open.get(&key) else {
            return;
        };
        let now = self.now;
        let next = [example.closes, example.resolved()]
            .into_iter()
            .filter(|at| *at > now)
            .min();
        let (waits, at) = match (next, example.came_about()) {
            (Some(_), true) if now < example.closes => (Waits::ForItsWindow, example.closes),
            (Some(at), false) => (Waits::ForAWord, at),
            (Some(_) | None, _) => (Waits::ToBeForgotten, example.forgotten()),
        };
        if at > now {
            self.due.insert(at, key, waits);
        }
    }
}
