//! Laws of limits, over random effects and wishes.

use balustrade::domain::{
    Active, BasisPoints, Bounds, CandidateLimits, Certainty, Choice, Effect, FallbackReason, Merged, Micros,
    NoBid, Question, RuleIx, SafeDefault, Standing, Tier, Word, apply, causes, only_causes_matter, permits,
    shadowed,
};
use proptest::prelude::*;

pub(crate) fn cases() -> ProptestConfig {
    let long = std::env::var_os("BALUSTRADE_TEST_LONG").is_some();
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if long { 100_000 } else { 5_000 })
    }
}

pub(crate) fn price() -> impl Strategy<Value = Micros> {
    (1_i64..40).prop_map(|tenths| Micros::new(tenths * 100_000))
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        1 => Just(Effect::Block),
        1 => Just(Effect::Exclude),
        1 => Just(Effect::Hold(Word::new("brand-lead").unwrap())),
        4 => price().prop_map(Effect::AtLeast),
        6 => price().prop_map(Effect::AtMost),
        2 => price().prop_map(Effect::Force),
        2 => (price(), price(), price()).prop_map(|(human, a, b)| {
            Effect::Band { human, low: a.min(b), high: a.max(b), have: 3, need: 50 }
        }),
        3 => (-6_000_i32..6_000).prop_map(|by| Effect::Adjust(BasisPoints::new(by))),
        1 => Just(Effect::Note("said".into())),
    ]
}

pub(crate) fn active(rule: u32) -> impl Strategy<Value = Active> {
    let tiers = prop::sample::select(Tier::ALL.to_vec());
    let certainties = prop::sample::select(vec![Certainty::Certain, Certainty::Unknown]);
    (tiers, certainties, effect()).prop_map(move |(tier, certainty, effect)| Active {
        certainty,
        rule: RuleIx(rule),
        tier,
        effect,
    })
}

fn actives() -> impl Strategy<Value = Vec<Active>> {
    (0_usize..7).prop_flat_map(|n| (0..u32::try_from(n).unwrap()).map(active).collect::<Vec<_>>())
}

pub(crate) fn limits() -> impl Strategy<Value = CandidateLimits> {
    let floors = prop_oneof![3 => Just(Micros::ZERO), 1 => price()];
    let budgets = prop_oneof![3 => Just(None), 1 => price().prop_map(Some)];
    let defaults = prop_oneof![
        Just(SafeDefault::NoValue),
        Just(SafeDefault::Answer(Choice::NoBid(NoBid::SafeDefault))),
        price().prop_map(|price| SafeDefault::Answer(Choice::Bid(price))),
    ];
    (actives(), floors, budgets, defaults).prop_map(|(effects, floor, budget_left, safe_default)| {
        CandidateLimits {
            effects: effects.into_iter().collect(),
            floor,
            budget_left,
            safe_default,
            ..CandidateLimits::default()
        }
    })
}

pub(crate) fn wish() -> impl Strategy<Value = Choice> {
    prop_oneof![8 => price().prop_map(Choice::Bid), 1 => Just(Choice::NoBid(NoBid::NoValue))]
}

/// Every restriction, read one by one: the plain reference for what may leave.
pub(crate) fn satisfies_restrictions(limits: &CandidateLimits, choice: Option<Choice>) -> bool {
    let Some(choice) = choice else { return true };
    let free = limits.effects.iter().all(|active| match active.effect {
        Effect::Block | Effect::Exclude | Effect::Hold(_) => false,
        Effect::AtLeast(bound) => choice.price().is_none_or(|price| price >= bound),
        Effect::AtMost(bound) => choice.price().is_none_or(|price| price <= bound),
        Effect::Force(_) | Effect::Band { .. } | Effect::Adjust(_) | Effect::Note(_) => true,
        Effect::Cap(_)
        | Effect::Times { .. }
        | Effect::AtMostPer(_)
        | Effect::Share { .. }
        | Effect::Step { .. }
        | Effect::ForceAt(_)
        | Effect::BandAt(_)
        | Effect::StartList { .. }
        | Effect::Pin(_)
        | Effect::Boost(_) => unreachable!("these bids have no such effect: {active:?}"),
    });
    let affordable = choice
        .price()
        .is_none_or(|price| price >= limits.floor && limits.budget_left.is_none_or(|left| price <= left));
    free && affordable
}

