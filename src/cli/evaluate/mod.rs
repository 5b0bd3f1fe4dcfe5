//! `balustrade evaluate`: what the models reach on real data, beside the public library's figure.

mod over_grpc;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::over_grpc::OverGrpc;
use super::Ended;
use crate::learning::evaluation::{
    EvaluationError, MERIDIAN, MMM_STAN, Paced, ROBYN, Shop, Split, Start, evaluate_bank, evaluate_headlines,
    evaluate_media, evaluate_pacing, evaluate_planted, evaluate_send_hours, evaluate_slates, evaluate_splits,
    in_process,
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
    /// MovieLens 100k (`ml-100k.inter`, of the Python package recbole); else `recommendation/ml-100k.inter` of the
    /// folder.
    #[arg(long, value_name = "FILE")]
    movielens: Option<PathBuf>,
    /// How the paced bidder of the budget replay is asked.
    #[arg(long, value_enum, default_value_t)]
    replay: Replay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Replay {
    /// The whole server, over gRPC.
    #[default]
    Grpc,
    /// The models alone.
    InProcess,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let bank = args.data.join("leads/bank-full.csv.gz");
    let train = args.data.join("bids/ipinyou_2259.train.log.txt.gz");
    let test = args.data.join("bids/ipinyou_2259.test.log.txt.gz");
    let measures = [
        shown(evaluate_bank(&bank, Split::Last20, Rates::default())),
        shown(evaluate_bank(&bank, Split::Mod5, Rates::default())),
        shown(evaluate_planted(&train, &test, args.seeds)),
        paced(args, &train, &test),
        shown(evaluate_splits(args.seeds)),
        shown(evaluate_media(&args.data.join("budget/mmm_stan.csv"), MMM_STAN)),
        shown(evaluate_media(
            &args.data.join("budget/robyn_simulated_weekly.csv"),
            ROBYN,
        )),
        shown(evaluate_media(
            &args.data.join("budget/meridian_national_simulated.csv.gz"),
            MERIDIAN,
        )),
    ];
    for measure in measures.into_iter().chain(slates(args)) {
        println!("{}\n", measure?);
    }
    Ok(Ended::Fine)
}

/// What is measured of send times and recommendations.
fn slates(args: &Args) -> impl Iterator<Item = anyhow::Result<String>> {
    let baskets = args
        .data
        .join("recommendation/completejourney.transactions_sample.csv.gz");
    let films = args.movielens.clone();
    let films = films.unwrap_or_else(|| args.data.join("recommendation/ml-100k.inter"));
    let headlines = args.data.join("bandit/upworthy_half.csv.gz");
    [
        shown(evaluate_send_hours(&baskets)),
        shown(evaluate_slates(&films, Shop::MovieLens)),
        shown(evaluate_slates(&baskets, Shop::CompleteJourney)),
        shown(evaluate_headlines(&headlines, args.seeds)),
    ]
    .into_iter()
}

/// A result in words; a missing data set too. Anything else that is wrong ends the command.
fn shown(result: Result<impl std::fmt::Display, EvaluationError>) -> anyhow::Result<String> {
    match result {
        Ok(measured) => Ok(measured.to_string()),
        Err(missing @ EvaluationError::Missing(_)) => Ok(format!("passed over: {missing}")),
        Err(error) => Err(error.into()),
    }
}

/// The bidders of a replay: the whole server over gRPC, or the models alone.
fn paced(args: &Args, train: &Path, test: &Path) -> anyhow::Result<String> {
    let summaries = match args.replay {
        Replay::Grpc => evaluate_pacing(train, test, args.seeds, over_grpc),
        Replay::InProcess => evaluate_pacing(
            train,
            test,
            args.seeds,
            |start, replay: &mut dyn FnMut(&mut Paced)| {
                in_process(start, replay).map_err(anyhow::Error::from)
            },
        ),
    };
    match summaries {
        Ok(summaries) => Ok(summaries
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")),
        Err(error) => shown(Err::<String, _>(error.downcast::<EvaluationError>()?)),
    }
}

fn over_grpc(start: Start, replay: &mut dyn FnMut(&mut OverGrpc)) -> anyhow::Result<()> {
    let mut bidder = OverGrpc::start(&start)?;
    replay(&mut bidder);
    bidder.failure().map_or(Ok(()), Err)
}
