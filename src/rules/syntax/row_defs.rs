use super::{FileId, Spanned, sheet::Row};

/// A table of which each row is a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTable {
    /// The file.
    pub file: FileId,
    /// Its path relative to the rules folder, as rules name it: `tables/start-bids.csv`.
    pub path: String,
    /// The cells of its first row.
    pub header: Row,
    /// The cells of the other rows that are not empty, in the order of the file.
    pub rows: Vec<Row>,
}

/// The row of a table that a rule was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDef {
    /// The id of the rule that names the table.
    pub of: Spanned<String>,
    /// What stands in the row, by the names of its columns, in their order.
    pub cells: Vec<(String, String)>,
    /// What the rule does, in the words of the row and of the rule that names the table: `at_most: 2.00 EUR`.
    pub then: Vec<String>,
}