/// The causes, found the long way.
pub(crate) fn plain_causes(limits: &CandidateLimits, wish: Choice) -> Vec<RuleIx> {
    let answer = |effects: &[Active]| {
        let effects = effects.iter().cloned().collect();
        let applied = apply(
            &CandidateLimits {
                effects,
                ..limits.clone()
            },
            wish,
        );
        (applied.choice, applied.standing, applied.fallback)
    };
    let mut kept: Vec<Active> = limits.effects.iter().cloned().collect();
    let target = answer(&kept);
    if target == answer(&[]) {
        return Vec::new();
    }
    loop {
        let before = kept.len();
        for at in (0..before).rev() {
            let mut fewer = kept.clone();
            fewer.remove(at);
            if answer(&fewer) == target {
                kept = fewer;
            }
        }
        if kept.len() == before {
            break;
        }
    }
    let mut rules: Vec<RuleIx> = Vec::new();
    for active in kept {
        if !rules.contains(&active.rule) {
            rules.push(active.rule);
        }
    }
    rules
}

fn restriction(rule: u32) -> impl Strategy<Value = Active> {
    active(rule).prop_filter("a restriction", |active| is_restriction(&active.effect))
}

fn is_restriction(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Block | Effect::Exclude | Effect::Hold(_) | Effect::AtLeast(_) | Effect::AtMost(_)
    )
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in actives(), b in actives(), c in actives()) {
        let set = |effects: &[Active]| effects.iter().cloned().collect::<Bounds>();
        let merged = |a: &Bounds, b: &Bounds| { let mut a = a.clone(); a.merge(b); a };
        let (a, b, c) = (set(&a), set(&b), set(&c));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a);
    }

    #[test]
    fn the_order_of_effects_does_not_matter(effects in actives().prop_shuffle()) {
        let mut reversed = effects.clone();
        reversed.reverse();
        let fold = |effects: &[Active]| Merged::of(effects.iter());
        let (a, b) = (fold(&effects), fold(&reversed));
        prop_assert_eq!((a.standing, a.directive, a.interval), (b.standing, b.directive, b.interval));
        prop_assert!((a.factor.get() - b.factor.get()).abs() <= 1);
        prop_assert_eq!(
            effects.into_iter().collect::<Bounds>(),
            reversed.into_iter().collect::<Bounds>()
        );
    }

    #[test]
    fn what_leaves_satisfies_every_restriction(limits in limits(), wish in wish()) {
        let applied = apply(&limits, wish);
        prop_assert!(satisfies_restrictions(&limits, applied.choice), "{:?}", applied);
    }

    #[test]
    fn held_and_blocked_carry_no_value(limits in limits(), wish in wish()) {
        let applied = apply(&limits, wish);
        prop_assert_eq!(applied.choice.is_none(), applied.standing != Standing::Allowed);
    }

    #[test]
    fn what_apply_chooses_is_permitted_and_stays_as_it_is(limits in limits(), wish in wish()) {
        let applied = apply(&limits, wish);
        if let (Some(choice), None) = (applied.choice, applied.fallback) {
            prop_assert!(permits(&limits, choice), "{:?}", choice);
            let no_adjustment = limits.effects.iter().all(|active| !matches!(active.effect, Effect::Adjust(_)));
            if no_adjustment && choice.price().is_some() {
                prop_assert_eq!(apply(&limits, choice).choice, Some(choice));
            }
        }
    }

    #[test]
    fn a_further_restriction_only_tightens(limits in limits(), more in restriction(99), choice in wish()) {
        let mut tighter = limits.clone();
        tighter.effects.insert(more);
        if permits(&tighter, choice) {
            // A bound may cut a directive's value, so what is compared is what restrictions permit.
            let restrictions = |limits: &CandidateLimits| CandidateLimits {
                effects: limits.effects.iter().filter(|active| is_restriction(&active.effect)).cloned().collect(),
                ..limits.clone()
            };
            prop_assert!(permits(&restrictions(&limits), choice));
        }
    }

    #[test]
    fn the_causes_suffice_and_each_is_needed(limits in limits(), wish in wish()) {
        let only = |rules: &[RuleIx]| {
            let effects = limits.effects.iter().filter(|active| rules.contains(&active.rule)).cloned().collect();
            let applied = apply(&CandidateLimits { effects, ..limits.clone() }, wish);
            (applied.choice, applied.standing, applied.fallback)
        };
        let every: Vec<RuleIx> = limits.effects.iter().map(|active| active.rule).collect();
        let causes = causes(&limits, wish);
        prop_assert_eq!(only(&causes.because_of), only(&every));
        for rule in &causes.because_of {
            let without: Vec<RuleIx> = causes.because_of.iter().copied().filter(|other| other != rule).collect();
            prop_assert_ne!(only(&without), only(&every), "{:?} is not needed", rule);
        }
    }

    #[test]
    fn the_causes_are_what_is_left_when_the_least_preferred_are_dropped_one_by_one(limits in limits(), wish in wish()) {
        prop_assert_eq!(causes(&limits, wish).because_of.to_vec(), plain_causes(&limits, wish));
    }

    /// Planted: a candidate with a directive is taken for one of which only what tightens decides.
    #[test]
    fn where_only_causes_matter_any_other_rules_can_go(
        limits in limits(), wish in wish(), going in prop::collection::vec(any::<bool>(), 7),
    ) {
        let question = Question::Score;
        if !only_causes_matter(&question, std::slice::from_ref(&limits)) {
            return Ok(());
        }
        let whole = causes(&limits, wish);
        let goes = |rule: RuleIx| going[rule.0 as usize] && !whole.because_of.contains(&rule);
        let effects = limits.effects.iter().filter(|active| !goes(active.rule)).cloned().collect();
        let fewer = CandidateLimits { effects, ..limits.clone() };
        let answer = |limits: &CandidateLimits| {
            let applied = apply(limits, wish);
            (applied.choice, applied.standing, applied.fallback)
        };
        prop_assert_eq!(answer(&fewer), answer(&limits));
        prop_assert_eq!(causes(&fewer, wish).because_of, whole.because_of);
    }

    #[test]
    fn a_shadow_rule_cannot_interfere(limits in limits(), shadow in active(99), wish in wish()) {
        let mut shady = limits.clone();
        shady.shadow.insert(shadow);
        prop_assert_eq!(apply(&shady, wish), apply(&limits, wish));
        prop_assert_eq!(causes(&shady, wish), causes(&limits, wish));
        prop_assert!(shadowed(&shady, wish).len() <= 1);
    }

    #[test]
    fn a_lower_tier_cannot_relax(bound in price(), lower in active(1), wish in wish()) {
        let legal = |effect| Active { certainty: Certainty::Certain, rule: RuleIx(0), tier: Tier::Legal, effect };
        let effects = [legal(Effect::AtMost(bound)), Active { tier: Tier::Campaign, ..lower }];
        let limits = CandidateLimits { effects: effects.into_iter().collect(), ..CandidateLimits::default() };
        let price = apply(&limits, wish).choice.and_then(Choice::price);
        prop_assert!(price.is_none_or(|price| price <= bound));
    }
}

