//! Topics of the IAB: what brand safety and categories of ads are about.
//!
//! The eleven sensitive topics (node `v9i3On` of the Content Taxonomy) are facts, and known without further ado.
//! Whole taxonomies come as data: a deployment lays the IAB's own tables beside its rules. A topic is named by its
//! id or by its name; names compare without case and punctuation, so that a label which a classifier wrote a
//! little differently still counts. A rule that names a topic holds the topics below it.
//!
//! Versions 2.2 and 3.1 of the Content Taxonomy give one topic one id, but moved and renamed some. Laid over one
//! another, a topic has every name and every parent that one of them gives it. Ids of ad products mean something
//! else, so they are a [`Family`] of their own.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::canonical::Letters;

/// Taxonomies in which one id means one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// What a page or a message is about: Content Taxonomy 2.2 and 3.1.
    Content,
    /// What an ad sells: Ad Product Taxonomy.
    Product,
}

/// One topic as a table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its id.
    pub id: String,
    /// The id of the topic above it; `None` at the top.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
}

/// The node above all sensitive topics, and its name.
const ROOT: (&str, &str) = ("v9i3On", "Sensitive Topics");

/// The eleven sensitive topics: ids, and names of version 3.1.
pub const SENSITIVE: [(&str, &str); 11] = [
    ("Rm3SiT", "Adult & Explicit Sexual Content"),
    ("avbNf2", "Arms & Ammunition"),
    (
        "XtODT3",
        "Crime & Harmful Acts to Individuals, Society & Human Right Violations",
    ),
    ("I4GWl6", "Death, Injury, or Military Conflict"),
    ("Z7rJBM", "Debated Sensitive Social Issues"),
    ("HxqYV1", "Hate Speech and Acts of Aggression"),
    ("pg0WhF", "Illegal Drugs, Tobacco, eCigarettes, Vaping, Alcohol"),
    ("j9PaO9", "Obscenity and Profanity"),
    ("mm3UXx", "Online Piracy"),
    ("6i4dB6", "Spam or Harmful Content"),
    ("8FD8nI", "Terrorism"),
];

/// Every topic there is, by family.
#[derive(Debug, Clone)]
pub struct Taxonomies {
    content: Taxonomy,
    product: Taxonomy,
}

impl Taxonomies {
    /// The topics of these tables, and the sensitive ones.
    #[must_use]
    pub fn new(content: Vec<Topic>, product: Vec<Topic>) -> Self {
        let coverage = |rows: &[Topic]| {
            if rows.is_empty() {
                Coverage::Part
            } else {
                Coverage::Whole
            }
        };
        let topic = |(id, name): (&str, &str), parent: Option<&str>| Topic {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            name: name.to_owned(),
        };
        let sensitive = SENSITIVE.map(|row| topic(row, Some(ROOT.0)));
        let (of_content, of_product) = (coverage(&content), coverage(&product));
        let known = std::iter::once(topic(ROOT, None)).chain(sensitive).chain(content);
        Self {
            content: Taxonomy::new(known.collect(), of_content),
            product: Taxonomy::new(product, of_product),
        }
    }

    /// The topics of one family.
    #[must_use]
    pub const fn of(&self, family: Family) -> &Taxonomy {
        match family {
            Family::Content => &self.content,
            Family::Product => &self.product,
        }
    }
}

impl Default for Taxonomies {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

/// Whether every topic of a family is known, so that another name is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// No table of the family was read.
    Part,
    /// A whole table was.
    Whole,
}

/// The topics of one family.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    nodes: Vec<Node>,
    by_id: HashMap<Box<str>, u32>,
    /// By name without case and punctuation; a few names stand at two places.
    by_name: HashMap<Box<str>, SmallVec<[u32; 1]>>,
    coverage: Coverage,
}

#[derive(Debug, Clone)]
struct Node {
    id: Box<str>,
    name: Box<str>,
    /// Itself, and every topic above it.
    holders: Box<[u32]>,
}

