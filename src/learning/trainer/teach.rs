//! What an example teaches, and how a lesson that changed is put right.

use super::{Key, Trainer};
use crate::{
    domain::{CampaignId, Event, Facts, Micros, Observation, Timestamp},
    learning::example::{Asked, Example, Lesson, Offer, Subject},
    model::{
        FEWEST_POSITIVES,
        features::Features,
        goal::worth,
        win_curve::{self, Told},
    },
};

impl Trainer {
    pub(super) fn observed_bid(&mut self, row: &Observation) {
        self.followed(&row.campaign).profile.note(row.at);
        let declared = self.declared.get(&row.campaign).cloned();
        if let Some((campaign, told)) = declared.as_ref().zip(told_by(row)) {
            self.reports
                .note(win_curve::Market::of(campaign.currency, &row.facts), told, 1.0);
        }
        let closes = row.at.plus(row.objective.window);
        let hits = || {
            let named = |(event, at): &&(Event, Timestamp)| {
                event.name() == row.objective.event.as_str() && *at <= closes
            };
            row.events.iter().filter(named)
        };
        let value = hits().filter_map(|(event, _)| event.value()).reduce(Micros::plus);
        if row.won == Some(true) || !row.events.is_empty() {
            let nothing = Facts::new();
            let facts = declared.as_ref().map_or(&nothing, |campaign| &campaign.facts);
            let features = Features::of_observation(row, facts);
            let label = if hits().next().is_some() { 1.0 } else { 0.0 };
            self.train(&features, label, 1.0);
            self.credit(&row.campaign, value, 1.0);
        }
    }

    /// Compares what an example has taught with what it ought to teach now, and makes good the difference.
    pub(super) fn review(&mut self, key: &Key) {
        self.review_as_of(key, self.now);
    }

    pub(super) fn review_as_of(&mut self, key: &Key, now: Timestamp) {
        let Some(mut example) = self.open.remove(key) else {
            return;
        };
        let (before, lesson) = (example.taught, example.lesson(now));
        example.taught = lesson;
        match &example.subject {
            Subject::Bid(offer) => {
                self.teach_price(&example.campaign, offer, before, lesson);
                self.teach_response(offer, before, lesson);
            }
            Subject::Asked(asked) => self.teach_kind(asked, &example, before, lesson),
        }
        if let Some(part) = &example.part {
            self.hand_overs.teach(part, &before, &lesson, self.now);
        }
        if before.value != lesson.value {
            self.credit(&example.campaign, before.value, -1.0);
            self.credit(&example.campaign, lesson.value, 1.0);
        }
        if !example.is_over(now) {
            self.open.insert(key.clone(), example);
        }
    }

    fn teach_response(&mut self, offer: &Offer, before: Lesson, lesson: Lesson) {
        if before.label == lesson.label {
            return;
        }
        if let Some(label) = before.label {
            self.train(&offer.features, label, -1.0);
        }
        if let Some(label) = lesson.label {
            self.try_out(&offer.features, label);
            self.train(&offer.features, label, 1.0);
        }
    }

    /// Holds the version in force against what decided before it, where there is such a trial.
    fn try_out(&mut self, features: &Features, label: f64) {
        let Some(trial) = &mut self.trial else { return };
        let logit = self.response.weights().predict(features).logit;
        let learnt = (self.positives >= FEWEST_POSITIVES).then(|| self.published.0.probability(logit));
        trial.note(features, label, learnt);
    }

    /// Of a kind that is no auction everything is taught at once, when the window has closed.
    fn teach_kind(&mut self, asked: &Asked, example: &Example, before: Lesson, lesson: Lesson) {
        if before.closed() == lesson.closed() {
            return;
        }
        if before.label.is_some() {
            self.kinds.learn(asked, example, &before, -1.0);
        }
        if lesson.label.is_some() {
            self.kinds.learn(asked, example, &lesson, 1.0);
        }
    }

    fn teach_price(&mut self, campaign: &CampaignId, offer: &Offer, before: Lesson, lesson: Lesson) {
        if before.told != lesson.told {
            if let Some(told) = before.told {
                self.reports.note(offer.market, told, -1.0);
            }
            if let Some(told) = lesson.told {
                self.reports.note(offer.market, told, 1.0);
            }
        }
        if before.paid == lesson.paid {
            return;
        }
        let goal = self.declared.get(campaign).map(|campaign| campaign.goal);
        let followed = self.followed(campaign);
        let paid = |lesson: Lesson| lesson.paid.unwrap_or_default().to_f64();
        followed.spent_micros += paid(lesson) - paid(before);
        let mean_value = followed.known.mean_value_micros();
        let expected = offer
            .probability
            .zip(goal)
            .and_then(|(p, goal)| worth(goal, p, mean_value));
        if let (None, Some(price), Some(expected)) = (before.paid, lesson.paid, expected) {
            followed.known.pace.won(expected.bid_micros, price.to_f64());
        }
    }

    fn train(&mut self, features: &Features, label: f64, importance: f64) {
        let scored = self.response.train(features, label, importance);
        if importance > 0.0 {
            let base = (float(self.positives) + 0.5) / (float(self.examples) + 1.0);
            self.progress.note(scored, base, label);
        }
        let counted = |count: u64| {
            if importance > 0.0 {
                count + 1
            } else {
                count.saturating_sub(1)
            }
        };
        self.examples = counted(self.examples);
        if label > 0.5 {
            self.positives = counted(self.positives);
        }
    }

    fn credit(&mut self, campaign: &CampaignId, value: Option<Micros>, times: f64) {
        if let Some(value) = value {
            let known = &mut self.followed(campaign).known;
            known.value_micros += times * value.to_f64();
            known.valued += times;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "so many examples fit")]
const fn float(count: u64) -> f64 {
    count as f64
}

fn told_by(row: &Observation) -> Option<Told> {
    match (row.market_price, row.won, row.bid) {
        (Some(price), _, _) => Some(Told::Price(price)),
        (None, Some(true), Some(bid)) => Some(Told::AtMost(bid)),
        (None, Some(false), Some(bid)) => Some(Told::Above(bid)),
        (None, _, _) => None,
    }
}
