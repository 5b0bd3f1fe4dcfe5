//! Arrays that are longer than serde knows, written as sequences.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(super) fn serialize<T, S, const N: usize>(cells: &[T; N], serializer: S) -> Result<S::Ok, S::Error>
where
    T: Serialize,
    S: Serializer,
{
    cells.as_slice().serialize(serializer)
}

pub(super) fn deserialize<'de, T, D, const N: usize>(deserializer: D) -> Result<[T; N], D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let cells = Vec::<T>::deserialize(deserializer)?;
    let count = cells.len();
    cells
        .try_into()
        .map_err(|_| D::Error::invalid_length(count, &"another number of cells"))
}
