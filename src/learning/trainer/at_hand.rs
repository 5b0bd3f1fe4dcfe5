//! What the trainer waits for: decisions of which more may be heard, and for how long.

use std::collections::BTreeSet;

use super::{Key, Trainer};
use crate::{
    domain::{BrandId, CandidateRecord, Record, Word},
    learning::{due::Waits, example::Example, hand_over::Part},
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
        let goal = self
            .declared
            .get(&candidate.campaign)
            .map(|campaign| campaign.goal);
        example.part = Part::of(record, candidate, goal).map(Box::new);
        Some(example)
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
        while self.open.len() > self.most_open
            && let Some((waits, key)) = self.due.soonest()
        {
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
