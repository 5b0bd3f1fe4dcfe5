//! The fields of what is declared beside the rules: campaigns, objectives, safe defaults, facts of one's own.

use super::{super::words, Shape, Table, may, must, rules::KINDS};

/// `campaigns.yaml`
pub static CAMPAIGNS: Table = Table {
    of: "`campaigns.yaml`",
    fields: &[must("campaigns", Shape::ListOf(&CAMPAIGN), "the campaigns")],
};

/// The goals of campaigns.
pub const GOALS: &[&str] = words::GOAL_NAMES;

/// A campaign.
pub static CAMPAIGN: Table = Table {
    of: "a campaign",
    fields: &[
        must("id", Shape::Name, "its name, unique"),
        must("brand", Shape::Name, "whose it is"),
        may("product", Shape::Name, "what it sells"),
        must(
            "objective",
            Shape::Name,
            "the id of an objective of `objectives.yaml`",
        ),
        must("goal", Shape::OneOf(GOALS), "what it wants of its objective"),
        may(
            "value_per_outcome",
            Shape::Money,
            "what one outcome is worth, for `maximise_conversions`",
        ),
        may("target", Shape::MoneyOrPercent, "the cost or the return aimed at"),
        may("budget", Shape::Money, "money for the whole period"),
        may(
            "currency",
            Shape::Currency,
            "its currency, where no amount says it",
        ),
        may("period", Shape::Map(&PERIOD), "when it runs"),
        may("market", Shape::Condition, "where it runs"),
        must(
            "baseline",
            Shape::Map(&BASELINE),
            "the human value, which leads while the model is cold",
        ),
        may(
            "maturity",
            Shape::Map(&MATURITY),
            "from how much evidence its models lead",
        ),
    ],
};

/// From how much evidence the models of a campaign lead.
pub static MATURITY: Table = Table {
    of: "a set of thresholds of maturity",
    fields: &[
        may("bid", Shape::Map(&THRESHOLDS), "of bids"),
        may("send_time", Shape::Map(&THRESHOLDS), "of send times"),
        may("recommendation", Shape::Map(&THRESHOLDS), "of recommendations"),
        may("budget", Shape::Map(&THRESHOLDS), "of budgets"),
        may("score", Shape::Map(&THRESHOLDS), "of scores"),
    ],
};

/// The thresholds of one kind.
pub static THRESHOLDS: Table = Table {
    of: "a pair of thresholds",
    fields: &[
        must("learning_from", Shape::Count, "people lead alone below this"),
        must("mature_at", Shape::Count, "the model leads from this on"),
        must(
            "within",
            Shape::Duration,
            "the time in which it is counted, in whole days",
        ),
    ],
};

/// A period.
pub static PERIOD: Table = Table {
    of: "a period",
    fields: &[
        must("from", Shape::Date, "the first day"),
        must("until", Shape::Date, "the last day, inclusive"),
    ],
};

/// A baseline.
pub static BASELINE: Table = Table {
    of: "a baseline",
    fields: &[
        may("bid", Shape::Money, "the human bid, for a thousand impressions"),
        may(
            "send_at",
            Shape::TimeOfDay,
            "the recipient's local time at which a person would send",
        ),
        may(
            "list",
            Shape::Names,
            "the items that a person would show, the first slot first",
        ),
        may(
            "share",
            Shape::Percent,
            "the part of a total that a person would give",
        ),
        may(
            "probability",
            Shape::Percent,
            "the probability that a person would expect",
        ),
    ],
};

/// `objectives.yaml`
pub static OBJECTIVES: Table = Table {
    of: "`objectives.yaml`",
    fields: &[must("objectives", Shape::ListOf(&OBJECTIVE), "the objectives")],
};

/// An objective.
pub static OBJECTIVE: Table = Table {
    of: "an objective",
    fields: &[
        must("id", Shape::Name, "its name, unique"),
        must("event", Shape::Name, "the exact name of the event that counts"),
        must("window", Shape::Duration, "how long after the decision it counts"),
        may(
            "value_field",
            Shape::Name,
            "the field of the event that holds its value",
        ),
        may("currency", Shape::Currency, "the currency of that value"),
        must(
            "for",
            Shape::SomeOf(KINDS),
            "the kinds of decision that may optimise it",
        ),
    ],
};

/// `defaults.yaml`
pub static DEFAULTS: Table = Table {
    of: "`defaults.yaml`",
    fields: &[
        must("owner", Shape::Name, "who answers for it"),
        must("because", Shape::Text, "why these"),
        must(
            "safe_default",
            Shape::Map(&SAFE_DEFAULT),
            "what is answered when nothing else may be",
        ),
    ],
};

/// The safe default of each kind.
pub static SAFE_DEFAULT: Table = Table {
    of: "a set of safe defaults",
    fields: &[
        may("bid", Shape::MoneyOr(words::SAFE_BID_NAMES), "of bids"),
        may(
            "send_time",
            Shape::OneOf(words::SAFE_SEND_TIME_NAMES),
            "of send times",
        ),
        may(
            "recommendation",
            Shape::OneOf(words::SAFE_LIST_NAMES),
            "of recommendations; `baseline` is the campaign's list",
        ),
        may("budget", Shape::OneOf(words::SAFE_BUDGET_NAMES), "of budgets"),
        may("score", Shape::PercentOr(words::SAFE_SCORE_NAMES), "of scores"),
    ],
};

/// `attributes.yaml`
pub static ATTRIBUTES: Table = Table {
    of: "`attributes.yaml`",
    fields: &[must(
        "attributes",
        Shape::ListOf(&ATTRIBUTE),
        "the deployment's own facts",
    )],
};

/// An attribute of the deployment's own.
pub static ATTRIBUTE: Table = Table {
    of: "an attribute",
    fields: &[
        must("name", Shape::Name, "its name, such as `shop.stock`"),
        must("type", Shape::OneOf(words::TYPE_NAMES), "what its values are"),
        must(
            "holds",
            Shape::OneOf(words::HOLDS_NAMES),
            "whether it has one value or many",
        ),
        must(
            "given",
            Shape::OneOf(words::PRESENCE_NAMES),
            "whether every query must state it",
        ),
        may(
            "for",
            Shape::SomeOf(KINDS),
            "the kinds of decision that have it; all where not said",
        ),
        may(
            "of",
            Shape::OneOf(words::SCOPE_NAMES),
            "whether each candidate has its own; `query` where not said",
        ),
        may(
            "values",
            Shape::Names,
            "the words that it may have; any where not said",
        ),
        may("currency", Shape::Currency, "the currency of a price"),
        may("about", Shape::Text, "what it is, for people"),
    ],
};
