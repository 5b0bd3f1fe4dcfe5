//! The IAB's sensitive topics: what brand safety is about.
//!
//! Node `v9i3On` of the Content Taxonomy 3.1 and its eleven children. A topic is named by its id or by its
//! name; names compare without case and punctuation, so that a label which a classifier wrote a little
//! differently still counts.

/// One topic of the taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Its id in the taxonomy.
    pub id: &'static str,
    /// Its name in the taxonomy.
    pub name: &'static str,
}

/// The node above all sensitive topics. In a rule it stands for every one of them.
pub const ROOT: Topic = topic("v9i3On", "Sensitive Topics");

/// The eleven sensitive topics.
pub const SENSITIVE: [Topic; 11] = [
    topic("Rm3SiT", "Adult & Explicit Sexual Content"),
    topic("avbNf2", "Arms & Ammunition"),
    topic(
        "XtODT3",
        "Crime & Harmful Acts to Individuals, Society & Human Right Violations",
    ),
    topic("I4GWl6", "Death, Injury, or Military Conflict"),
    topic("Z7rJBM", "Debated Sensitive Social Issues"),
    topic("HxqYV1", "Hate Speech and Acts of Aggression"),
    topic("pg0WhF", "Illegal Drugs, Tobacco, eCigarettes, Vaping, Alcohol"),
    topic("j9PaO9", "Obscenity and Profanity"),
    topic("mm3UXx", "Online Piracy"),
    topic("6i4dB6", "Spam or Harmful Content"),
    topic("8FD8nI", "Terrorism"),
];

const fn topic(id: &'static str, name: &'static str) -> Topic {
    Topic { id, name }
}

/// The topic of that id or name.
#[must_use]
pub fn find(text: &str) -> Option<Topic> {
    std::iter::once(ROOT)
        .chain(SENSITIVE)
        .find(|topic| topic.id == text || same_name(topic.name, text))
}

/// Whether two names agree but for case and punctuation.
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    folded(a).eq(folded(b))
}

fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}
