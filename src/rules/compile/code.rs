//! The codes of findings about what rules mean; the text of rules has those below R050.

use crate::rules::syntax::codes;

codes! {
    /// A fact that does not exist.
    pub(super) const UNKNOWN_FACT: &str = "R050";
    /// A value that a fact cannot have.
    pub(super) const UNKNOWN_VALUE: &str = "R051";
    /// A test that a fact does not offer.
    pub(super) const WRONG_TEST: &str = "R052";
    /// A list that does not exist.
    pub(super) const UNKNOWN_LIST: &str = "R053";
    /// A rule that reads what may be unknown and does not say what then.
    pub(super) const UNKNOWN_UNSETTLED: &str = "R054";
    /// An id that was used before.
    pub(super) const REUSED_ID: &str = "R055";
    /// A rule that does not exist.
    pub(super) const UNKNOWN_RULE: &str = "R056";
    /// An exception to a rule of a higher tier.
    pub(super) const EXCEPTION_TIER: &str = "R057";
    /// An amount in another currency than the campaign it meets.
    pub(super) const CURRENCY: &str = "R058";
    /// An objective that does not exist.
    pub(super) const UNKNOWN_OBJECTIVE: &str = "R059";
    /// A period without a budget.
    pub(super) const BUDGET_PERIOD: &str = "R060";
    /// A file that every rulebook has is not there.
    pub(super) const MISSING_FILE: &str = "R061";
    /// A kind of decision without a safe default.
    pub(super) const MISSING_DEFAULT: &str = "R062";
    /// A test that cannot be understood.
    pub(super) const TEST: &str = "R063";
    /// A date beyond the calendar.
    pub(super) const DATE_RANGE: &str = "R064";
    /// Word lists that cannot be searched at once.
    pub(super) const LISTS: &str = "R065";
    /// A fact that a kind of decision does not have.
    pub(super) const FOREIGN_FACT: &str = "R068";
    /// A domain under which everybody's sites stand.
    pub(super) const PUBLIC_SUFFIX: &str = "R075";
    /// Not a regular expression, or too large a one.
    pub(super) const PATTERN: &str = "R076";
    /// An attribute of the deployment's own that cannot be as declared.
    pub(super) const ATTRIBUTE: &str = "R077";
    /// A safe default of a brand that is looser than everybody's.
    pub(super) const LOOSER_DEFAULT: &str = "R080";
    /// A campaign without a currency.
    pub(super) const NO_CURRENCY: &str = "R081";
    /// An objective that is not for the kinds of decision of a campaign.
    pub(super) const OBJECTIVE_KIND: &str = "R082";
    /// A hand-over that counts another event than the objective.
    pub(super) const HAND_OVER_EVENT: &str = "R083";
    /// A hand-over that never comes.
    pub(super) const NO_HAND_OVER: &str = "R084";
    /// A rule or an exception that has ended.
    pub(super) const ENDED: &str = "R070";
    /// A rule or an exception that ends within a fortnight.
    pub(super) const ENDS_SOON: &str = "R074";
    /// A rule that somebody should have looked at again.
    pub(super) const REVIEW: &str = "R071";
    /// Holidays of a country that run out.
    pub(super) const HOLIDAYS_END: &str = "R072";
    /// A rule that speaks of holidays of which no file tells.
    pub(super) const HOLIDAYS_UNKNOWN: &str = "R073";
    /// A term that stands in its list twice.
    pub(super) const TERM_TWICE: &str = "R120";
    /// A term of a list that another covers.
    pub(super) const TERM_COVERED: &str = "R121";
    /// A term of a list that hits innocent words.
    pub(super) const TERM_HITS_INNOCENT: &str = "R122";
    /// A term that stands in its list since a day to come.
    pub(super) const TERM_SINCE: &str = "R123";
    /// A term that somebody should have looked at again.
    pub(super) const TERM_REVIEW: &str = "R124";
}
