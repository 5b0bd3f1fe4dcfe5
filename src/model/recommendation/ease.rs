//! Which items go together, where there are few enough of them for the exact answer: EASE.
//!
//! Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019): of all item-to-item weights with a zero
//! diagonal, those that best give back what contacts took, under an L2 penalty λ. There is a closed form: with G the
//! Gram matrix of contacts by items and P = (G + λI)⁻¹, the weight from i to j is −P_ij / P_jj.
//!
//! The inverse costs n³ multiplications, most of them in matrix products. Measured for 1,682 items on one core: 0.7 s
//! with ndarray, more than 20 s with the Cholesky solver of smartcore. Beyond [`MOST_ITEMS`] co-occurrence takes over.

use serde::{Deserialize, Serialize};

use ndarray::{Array2, Axis, Slice, linalg::general_mat_mul};

/// Beyond so many items the inverse takes too long (n³) and the weights too much room (n²).
pub const MOST_ITEMS: usize = 2_048;

/// The penalty λ. The publication finds values of some hundreds best on all its data sets and the result flat around
/// them; the smaller the data, the more a given λ draws towards popularity, which is the right way to err.
pub const PENALTY: f64 = 200.0;

/// Columns that are eliminated at once: a block of that width stays in the cache.
const BLOCK: usize = 64;

const ROWS: Axis = Axis(0);
const COLUMNS: Axis = Axis(1);

/// Item-to-item weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ease {
    items: usize,
    /// Row by row: from an item that was taken, to every item.
    weights: Vec<f32>,
}

impl Ease {
    /// Of what contacts took: each a list of item numbers below `items`, each item once. `None` where the inverse is no
    /// number, or there are more than [`MOST_ITEMS`].
    #[must_use]
    pub fn fit<'a>(items: usize, contacts: impl Iterator<Item = &'a [u32]>) -> Option<Self> {
        if items == 0 || items > MOST_ITEMS {
            return None;
        }
        let mut matrix = gram(items, contacts);
        invert(&mut matrix)?;
        let diagonal: Vec<f64> = matrix.diag().to_vec();
        let mut weights = Vec::with_capacity(items * items);
        for (from, row) in matrix.outer_iter().enumerate() {
            for (to, (cell, pivot)) in row.iter().zip(&diagonal).enumerate() {
                let weight = if from == to { 0.0 } else { -cell / pivot };
                weights.push(single(weight));
            }
        }
        let finite = weights.iter().all(|weight| weight.is_finite());
        finite.then_some(Self { items, weights })
    }

    /// How many items it knows.
    #[must_use]
    pub const fn items(&self) -> usize {
        self.items
    }

    /// What an item that was taken says of every item; nothing where it is not known.
    #[must_use]
    pub fn from(&self, item: u32) -> &[f32] {
        let from = (item as usize).saturating_mul(self.items);
        self.weights.get(from..from + self.items).unwrap_or_default()
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for weight in &self.weights {
            hasher.update(&weight.to_le_bytes());
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "six digits are enough of a weight"
)]
const fn single(weight: f64) -> f32 {
    weight as f32
}

/// How many contacts took both, with the penalty on the diagonal.
fn gram<'a>(items: usize, contacts: impl Iterator<Item = &'a [u32]>) -> Array2<f64> {
    let mut matrix = Array2::<f64>::zeros((items, items));
    for taken in contacts {
        for from in taken {
            let Some(row) = matrix
                .as_slice_mut()
                .and_then(|all| all.chunks_exact_mut(items).nth(*from as usize))
            else {
                continue;
            };
            for to in taken {
                if let Some(cell) = row.get_mut(*to as usize) {
                    *cell += 1.0;
                }
            }
        }
    }
    matrix.diag_mut().map_inplace(|cell| *cell += PENALTY);
    matrix
}

/// Inverts a symmetric positive definite matrix in place: Gauss and Jordan's elimination, a block of columns at a
/// time, so that the work lies in matrix products. Such a matrix needs no pivoting. `None` where a pivot is not
/// above zero.
fn invert(matrix: &mut Array2<f64>) -> Option<()> {
    let items = matrix.nrows();
    let mut from = 0;
    while from < items {
        let to = (from + BLOCK).min(items);
        let block = Slice::from(from..to);
        let columns = matrix.slice_axis(COLUMNS, block).to_owned();
        let mut pivot = columns.slice_axis(ROWS, block).to_owned();
        invert_small(&mut pivot)?;
        let rows = pivot.dot(&matrix.slice_axis(ROWS, block));
        general_mat_mul(-1.0, &columns, &rows, 1.0, matrix);
        let columns = -columns.dot(&pivot);
        matrix.slice_axis_mut(COLUMNS, block).assign(&columns);
        let mut own_rows = matrix.slice_axis_mut(ROWS, block);
        own_rows.assign(&rows);
        own_rows.slice_axis_mut(COLUMNS, block).assign(&pivot);
        from = to;
    }
    Some(())
}

/// The same, a column at a time.
fn invert_small(matrix: &mut Array2<f64>) -> Option<()> {
    for at in 0..matrix.nrows() {
        let pivot = *matrix.get((at, at))?;
        if !pivot.is_finite() || pivot <= 0.0 {
            return None;
        }
        let column = matrix.column(at).to_owned();
        let row = matrix.row(at).mapv(|cell| cell / pivot);
        for ((i, mut cells), factor) in matrix.outer_iter_mut().enumerate().zip(&column) {
            if i == at {
                cells.assign(&row);
            } else {
                cells.scaled_add(-factor, &row);
            }
        }
        for (i, factor) in column.iter().enumerate() {
            let cell = matrix.get_mut((i, at))?;
            *cell = if i == at { 1.0 / pivot } else { -factor / pivot };
        }
    }
    Some(())
}
