//! The codes of what the analyser finds.

use crate::rules::syntax::codes;

codes! {
    /// Rules of one tier that can apply together and choose different values.
    pub(super) const TIE: &str = "R100";
    /// Bounds that can apply together and leave no value.
    pub(super) const NOTHING_LEFT: &str = "R101";
    /// A rule that no query can meet.
    pub(super) const NEVER_MATCHES: &str = "R102";
    /// A rule whose `when` no query can escape.
    pub(super) const ALWAYS_MATCHES: &str = "R103";
    /// A rule that changes nothing, because a block applies wherever it does.
    pub(super) const COVERED: &str = "R104";
    /// A bound that changes nothing, because a tighter one applies wherever it does.
    pub(super) const DOMINATED: &str = "R105";
    /// A value that a bound cuts off.
    pub(super) const CUT_OFF: &str = "R106";
    /// An exception, or an `unless`, that takes nothing out.
    pub(super) const IDLE_EXEMPTION: &str = "R107";
    /// A rule that no test would miss.
    pub(super) const UNTESTED: &str = "R109";
    /// Shares of several arms that together demand more than the whole.
    pub(super) const MORE_THAN_ALL: &str = "R110";
    /// Shares that together leave less than the whole to the arms.
    pub(super) const LESS_THAN_ALL: &str = "R112";
    /// A rule that can give one slot to two items.
    pub(super) const CROWDED_SLOT: &str = "R113";
    /// Hours that together leave no instant of a week.
    pub(super) const NO_INSTANT: &str = "R111";
    /// A campaign's market in which no person's value leads while it is new.
    pub(super) const NO_START: &str = "R108";
}
