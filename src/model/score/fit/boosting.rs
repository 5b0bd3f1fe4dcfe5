//! Boosted trees, fitted by forust (histogram boosting of the logistic loss), flattened at once.
//!
//! One set of defaults for all data, on the cautious side, since nobody watches these fits: a small step, trees of
//! at most 12 leaves and 4 splits deep (interactions of four facts), half of the columns and seven tenths of the subjects to
//! a tree (what few subjects or one column say alone is not repeated by every tree), five "effective" subjects to
//! a leaf. Fitting uses one thread: a fit must not take the cores that answer.

use forust_ml::{
    GradientBooster, Matrix, gradientbooster::GrowPolicy, objective::ObjectiveType, sampler::SampleMethod,
    tree::Tree,
};

use super::super::trees::{Node, Trees};

const TREES: usize = 200;
const STEP: f32 = 0.05;
const DEPTH: usize = 4;
const LEAVES: usize = 12;
const PULL_TO_ZERO: f32 = 5.0;
const LEAST_IN_A_LEAF: f32 = 5.0;
const SUBJECTS_A_TREE: f32 = 0.7;
const COLUMNS_A_TREE: f64 = 0.5;
const SEED: u64 = 7;

/// Fits trees to a table of columns (one after the other, NaN where unknown) and outcomes (0 or 1). `None` if the
/// library refuses or answers anything that is not finite.
pub(super) fn fit(table: &[f64], columns: usize, outcomes: &[f64]) -> Option<Trees> {
    if columns == 0 || outcomes.is_empty() || table.len() != columns * outcomes.len() {
        return None;
    }
    let mut booster = booster();
    let matrix = Matrix::new(table, outcomes.len(), columns);
    booster
        .fit_unweighted(&matrix, outcomes, None)
        .ok()
        .and_then(|()| flattened(&booster, columns))
}

/// With the defaults of this module.
fn booster() -> GradientBooster {
    let mut booster = GradientBooster::default()
        .set_objective_type(ObjectiveType::LogLoss)
        .set_iterations(TREES)
        .set_learning_rate(STEP)
        .set_max_depth(DEPTH)
        .set_max_leaves(LEAVES)
        .set_l2(PULL_TO_ZERO)
        .set_min_leaf_weight(LEAST_IN_A_LEAF)
        .set_sample_method(SampleMethod::Random)
        .set_subsample(SUBJECTS_A_TREE)
        .set_colsample_bytree(COLUMNS_A_TREE)
        .set_seed(SEED)
        .set_missing(f64::NAN)
        .set_initialize_base_score(true)
        .set_parallel(false);
    booster.grow_policy = GrowPolicy::LossGuide;
    booster
}

/// The same trees in one array.
fn flattened(booster: &GradientBooster, columns: usize) -> Option<Trees> {
    let (mut roots, mut nodes) = (Vec::new(), Vec::new());
    for tree in &booster.trees {
        let first = u32::try_from(nodes.len()).ok()?;
        roots.push(first);
        append(tree, first, &mut nodes)?;
    }
    Trees::new(booster.base_score, roots, nodes, columns)
}

fn append(tree: &Tree, first: u32, nodes: &mut Vec<Node>) -> Option<()> {
    for (at, node) in (first..).zip(&tree.nodes) {
        let value = f64::from(node.weight_value);
        if node.is_leaf {
            nodes.push(Node::leaf(at, value));
            continue;
        }
        let place = |child: usize| Some(first + u32::try_from(child).ok()?);
        nodes.push(Node {
            threshold: node.split_value,
            value,
            column: u32::try_from(node.split_feature).ok()?,
            left: place(node.left_child)?,
            right: place(node.right_child)?,
            unknown: place(node.missing_node)?,
        });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that fall on thresholds, beside them and nowhere, in two columns.
    fn table(rows: usize) -> (Vec<f64>, Vec<f64>) {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        let first: Vec<f64> = (0..rows).map(|_| (next() * 20.0).floor() / 10.0).collect();
        let second: Vec<f64> = (0..rows)
            .map(|_| if next() < 0.2 { f64::NAN } else { next() * 1e-7 })
            .collect();
        let outcomes = first.iter().zip(&second).map(|(a, b)| {
            f64::from(u8::from(
                next() < 0.2 + 0.3 * a / 2.0 + if b.is_nan() { 0.3 } else { 0.0 },
            ))
        });
        let outcomes: Vec<f64> = outcomes.collect();
        ([first, second].concat(), outcomes)
    }

    #[test]
    fn flat_trees_answer_as_the_library_does() {
        let (table, outcomes) = table(800);
        let mut booster = booster();
        let matrix = Matrix::new(&table, outcomes.len(), 2);
        booster.fit_unweighted(&matrix, &outcomes, None).unwrap();
        let flat = flattened(&booster, 2).unwrap();
        for (row, theirs) in booster.predict(&matrix, false).into_iter().enumerate() {
            let values = [table[row], table[outcomes.len() + row]];
            assert!((flat.log_odds(&values) - theirs).abs() < 1e-9);
            let mut sum = flat.base();
            flat.contributions(&values, |_, added| sum += added);
            assert!((sum - theirs).abs() < 1e-9);
        }
    }
}
