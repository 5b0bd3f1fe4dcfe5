use std::path::{Path, PathBuf};

use super::Ended;
use crate::learning::evaluation::{
    EvaluationError, Split, Summary, evaluate_bank, evaluate_pacing, evaluate_planted,
};
use crate::model::ftrl::Rates;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of data sets; what is not there is said and passed over.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How many seeds of planted clicks.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let bank = args.data.join("leads/bank-full.csv.gz");
    let train = args.data.join("bids/ipinyou_2259.train.log.txt.gz");
    let test = args.data.join("bids/ipinyou_2259.test.log.txt.gz");
    let measures = [
        shown(evaluate_bank(&bank, Split::Last20, Rates::default())),
        shown(evaluate_bank(&bank, Split::Mod5, Rates::default())),
        shown(evaluate_planted(&train, &test, args.seeds)),
        paced(&train, &test, args.seeds),
    ];
    for measure in measures {
        println!("{}\n", measure?);
    }
    Ok(Ended::Fine)
}

/// A result in words; a missing data set too. Anything else that is wrong ends the command.
fn shown(result: Result<impl std::fmt::Display, EvaluationError>) -> anyhow::Result<String> {
    match result {
        Ok(measured) => Ok(measured.to_string()),
        Err(missing @ EvaluationError::Missing(_)) => Ok(format!("passed over: {missing}")),
        Err(error) => Err(error.into()),
    }
}

fn paced(train: &Path, test: &Path, seeds: u64) -> anyhow::Result<String> {
    let lines = |summaries: Vec<Summary>| {
        let each = summaries.iter().map(ToString::to_string);
        each.collect::<Vec<_>>().join("\n")
    };
    shown(evaluate_pacing(train, test, seeds).map(lines))
}