#[test]
fn directives_of_one_tier_with_different_values_conflict_and_a_higher_tier_settles_it() {
    let force = |rule, tier, units: i64| Active {
        certainty: Certainty::Certain,
        rule: RuleIx(rule),
        tier,
        effect: Effect::Force(Micros::new(units * 1_000_000)),
    };
    let limits = |effects: &[Active]| CandidateLimits {
        effects: effects.iter().cloned().collect(),
        ..CandidateLimits::default()
    };
    let at_odds = [force(1, Tier::Brand, 1), force(2, Tier::Brand, 2)];
    let wish = Choice::Bid(Micros::new(5_000_000));
    let conflict = apply(&limits(&at_odds), wish);
    assert_eq!(
        (conflict.choice, conflict.fallback),
        (None, Some(FallbackReason::Conflict))
    );
    let [a, b] = at_odds;
    let settled = apply(&limits(&[a, b, force(0, Tier::Company, 3)]), wish);
    assert_eq!(settled.choice, Some(Choice::Bid(Micros::new(3_000_000))));
}

#[test]
fn a_lower_tier_bound_may_not_lift_a_higher_tier_value() {
    let effects = [
        Active {
            certainty: Certainty::Certain,
            rule: RuleIx(0),
            tier: Tier::Company,
            effect: Effect::Force(Micros::new(1_000_000)),
        },
        Active {
            certainty: Certainty::Certain,
            rule: RuleIx(1),
            tier: Tier::Brand,
            effect: Effect::AtLeast(Micros::new(2_000_000)),
        },
    ];
    let limits = CandidateLimits {
        effects: effects.into_iter().collect(),
        ..CandidateLimits::default()
    };
    assert_eq!(
        apply(&limits, Choice::Bid(Micros::ZERO)).fallback,
        Some(FallbackReason::Conflict)
    );
}

#[test]
fn beside_a_block_only_what_also_keeps_the_value_back_did_it_too() {
    let active = |rule, effect| Active {
        certainty: Certainty::Certain,
        rule: RuleIx(rule),
        tier: Tier::Brand,
        effect,
    };
    let hold = Effect::Hold(Word::new("brand-lead").unwrap());
    let effects = [
        active(0, Effect::Block),
        active(1, Effect::AtMost(Micros::new(1))),
        active(2, hold),
        active(3, Effect::Exclude),
    ];
    let limits = CandidateLimits {
        effects: effects.into_iter().collect(),
        ..CandidateLimits::default()
    };
    let causes = causes(&limits, Choice::Bid(Micros::new(5_000_000)));
    assert_eq!(causes.because_of.as_slice(), [RuleIx(0)]);
    assert_eq!(causes.also.as_slice(), [RuleIx(2), RuleIx(3)]);
}