impl Taxonomy {
    fn new(rows: Vec<Topic>, coverage: Coverage) -> Self {
        let mut taxonomy = Self {
            nodes: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            coverage,
        };
        for row in &rows {
            taxonomy.add(row);
        }
        let mut parents = vec![SmallVec::<[u32; 1]>::new(); taxonomy.nodes.len()];
        for row in &rows {
            let parent = row
                .parent
                .as_deref()
                .and_then(|parent| taxonomy.by_id.get(parent));
            let place = taxonomy.by_id.get(row.id.as_str());
            if let (Some(parent), Some(place)) = (parent, place)
                && let Some(known) = parents.get_mut(*place as usize)
            {
                known.push(*parent);
            }
        }
        for place in 0..taxonomy.nodes.len() {
            let holders = holders(place, &parents);
            if let Some(node) = taxonomy.nodes.get_mut(place) {
                node.holders = holders;
            }
        }
        taxonomy
    }

    fn add(&mut self, row: &Topic) {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let place = *self.by_id.entry_ref(row.id.as_str()).or_insert(next);
        if place == next {
            self.nodes.push(Node {
                id: row.id.as_str().into(),
                name: row.name.as_str().into(),
                holders: Box::default(),
            });
        }
        let named = self
            .by_name
            .entry_ref(Letters::folded(&row.name).as_str())
            .or_default();
        if !named.contains(&place) {
            named.push(place);
        }
    }

    /// Whether every topic is known.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The topics of that id or name; most names stand at one place.
    #[must_use]
    pub fn find(&self, text: &str) -> SmallVec<[&str; 2]> {
        self.places(text).filter_map(|place| self.id(place)).collect()
    }

    /// The ids of the topics of that id or name, and of all topics above them.
    pub fn holders(&self, text: &str) -> impl Iterator<Item = &str> {
        self.places(text)
            .filter_map(|place| self.nodes.get(place as usize))
            .flat_map(|node| node.holders.iter())
            .filter_map(|place| self.id(*place))
    }

    /// Whether a topic, by its id, is another or stands below it.
    #[must_use]
    pub fn is_below(&self, id: &str, above: &str) -> bool {
        self.holders(id).any(|holder| holder == above)
    }

    /// The name of a topic, by its id.
    #[must_use]
    pub fn name_of(&self, id: &str) -> Option<&str> {
        let place = self.by_id.get(id)?;
        self.nodes.get(*place as usize).map(|node| &*node.name)
    }

    /// The name of the topic above, by id; for people, where a name alone is not enough.
    #[must_use]
    pub fn path_of(&self, id: &str) -> Vec<&str> {
        let node = self
            .by_id
            .get(id)
            .and_then(|place| self.nodes.get(*place as usize));
        let holders = node.into_iter().flat_map(|node| node.holders.iter().rev());
        holders
            .filter_map(|place| self.nodes.get(*place as usize).map(|node| &*node.name))
            .collect()
    }

    /// The names of all topics.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.nodes.iter().map(|node| &*node.name)
    }

    fn id(&self, place: u32) -> Option<&str> {
        self.nodes.get(place as usize).map(|node| &*node.id)
    }

    fn places(&self, text: &str) -> impl Iterator<Item = u32> {
        let by_id = self.by_id.get(text).copied();
        let by_name = match by_id {
            Some(_) => &[][..],
            None => self
                .by_name
                .get(Letters::folded(text).as_str())
                .map_or(&[][..], SmallVec::as_slice),
        };
        by_id.into_iter().chain(by_name.iter().copied())
    }
}

/// A topic and all above it, the nearest first. Tables with a circle in them end all the same.
fn holders(place: usize, parents: &[SmallVec<[u32; 1]>]) -> Box<[u32]> {
    let mut found: Vec<u32> = u32::try_from(place).into_iter().collect();
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        next += 1;
        for parent in parents.get(at as usize).into_iter().flatten() {
            if !found.contains(parent) {
                found.push(*parent);
            }
        }
    }
    found.into_boxed_slice()
}
