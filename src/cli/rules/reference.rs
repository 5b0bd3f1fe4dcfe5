use super::{Ended, print};
use crate::rules::reference::reference;

pub(super) fn run() -> anyhow::Result<Ended> {
    print(reference().trim_end())?;
    Ok(Ended::Fine)
}
