//! The fields of a test: what is asked, what a model would say, what has to come out.

use super::{super::words, Shape, Table, may, must, rules::KINDS};

/// A test.
pub static TEST: Table = Table {
    of: "a test",
    fields: &[
        must("name", Shape::Text, "what it shows, as a sentence"),
        must("given", Shape::Facts, "what is asked"),
        may(
            "model_says",
            Shape::MapOr(&WISH, words::WISH_NAMES),
            "what the model wishes",
        ),
        must("expect", Shape::Map(&EXPECT), "what must come out"),
    ],
};

/// What a model says in a test.
pub static WISH: Table = Table {
    of: "what the model says",
    fields: &[
        may("bid", Shape::MoneyOr(&[words::NO_BID]), "the bid it wishes"),
        may("send_at", Shape::Instant, "when it would send"),
        may("items", Shape::Ranked, "what it would show, the first slot first"),
        may("shares", Shape::Shares, "how it would split"),
        may("probability", Shape::Percent, "the probability that it estimates"),
    ],
};

/// What a test expects.
pub static EXPECT: Table = Table {
    of: "what a test expects",
    fields: &[
        may("verdict", Shape::EachOf(words::VERDICT_NAMES), "the verdict"),
        may("bid", Shape::MoneyOr(&[words::NO_BID]), "the bid that leaves"),
        may("send_at", Shape::Instant, "when the message is sent"),
        may("items", Shape::Ranked, "what is shown, the first slot first"),
        may("shares", Shape::Shares, "how the total is split"),
        may("probability", Shape::Percent, "the probability that leaves"),
        may(
            "because_of",
            Shape::EachNames,
            "exactly the rules that made it so",
        ),
    ],
};

/// A label of a page, as a test states it.
pub static LABEL: Table = Table {
    of: "a label",
    fields: &[
        must("topic", Shape::Text, "its topic, by name or id"),
        must("risk", Shape::Text, "its risk: `floor`, `high`, `medium`, `low`"),
    ],
};

/// What a test states beside the facts of the vocabulary.
pub static GIVEN: Table = Table {
    of: "what a test states",
    fields: &[
        must(
            "kind",
            Shape::OneOf(KINDS),
            "the kind of decision that is asked for",
        ),
        may(
            "now",
            Shape::Instant,
            "when the decision is asked for; without it what `tests_at` says",
        ),
        may(
            "evidence",
            Shape::Evidence,
            "how much was seen in this market so far",
        ),
        may("floor", Shape::Money, "the floor of the auction"),
        may(
            "earliest",
            Shape::Instant,
            "of a send time: when sending may begin; without it now",
        ),
        may(
            "latest",
            Shape::Instant,
            "of a send time: when it must end; without it a week later",
        ),
        may("contacts", Shape::Instants, "when the contact was reached so far"),
        may(
            "slots",
            Shape::Count,
            "of a recommendation: how many items are shown",
        ),
        may(
            "total",
            Shape::Money,
            "of a budget: what is split; without it 100",
        ),
        may("last", Shape::Shares, "of a budget: the last split"),
        may(
            "candidates",
            Shape::Candidates,
            "what is chosen among, where it is more than one",
        ),
        may("arms", Shape::Candidates, "of a budget: the same as `candidates`"),
        may("content", Shape::ListOf(&LABEL), "the labels of the page"),
    ],
};
