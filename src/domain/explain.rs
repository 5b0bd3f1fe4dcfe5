use smallvec::SmallVec;

use super::{Active, Applied, CandidateLimits, Choice, RuleIx, apply::apply_some};

/// Which rules made an answer what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Causes {
    /// The smallest set that suffices, each needed; certain before unknown, higher tier first, then id.
    pub because_of: SmallVec<[RuleIx; 4]>,
    /// Rules that alone would have done it too: kept the value back, or changed the wish.
    pub also: SmallVec<[RuleIx; 4]>,
}

/// The causes of what the limits did to `wish`.
///
/// Starting from all effects, the least preferred is dropped while the answer stays the same, until none can
/// be: what is left suffices, and each of it is needed. Without effect on the wish there are no causes.
#[must_use]
pub fn causes(limits: &CandidateLimits, wish: Choice) -> Causes {
    if limits.effects.is_empty() {
        return Causes::default();
    }
    let answer = |effects: &[&Active]| {
        let applied = apply_some(limits, effects.iter().copied(), wish);
        (applied.choice, applied.standing, applied.fallback)
    };
    let every: SmallVec<[&Active; 8]> = limits.effects.iter().collect();
    let (target, unlimited) = (answer(&every), answer(&[]));
    let kept = if target == unlimited {
        SmallVec::new()
    } else {
        reduced(every.clone(), |some| answer(some) == target)
    };
    let mut causes = Causes::default();
    for active in &kept {
        push_once(&mut causes.because_of, active.rule);
    }
    for active in &every {
        let alone = answer(&[*active]);
        // Where no value left, only what alone also keeps it back did the same.
        let did_the_same = alone != unlimited && (target.0.is_some() || alone.0.is_none());
        if did_the_same && !causes.because_of.contains(&active.rule) {
            push_once(&mut causes.also, active.rule);
        }
    }
    causes
}

/// What each rule in shadow would have made of `wish`, had it been in force: only those that change the answer.
#[must_use]
pub fn shadowed(limits: &CandidateLimits, wish: Choice) -> Vec<(RuleIx, Applied)> {
    let actual = apply_some(limits, limits.effects.iter(), wish);
    let with = |shadow| apply_some(limits, limits.effects.iter().chain(std::iter::once(shadow)), wish);
    let differs = |applied: &Applied| (applied.choice, applied.standing) != (actual.choice, actual.standing);
    let shadows = limits.shadow.iter().map(|shadow| (shadow.rule, with(shadow)));
    shadows.filter(|(_, applied)| differs(applied)).collect()
}

/// Drops what is not needed, the least preferred first, to a fixed point.
fn reduced(
    mut kept: SmallVec<[&Active; 8]>,
    suffices: impl Fn(&[&Active]) -> bool,
) -> SmallVec<[&Active; 8]> {
    loop {
        let before = kept.len();
        for at in (0..before).rev() {
            let dropped = kept.remove(at);
            if !suffices(&kept) {
                kept.insert(at, dropped);
            }
        }
        if kept.len() == before {
            return kept;
        }
    }
}

fn push_once(rules: &mut SmallVec<[RuleIx; 4]>, rule: RuleIx) {
    if !rules.contains(&rule) {
        rules.push(rule);
    }
}
