//! The words of the language that mean one of a few things, each written once: what is read, what is allowed, what
//! the schema and the reference page list.

use super::{
    ast::{AttributeOf, AttributeType, Evasion, Holds, IfUnknown, Match, Mode, Presence, SafeDefaultDef},
    cell::Decimals,
};
use crate::domain::{Kind, Tier, Verdict};

/// What a campaign wants.
#[derive(Clone, Copy)]
pub(super) enum GoalWord {
    Maximise,
    Cost,
    Return,
    Manual,
}

/// What a model may say in a test that is no value.
#[derive(Clone, Copy)]
pub(super) enum WishWord {
    NoBid,
    Nothing,
}

/// No bid at all.
pub(super) const NO_BID: &str = "no_bid";

/// Words with what they mean, and the words alone.
macro_rules! words {
    ($($words:ident, $names:ident: [$meaning:ty; $count:literal] = $list:expr;)*) => {$(
        pub(super) const $words: [(&str, $meaning); $count] = $list;
        pub(super) const $names: &[&str] = &names(&$words);
    )*};
}

/// Values of a noun of the business, each by its own name.
macro_rules! named {
    ($noun:ident: $($value:ident),*) => { [$(($noun::$value.name(), $noun::$value)),*] };
}

#[expect(
    clippy::indexing_slicing,
    reason = "only the compiler evaluates it, and would refuse to"
)]
const fn names<T: Copy, const N: usize>(words: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = words[at].0;
        at += 1;
    }
    names
}

words! {
    KINDS, KIND_NAMES: [Kind; 5] = named!(Kind: Bid, SendTime, Recommendation, Budget, Score);
    TIERS, TIER_NAMES: [Tier; 4] = named!(Tier: Legal, Company, Brand, Campaign);
    VERDICTS, VERDICT_NAMES: [Verdict; 4] = named!(Verdict: Allowed, Changed, Held, Blocked);
    MODES, MODE_NAMES: [Mode; 3] = [
        ("enforce", Mode::Enforce),
        ("shadow", Mode::Shadow),
        ("off", Mode::Off),
    ];
    UNKNOWNS, UNKNOWN_NAMES: [IfUnknown; 3] = [
        ("apply", IfUnknown::Apply),
        ("hold", IfUnknown::Hold),
        ("skip", IfUnknown::Skip),
    ];
    DECIMALS, DECIMAL_NAMES: [Decimals; 2] = [("point", Decimals::Point), ("comma", Decimals::Comma)];
    WISHES, WISH_NAMES: [WishWord; 2] = [(NO_BID, WishWord::NoBid), ("nothing", WishWord::Nothing)];
    GOALS, GOAL_NAMES: [GoalWord; 4] = [
        ("maximise_conversions", GoalWord::Maximise),
        ("target_cost", GoalWord::Cost),
        ("target_return", GoalWord::Return),
        ("manual", GoalWord::Manual),
    ];
    SAFE_BIDS, SAFE_BID_NAMES: [SafeDefaultDef; 2] =
        [(NO_BID, SafeDefaultDef::NoBid), ("blocked", SafeDefaultDef::Blocked)];
    SAFE_SEND_TIMES, SAFE_SEND_TIME_NAMES: [SafeDefaultDef; 2] =
        [("held", SafeDefaultDef::Held), ("blocked", SafeDefaultDef::Blocked)];
    SAFE_LISTS, SAFE_LIST_NAMES: [SafeDefaultDef; 2] =
        [("baseline", SafeDefaultDef::Baseline), ("blocked", SafeDefaultDef::Blocked)];
    SAFE_BUDGETS, SAFE_BUDGET_NAMES: [SafeDefaultDef; 3] = [
        ("last_split", SafeDefaultDef::LastSplit),
        ("held", SafeDefaultDef::Held),
        ("blocked", SafeDefaultDef::Blocked),
    ];
    SAFE_SCORES, SAFE_SCORE_NAMES: [SafeDefaultDef; 1] = [("blocked", SafeDefaultDef::Blocked)];
    TYPES, TYPE_NAMES: [AttributeType; 6] = [
        ("word", AttributeType::Word),
        ("text", AttributeType::Text),
        ("number", AttributeType::Number),
        ("price", AttributeType::Price),
        ("flag", AttributeType::Flag),
        ("instant", AttributeType::Instant),
    ];
    HOLDS, HOLDS_NAMES: [Holds; 2] = [("one", Holds::One), ("many", Holds::Many)];
    PRESENCES, PRESENCE_NAMES: [Presence; 2] =
        [("required", Presence::Required), ("optional", Presence::Optional)];
    SCOPES, SCOPE_NAMES: [AttributeOf; 2] =
        [("query", AttributeOf::Query), ("candidate", AttributeOf::Candidate)];
    MATCHES, MATCH_NAMES: [Match; 4] = [
        ("word", Match::Word),
        ("phrase", Match::Phrase),
        ("starts", Match::Starts),
        ("anywhere", Match::Anywhere),
    ];
    EVASIONS, EVASION_NAMES: [Evasion; 3] = [
        ("off", Evasion::Off),
        ("lookalikes", Evasion::Lookalikes),
        ("all", Evasion::All),
    ];
}
