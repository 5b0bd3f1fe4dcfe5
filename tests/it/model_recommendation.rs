//! What to show: what is learnt of items and creatives, and what is proposed inside the limits.

use std::{collections::BTreeMap, sync::Arc};

use balustrade::{
    domain::{
        Active, Attribute, Baselines, BasisPoints, Bounded, Bounds, BrandId, CampaignId, Candidate,
        CandidateId, CandidateLimits, Certainty, Choice, Effect, FactValue, Facts, Grounds, Kind, Proposed,
        Question, RuleIx, RuleTable, Source, Stage, Tier, Timestamp, Verdict, Word,
    },
    guardrail::enforce,
    model::{
        Knowledge, Snapshot,
        contacts::{ContactKey, Day},
        propose,
        recommendation::{
            Items, MOST_TAKEN,
            creatives::{Shown, beliefs},
            ease::{Ease, PENALTY},
            neighbours::Neighbours,
        },
        thompson::probability,
    },
};
use proptest::prelude::*;

use crate::{
    domain_stories::story,
    guardrail_laws::{campaign, query},
    model_thompson::few,
};

pub(crate) fn id(text: &str) -> CandidateId {
    CandidateId::new(text).unwrap()
}

fn contact(text: &str) -> ContactKey {
    ContactKey::new(&BrandId::new("nova").unwrap(), &Word::new(text).unwrap())
}

const TODAY: Day = Day(20_759);

// === which items go together ===

/// Of Steck's closed form, written down as it stands there, with the inverse by plain elimination.
fn reference(items: usize, contacts: &[Vec<u32>]) -> Vec<Vec<f64>> {
    let mut gram = vec![vec![0.0; items]; items];
    for list in contacts {
        for from in list {
            for to in list {
                gram[*from as usize][*to as usize] += 1.0;
            }
        }
    }
    for (at, row) in gram.iter_mut().enumerate() {
        row[at] += PENALTY;
        row.extend((0..items).map(|to| if to == at { 1.0 } else { 0.0 }));
    }
    for at in 0..items {
        let pivot = gram[at][at];
        gram[at].iter_mut().for_each(|cell| *cell /= pivot);
        let own = gram[at].clone();
        for (other, row) in gram.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            let factor = row[at];
            row.iter_mut()
                .zip(&own)
                .for_each(|(cell, own)| *cell -= factor * own);
            assert_ne!(other, at);
        }
    }
    let inverse: Vec<Vec<f64>> = gram.into_iter().map(|row| row[items..].to_vec()).collect();
    (0..items)
        .map(|i| {
            (0..items)
                .map(|j| {
                    if i == j {
                        0.0
                    } else {
                        -inverse[i][j] / inverse[j][j]
                    }
                })
                .collect()
        })
        .collect()
}

fn baskets() -> impl Strategy<Value = (usize, Vec<Vec<u32>>)> {
    (2_usize..150).prop_flat_map(|items| {
        let all: Vec<u32> = (0..u32::try_from(items).unwrap()).collect();
        let basket = prop::sample::subsequence(all, 0..items.min(12));
        (Just(items), prop::collection::vec(basket, 0..40))
    })
}

