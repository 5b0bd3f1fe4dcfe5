//! Learns which items go together, what contacts took, and how creatives fare.
//!
//! What was shown teaches when its window has closed. An item that brought the objective's outcome counts as
//! taken by the contact; a showing counts for the item's rate either way. Which items go together is found anew whenever
//! a tenth more was taken than at the last time. Room is bounded where the knowledge lies: so many items, so many a
//! contact, so many contacts.

use std::sync::Arc;

use super::example::{Asked, Example, Lesson};
use crate::{
    domain::{Attribute, BrandId, Campaign, Choice, Facts, Observation},
    model::{
        contacts::{ContactKey, Day},
        recommendation::{Items, News},
    },
};

/// What is learnt so far.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    known: Items,
    changed: bool,
    published: Arc<Items>,
}

impl Learnt {
    /// An item was shown: from now on it may be put forward where nobody names anything.
    pub(super) fn decided(&mut self, asked: &Asked, example: &Example) {
        let Choice::Show(_) = asked.choice else {
            return;
        };
        let day = Day::of(example.made);
        self.known.offer(
            &example.campaign,
            &asked.candidate,
            &asked.facts,
            day,
            News::Shown,
        );
        self.changed = true;
    }

    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, example: &Example, lesson: &Lesson, importance: f64) {
        let (Choice::Show(_), Some(answer)) = (asked.choice, lesson.label) else {
            return;
        };
        let day = Day::of(example.made);
        self.known
            .show(&example.campaign, &asked.candidate, answer, importance);
        self.known.note_day(&example.campaign, day);
        if answer > 0.5 {
            self.known.offer(
                &example.campaign,
                &asked.candidate,
                &asked.facts,
                day,
                News::Taken,
            );
        }
        self.changed = true;
        let is_creative = asked.facts.get(&Attribute::Creative).is_some();
        let contact = contact(&asked.brand, &asked.facts).filter(|_| answer > 0.5 && !is_creative);
        match contact {
            Some(contact) if importance > 0.0 => self.known.take(contact, &asked.candidate, day),
            Some(contact) => self.known.put_back(contact, &asked.candidate),
            None => {}
        }
    }

    /// A row of history was imported: an item that was shown or taken.
    pub(super) fn observe(&mut self, row: &Observation, _: Option<&Campaign>) {
        let Some(item) = &row.candidate else {
            return;
        };
        let closes = row.at.plus(row.objective.window);
        let taken = row
            .events
            .iter()
            .any(|(event, at)| event.name() == row.objective.event.as_str() && *at <= closes);
        let day = Day::of(row.at);
        self.known.note_day(&row.campaign, day);
        self.known
            .show(&row.campaign, item, f64::from(u8::from(taken)), 1.0);
        self.known
            .offer(&row.campaign, item, &row.facts, day, News::Taken);
        self.changed = true;
        let is_creative = row.facts.get(&Attribute::Creative).is_some();
        if let Some(contact) = contact(&row.brand, &row.facts).filter(|_| taken && !is_creative) {
            self.known.take(contact, item, day);
        }
    }

    /// A contact is erased.
    pub(super) fn forget(&mut self, contact: ContactKey) {
        self.known.forget(contact);
        self.changed = true;
    }

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<Items> {
        if std::mem::take(&mut self.changed) {
            if self.known.wants_fit() {
                self.known.fit();
            }
            self.published = Arc::new(self.known.clone());
        }
        Arc::clone(&self.published)
    }
}

fn contact(brand: &BrandId, facts: &Facts) -> Option<ContactKey> {
    let contact = facts.word(&Attribute::Contact)?;
    Some(ContactKey::new(brand, contact))
}
