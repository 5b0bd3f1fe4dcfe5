//! The codes of findings that this room makes by itself. R050 and above belong to the meaning of rules.

use super::codes::codes;

codes! {
    /// The folder as a whole: it cannot be read, or was set aside.
    pub const FOLDER: &str = "R000";
    /// The file is not UTF-8.
    pub const NOT_UTF8: &str = "R001";
    /// The file is too large.
    pub const TOO_LARGE: &str = "R002";
    /// A tab.
    pub const TAB: &str = "R003";
    /// The layout of the file is broken: quotes, brackets, indentation.
    pub const LAYOUT: &str = "R004";
    /// An anchor, an alias or a merge key.
    pub const ANCHOR: &str = "R005";
    /// A tag.
    pub const TAG: &str = "R006";
    /// Several documents, or a directive.
    pub const DOCUMENTS: &str = "R007";
    /// A key twice in one map.
    pub const DUPLICATE_KEY: &str = "R008";
    /// Nested too deeply.
    pub const TOO_DEEP: &str = "R009";
    /// A map, a list or a text where another belongs.
    pub const SHAPE: &str = "R010";
    /// A key that does not exist there.
    pub const UNKNOWN_KEY: &str = "R011";
    /// A key that has to be there.
    pub const MISSING_KEY: &str = "R012";
    /// Nothing where something belongs.
    pub const EMPTY: &str = "R013";
    /// A word that is none of the allowed.
    pub const UNKNOWN_WORD: &str = "R014";
    /// Not an amount of money.
    pub const MONEY: &str = "R015";
    /// Not a percentage.
    pub const PERCENT: &str = "R016";
    /// Not a date.
    pub const DATE: &str = "R017";
    /// Not an instant.
    pub const INSTANT: &str = "R018";
    /// Not a length of time.
    pub const DURATION: &str = "R019";
    /// Not an amount of evidence.
    pub const EVIDENCE: &str = "R020";
    /// Not a time zone.
    pub const ZONE: &str = "R021";
    /// Not a name.
    pub const NAME: &str = "R022";
    /// An effect that does not exist.
    pub const UNKNOWN_EFFECT: &str = "R023";
    /// An effect that a kind of decision does not have.
    pub const WRONG_KIND: &str = "R025";
    /// `any`, `all` and `not` nested beyond depth 3.
    pub const NESTED: &str = "R026";
    /// Nobody answers for it.
    pub const NO_OWNER: &str = "R027";
    /// The tier asks for something that `applies_to` does not say.
    pub const TIER_SCOPE: &str = "R028";
    /// A restriction skips the unknown and nobody accepted that.
    pub const UNACCEPTED_RISK: &str = "R029";
    /// A date or test without the time it is meant in.
    pub const NO_TIME: &str = "R030";
    /// A start value without what belongs to it, or the other way round.
    pub const START_VALUE: &str = "R031";
    /// A file whose name or place is not read.
    pub const FILE_NAME: &str = "R032";
    /// Not a count: how often, how many of each, which slot.
    pub const COUNT: &str = "R033";
    /// Not a local time, or not a window of local times.
    pub const LOCAL_TIME: &str = "R034";
    /// Not from one share to another.
    pub const RANGE: &str = "R035";
    /// A list or a table that is not CSV.
    pub const CSV: &str = "R040";
    /// The columns of a list or a table.
    pub const COLUMNS: &str = "R041";
    /// A row of a list or a table.
    pub const ROW: &str = "R042";
    /// A table that does not exist.
    pub const UNKNOWN_TABLE: &str = "R043";
    /// A table that no rule names.
    pub const UNUSED_TABLE: &str = "R044";
    /// A test that does not come out as it expects.
    pub const TEST_FAILS: &str = "R900";
}