proptest! {
    #![proptest_config(few(128))]

    #[test]
    fn the_weights_agree_with_the_closed_form_written_plainly((items, contacts) in baskets()) {
        let fitted = Ease::fit(items, contacts.iter().map(Vec::as_slice)).unwrap();
        for (from, row) in (0_u32..).zip(reference(items, &contacts)) {
            for (weight, plain) in fitted.from(from).iter().zip(row) {
                prop_assert!((f64::from(*weight) - plain).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn neighbours_agree_with_counting_every_pair((items, contacts) in baskets()) {
        let fitted = Neighbours::fit(items, &contacts);
        let takers = |item: u32| contacts.iter().filter(|list| list.contains(&item)).count() as f64;
        for from in 0..u32::try_from(items).unwrap() {
            for (to, strength) in fitted.of(from) {
                let both = contacts.iter().filter(|list| list.contains(&from) && list.contains(to)).count() as f64;
                let popularity = takers(*to) / contacts.len() as f64;
                let plain = (both - takers(from) * popularity) / (takers(from) + 30.0);
                prop_assert!((f64::from(*strength) - plain).abs() < 1e-6);
                prop_assert!(*to != from);
            }
            let strengths: Vec<f32> = fitted.of(from).iter().map(|(_, strength)| *strength).collect();
            prop_assert!(strengths.windows(2).all(|two| two[0] >= two[1]));
        }
    }
}

/// Two tastes: who takes a film of one takes others of it.
fn tastes(people: u32) -> Items {
    let mut items = Items::default();
    for person in 0..people {
        for nth in 0..5 {
            let taste = if person % 2 == 0 { "noir" } else { "farce" };
            let film = format!("{taste} {}", (person / 2 + nth * 3) % 11);
            items.take(contact(&format!("person {person}")), &id(&film), TODAY);
        }
    }
    items.fit();
    items
}

fn best(items: &Items, key: Option<ContactKey>) -> (CandidateId, bool) {
    let history = items.history(key, &[]);
    let relevances = items.relevances(&history);
    let taken: Vec<CandidateId> = key.map_or_else(Vec::new, |key| items.taken(key).cloned().collect());
    let free = relevances.iter().filter(|(item, _)| !taken.contains(item));
    let best = free.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    (best.0.clone(), relevances.personal)
}

#[test]
fn one_interaction_makes_it_personal_and_none_leaves_it_popular() {
    let mut items = tastes(400);
    for _ in 0..60 {
        items.take(contact("person 1"), &id("farce 1"), TODAY);
    }
    let newcomer = contact("newcomer");
    assert!(!best(&items, Some(newcomer)).1, "nothing is known of a newcomer");
    items.take(newcomer, &id("noir 4"), TODAY);
    let (item, personal) = best(&items, Some(newcomer));
    assert!(personal && item.as_str().starts_with("noir"), "{item:?}");
}

#[test]
fn the_latest_items_speak_loudest() {
    let mut items = tastes(400);
    let moved = contact("moved on");
    for nth in 0..11 {
        items.take(moved, &id(&format!("noir {nth}")), Day(TODAY.0 - 300));
    }
    // Further films of neither taste: what lies before them grows quieter.
    for nth in 0..100 {
        items.take(moved, &id(&format!("short {nth}")), Day(TODAY.0 - 100));
    }
    items.take(moved, &id("farce 2"), TODAY);
    assert!(best(&items, Some(moved)).0.as_str().starts_with("farce"));
}

#[test]
fn what_is_put_back_was_never_taken_and_a_contact_is_remembered_so_far() {
    let mut items = tastes(40);
    let key = contact("somebody");
    items.take(key, &id("noir 1"), TODAY);
    items.take(key, &id("noir 1"), TODAY);
    items.put_back(key, &id("noir 1"));
    assert_eq!(items.taken(key).count(), 0);
    for nth in 0..MOST_TAKEN + 20 {
        items.take(key, &id(&format!("item {nth}")), TODAY);
    }
    assert_eq!(items.taken(key).count(), MOST_TAKEN);
    assert!(
        items.taken(key).all(|item| *item != id("item 3")),
        "the oldest is forgotten"
    );
}

#[test]
fn a_reason_is_an_item_that_speaks_for_another() {
    let items = tastes(400);
    let history = items.history(Some(contact("person 0")), &[]);
    let reasons = items.because_of(&history, &id("noir 10"), 3);
    assert_eq!(reasons.len(), 3);
    assert!(
        reasons
            .iter()
            .all(|reason| reason.item.as_str().starts_with("noir") && reason.weight > 0.0)
    );
    assert!(reasons.windows(2).all(|two| two[0].weight >= two[1].weight));
}

#[test]
fn creatives_are_believed_by_what_they_brought_beside_each_other() {
    let shown =
        [(1_000.0, 10.0), (1_000.0, 40.0), (0.0, 0.0)].map(|(shown, answered)| Shown { shown, answered });
    let arms = beliefs(&shown);
    let chance = |at| probability(&arms, at).unwrap();
    assert!(
        chance(1) > 0.5 && chance(0) < 0.01 && chance(2) > 0.05,
        "{arms:?}"
    );
}

// === what is proposed ===

pub(crate) fn learnt(days: u16) -> Snapshot {
    let mut items = tastes(400);
    let spring = CampaignId::new("spring").unwrap();
    for ago in 0..days {
        items.note_day(&spring, Day(TODAY.0 - ago));
    }
    for (creative, answered) in [("red", 30), ("green", 20), ("blue", 25)] {
        for nth in 0..1_000 {
            items.show(&spring, &id(creative), f64::from(u8::from(nth < answered)), 1.0);
        }
    }
    let knowledge = Knowledge {
        items: Arc::new(items),
        ..Knowledge::default()
    };
    Snapshot::new(1, now(), knowledge)
}

fn now() -> Timestamp {
    "2026-11-02T09:00:00Z".parse::<jiff::Timestamp>().unwrap().into()
}

/// Candidates by name for a contact, in so many slots.
pub(crate) fn asked(contact: &str, names: &[&str], slots: u16, seed: u64) -> Bounded {
    let mut campaign = campaign();
    campaign.baselines = Baselines {
        list: Some(vec![id("farce 7"), id("noir 9")]),
        ..Baselines::default()
    };
    let campaign = Arc::new(campaign);
    let mut query = query();
    query.now = now();
    query.seed = seed;
    query
        .facts
        .set(Attribute::Contact, FactValue::Word(Word::new(contact).unwrap()));
    query.question = Question::Recommendation {
        slots,
        context: Vec::new(),
        session: Vec::new(),
    };
    query.candidates = names
        .iter()
        .map(|name| Candidate {
            id: id(name),
            campaign: CampaignId::new("spring").unwrap(),
            facts: Facts::new(),
        })
        .collect();
    Bounded {
        query,
        campaigns: names.iter().map(|_| Arc::clone(&campaign)).collect(),
        limits: vec![CandidateLimits::default(); names.len()],
        evidence: Vec::new(),
        spend: Vec::new(),
        rules: Arc::new(RuleTable::default()),
    }
}

pub(crate) fn proposed(snapshot: &Snapshot, bounded: Bounded) -> Vec<Option<Proposed>> {
    propose(snapshot, Arc::new(bounded)).candidates
}

pub(crate) fn slots(proposed: &[Option<Proposed>]) -> Vec<Option<u16>> {
    let slot = |proposed: &Option<Proposed>| proposed.as_ref().and_then(|proposed| proposed.choice.slot());
    proposed.iter().map(slot).collect()
}

pub(crate) const FILMS: [&str; 8] = [
    "noir 1",
    "noir 2",
    "farce 1",
    "farce 2",
    "noir 9",
    "farce 7",
    "noir 10",
    "unheard of",
];

fn act(effect: Effect) -> Bounds {
    [Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Company,
        effect,
    }]
    .into_iter()
    .collect()
}

#[test]
fn a_cold_campaign_shows_peoples_list() {
    let proposed = proposed(&Snapshot::cold(), asked("person 0", &FILMS, 2, 1));
    assert_eq!(
        slots(&proposed),
        [None, None, None, None, Some(2), Some(1), None, None]
    );
    let first = proposed[5].as_ref().unwrap();
    assert_eq!((first.source, first.maturity.stage), (Source::Human, Stage::Cold));
}

#[test]
fn a_mature_campaign_shows_what_the_contact_may_like_and_says_why() {
    let mut noir = 0;
    for seed in 0..50 {
        let proposed = proposed(&learnt(40), asked("person 4", &FILMS, 3, seed));
        let shown = proposed
            .iter()
            .flatten()
            .filter(|proposed| proposed.choice.slot().is_some());
        for shown in shown {
            assert_eq!(
                (shown.source, shown.maturity.stage),
                (Source::Model, Stage::Mature)
            );
            if let Some(Grounds::Item { because_of }) = shown.grounds.as_deref() {
                assert!(because_of.iter().all(|item| item.as_str().starts_with("noir")));
                noir += 1;
            }
        }
    }
    assert!(noir > 80, "{noir}");
}

#[test]
fn what_is_taken_sold_out_or_looked_at_is_out_unless_people_pin_it() {
    let snapshot = learnt(40);
    // Person 0 took noir 0, 3, 6, 9 and 1.
    let mut bounded = asked("person 0", &FILMS, 8, 1);
    bounded.query.candidates[1]
        .facts
        .set(Attribute::ItemInStock, FactValue::Flag(false));
    bounded.query.question = Question::Recommendation {
        slots: 8,
        context: vec![id("noir 10")],
        session: Vec::new(),
    };
    let out = slots(&proposed(&snapshot, bounded.clone()));
    assert_eq!([out[0], out[1], out[4], out[6]], [None; 4], "{out:?}");
    assert_eq!(out.iter().flatten().count(), 4);
    bounded.limits[0].effects = act(Effect::Pin(2));
    let enforced = enforce(propose(&snapshot, Arc::new(bounded)));
    assert_eq!(enforced.answers()[0].choice, Some(Choice::Show(2)));
    assert!(enforced.answers().iter().all(|answer| answer.alarm.is_none()));
    assert_eq!(
        enforced.answers()[1].verdict,
        Verdict::Allowed,
        "not wished for, and not shown"
    );
}

#[test]
fn nothing_left_to_show_is_an_empty_slate_and_no_alarm() {
    let enforced = enforce(propose(
        &learnt(40),
        Arc::new(asked("person 0", &["noir 0", "noir 3"], 2, 1)),
    ));
    for answer in enforced.answers() {
        assert_eq!(
            (answer.choice, answer.verdict),
            (Some(Choice::NotShown), Verdict::Allowed)
        );
        assert_eq!((&answer.alarm, answer.fallback), (&None, None));
    }
}

/// Draws many slates; of every first slot, and of every second after a first, counts and claims agree.
pub(crate) fn agree(snapshot: &Snapshot, ask: impl Fn(u64) -> Bounded, rounds: u32) {
    let mut firsts: BTreeMap<usize, (u32, f64)> = BTreeMap::new();
    let mut seconds: BTreeMap<(usize, usize), (u32, f64)> = BTreeMap::new();
    for seed in 0..rounds {
        let proposed = proposed(snapshot, ask(u64::from(seed)));
        let at = |slot: u16| {
            let found = slots(&proposed)
                .iter()
                .position(|shown| *shown == Some(slot))
                .unwrap();
            (found, proposed[found].as_ref().unwrap().propensity)
        };
        let ((first, p), (second, q)) = (at(1), at(2));
        firsts.entry(first).or_insert((0, p)).0 += 1;
        seconds.entry((first, second)).or_insert((0, q)).0 += 1;
        assert!((firsts[&first].1 - p).abs() < 1e-12 && (seconds[&(first, second)].1 - q).abs() < 1e-12);
    }
    let close = |count: u32, of: u32, claim: f64| {
        let (share, of) = (f64::from(count) / f64::from(of), f64::from(of));
        let error = (claim * (1.0 - claim) / of).sqrt().max(1.0 / of);
        assert!(
            (share - claim).abs() < 4.5 * error,
            "{share} against {claim} of {of}"
        );
    };
    let sum: f64 = firsts.values().map(|(_, claim)| claim).sum();
    assert!((sum - 1.0).abs() < 0.01, "{sum} of {firsts:?}");
    assert!(firsts.len() > 1, "{firsts:?}");
    for (count, claim) in firsts.values() {
        close(*count, rounds, *claim);
    }
    for ((first, _), (count, claim)) in &seconds {
        close(*count, firsts[first].0, *claim);
    }
}

#[test]
fn propensities_are_conditional_a_slot_and_over_the_allowed_set() {
    // All films are about as popular, so a stranger's slate is any of them.
    let snapshot = learnt(40);
    agree(&snapshot, |seed| asked("stranger", &FILMS, 3, seed), 2_000);
    let limited = |seed| {
        let mut bounded = asked("stranger", &FILMS, 3, seed);
        bounded.limits[0].effects = act(Effect::Exclude);
        bounded.limits[2].effects = act(Effect::Boost(BasisPoints::new(200)));
        bounded
    };
    agree(&snapshot, limited, 2_000);
}

#[test]
fn creatives_are_drawn_by_thompson_sampling_with_their_propensities() {
    let snapshot = learnt(40);
    let creatives = |seed| {
        let mut bounded = asked("person 4", &["red", "green", "blue", "new"], 2, seed);
        for candidate in &mut bounded.query.candidates {
            let name = Word::new(candidate.id.as_str()).unwrap();
            candidate.facts.set(Attribute::Creative, FactValue::Word(name));
        }
        bounded
    };
    agree(&snapshot, creatives, 2_000);
    let limited = |seed| {
        let mut bounded = creatives(seed);
        bounded.limits[0].effects = act(Effect::Exclude);
        bounded
    };
    agree(&snapshot, limited, 2_000);
    let enforced = enforce(propose(&snapshot, Arc::new(creatives(3))));
    for answer in enforced.answers() {
        assert_eq!((answer.verdict, &answer.alarm), (Verdict::Allowed, &None));
    }
    let shown = enforced
        .answers()
        .iter()
        .find(|answer| answer.choice == Some(Choice::Show(1)))
        .unwrap();
    assert!(shown.proposed.as_ref().unwrap().estimate.is_some() || shown.proposed.is_some());
}

proptest! {
    #![proptest_config(few(128))]

    /// The guardrail finds nothing wrong with what the model proposes, whatever the rules are.
    #[test]
    fn no_slate_is_outside_its_limits(story in story(Kind::Recommendation), seed in any::<u64>(), days in 0_u16..40) {
        thread_local! {
            static KNOWN: [Snapshot; 3] = [Snapshot::cold(), learnt(10), learnt(40)];
        }
        let mut bounded = asked("person 4", &FILMS[..story.limits.len()], 1, seed);
        bounded.query.question = story.question.clone();
        bounded.limits = story.limits.clone();
        let answers = || KNOWN.with(|known| enforce(propose(&known[usize::from(days % 3)], Arc::new(bounded.clone()))));
        let (enforced, again) = (answers(), answers());
        let unruled = story.limits.iter().all(|limits| limits.effects.is_empty());
        for (answer, again) in enforced.answers().iter().zip(again.answers()) {
            prop_assert_eq!(&answer.alarm, &None);
            prop_assert_eq!(answer.choice, again.choice);
            prop_assert!(!unruled || answer.verdict == Verdict::Allowed);
            if let Some(proposed) = &answer.proposed {
                prop_assert!(proposed.propensity > 0.0 && proposed.propensity <= 1.0);
            }
        }
    }
}
