//! Of the page: what comes as a spreadsheet.

use std::fmt::Write as _;

use super::Page;
use crate::rules::syntax::{
    say,
    table::{HOLIDAY_FILE, LISTS, ROW_COLUMNS},
};

impl Page {
    pub(super) fn lists(self) -> String {
        let head = say!(
            "CSV files in the folder `lists`, as Excel writes them: `;` or `,` between columns. The first row names the columns."
        );
        let sections: String = LISTS.iter().map(|table| self.section(table)).collect();
        format!("{}\n{sections}", self.say(&head))
    }

    pub(super) fn tables(self) -> String {
        let head = [
            say!(
                "CSV files in the folder `tables`, as Excel writes them, each named by a rule: `table: tables/start-bids.csv`."
            ),
            say!(
                "Each row is a rule, called by the id of that rule and the values that make the row apply: `start-bids/IT/display`. Its other parts are those of the rule."
            ),
        ];
        let mut part = format!("{} {}\n\n", self.say(&head[0]), self.say(&head[1]));
        let rows = [
            [
                say!("a fact: `market.country`"),
                say!(
                    "the value, or several with `|` between them; `*` for every value, `others` for every one that no other row names"
                ),
            ],
            [
                say!("a fact and one of its tests: `contact.age at_least`"),
                say!("what the test asks; `*` for every value"),
            ],
            [
                say!("an effect, or what belongs beside it: `at_most`"),
                say!(
                    "what would stand behind it at `then`, several values with `|` between them; `-` where the row has no such effect"
                ),
            ],
            [
                say!("an effect and a unit: `at_most EUR`, `model_may_move %`"),
                say!("the number alone"),
            ],
        ];
        let rows = rows.map(|row| row.map(|cell| self.say(&cell)).to_vec());
        part += &self.grid(&[say!("column"), say!("its cells")], &rows);
        let _ = write!(
            part,
            "\n{}\n\n{}",
            self.say(&say!("Beside these, each where it is wanted:")),
            self.fields(&ROW_COLUMNS)
        );
        part
    }

    pub(super) fn holidays(self) -> String {
        let head = [
            say!("CSV files in the folder `holidays`, a row a day: `holidays/IT.csv`."),
            say!(
                "What they do not tell is not taken for a working day: in a country without a file, and in a year of which its file has no row, each day may be a holiday."
            ),
        ];
        format!(
            "{} {}\n\n{}",
            self.say(&head[0]),
            self.say(&head[1]),
            self.fields(&HOLIDAY_FILE)
        )
    }
}
