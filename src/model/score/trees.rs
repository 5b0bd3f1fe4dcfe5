use serde::{Deserialize, Serialize};

/// One node of a tree in a flat array.
///
/// A split sends a value below its threshold to the left, an unknown one where training found it better, any other
/// to the right. A leaf points to itself. Thresholds stay in double precision, as the fitting library compares
/// them: in single precision `f32(threshold)` may round past a value and send a row the other way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it compares with; unused in a leaf.
    pub threshold: f64,
    /// The log-odds that the tree would add if it stopped here; in a leaf, that it does add.
    pub value: f64,
    /// Which column it reads.
    pub column: u32,
    /// Where smaller values go.
    pub left: u32,
    /// Where the others go.
    pub right: u32,
    /// Where an unknown value goes.
    pub unknown: u32,
}

/// Boosted trees of log-odds, as one flat array.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Trees {
    start: f64,
    base: f64,
    roots: Vec<u32>,
    nodes: Vec<Node>,
}

/// A walk from a root that takes longer than this is none: the deepest tree is far shallower.
const MOST_STEPS: usize = 64;

impl Trees {
    /// Of trees whose nodes stand in one array. `start` is the log-odds before the first tree. `None` unless every number
    /// is finite, every place exists and every column is one of `columns`.
    #[must_use]
    pub fn new(start: f64, roots: Vec<u32>, nodes: Vec<Node>, columns: usize) -> Option<Self> {
        let exists = |place: &u32| (*place as usize) < nodes.len();
        let sound = |node: &Node| {
            node.threshold.is_finite()
                && node.value.is_finite()
                && (node.column as usize) < columns.max(1)
                && [node.left, node.right, node.unknown].iter().all(exists)
        };
        if !(start.is_finite() && roots.iter().all(exists) && nodes.iter().all(sound)) {
            return None;
        }
        let values = roots.iter().filter_map(|root| nodes.get(*root as usize));
        let base = start + values.map(|root| root.value).sum::<f64>();
        Some(Self {
            start,
            base,
            roots,
            nodes,
        })
    }

    /// The log-odds before any column is read.
    #[must_use]
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// How many trees.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roots.len()
    }

    /// Whether there is no tree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// The log-odds of a row of raw values.
    #[must_use]
    pub fn log_odds(&self, values: &[f64]) -> f64 {
        let mut sum = self.start;
        for root in &self.roots {
            sum += self.walk(*root, values, |_, _| {});
        }
        sum
    }

    /// Says of each step of each tree's path which column was read and what the step added (path contributions,
    /// after Saabas 2014): with the base their sum is the log-odds.
    pub fn contributions(&self, values: &[f64], mut add: impl FnMut(u32, f64)) {
        for root in &self.roots {
            self.walk(*root, values, &mut add);
        }
    }

    /// The value of the leaf where a walk ends; tells each step.
    fn walk(&self, root: u32, values: &[f64], mut step: impl FnMut(u32, f64)) -> f64 {
        let mut at = root;
        let Some(mut node) = self.nodes.get(at as usize) else {
            return 0.0;
        };
        for _ in 0..MOST_STEPS {
            let next = node.next(values);
            if next == at {
                break;
            }
            let Some(child) = self.nodes.get(next as usize) else {
                break;
            };
            step(node.column, child.value - node.value);
            (at, node) = (next, child);
        }
        node.value
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let places = self.roots.iter().map(|root| f64::from(*root));
        let nodes = self.nodes.iter().flat_map(|node| {
            let places = [node.column, node.left, node.right, node.unknown].map(f64::from);
            [node.threshold, node.value].into_iter().chain(places)
        });
        [self.start].into_iter().chain(places).chain(nodes)
    }
}

impl Node {
    /// A leaf at that place.
    #[must_use]
    pub const fn leaf(at: u32, value: f64) -> Self {
        Self {
            threshold: 0.0,
            value,
            column: 0,
            left: at,
            right: at,
            unknown: at,
        }
    }

    fn next(&self, values: &[f64]) -> u32 {
        let value = values.get(self.column as usize).copied().unwrap_or(f64::NAN);
        if value.is_nan() {
            self.unknown
        } else if value < self.threshold {
            self.left
        } else {
            self.right
        }
    }
}
