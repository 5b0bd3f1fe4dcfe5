use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    wire::{self, rules_service_server::RulesService},
    words,
};
use crate::domain::{RuleTable, Timestamp};

/// Whether the files of the rules folder are the ones in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookStatus {
    /// Digest of the rulebook in force.
    pub digest: String,
    /// Since when it is in force.
    pub active_since: Timestamp,
    /// Since when files that cannot be taken into force lie in the folder; `None`: they can.
    pub refused_since: Option<Timestamp>,
    /// Why they cannot.
    pub why: Vec<RulebookProblem>,
}

/// One finding of `check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookProblem {
    /// Its code: `R012`.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The file, relative to the rules folder.
    pub file: String,
    /// The line, from 1; 0 where it concerns none.
    pub line: u32,
    /// The column in characters, from 1; 0 where it concerns none.
    pub column: u32,
}

/// Shows the rulebook in force; the reload pipeline stands behind it.
pub trait RulebookView: Send + Sync {
    /// Its state.
    fn status(&self) -> RulebookStatus;

    /// Its rules.
    fn rules(&self) -> Arc<RuleTable>;
}

/// `RulesService` of the contract.
#[derive(Clone)]
pub(super) struct Rulebooks {
    pub(super) view: Arc<dyn RulebookView>,
}

#[tonic::async_trait]
impl RulesService for Rulebooks {
    async fn get_rulebook_status(
        &self,
        _: Request<wire::GetRulebookStatusRequest>,
    ) -> Result<Response<wire::GetRulebookStatusResponse>, Status> {
        let RulebookStatus {
            digest,
            active_since,
            refused_since,
            why,
        } = self.view.status();
        Ok(Response::new(wire::GetRulebookStatusResponse {
            digest,
            active_since: Some(words::instant(active_since)),
            refused_since: refused_since.map(words::instant),
            why: why.into_iter().map(problem).collect(),
        }))
    }

    async fn get_rulebook(
        &self,
        _: Request<wire::GetRulebookRequest>,
    ) -> Result<Response<wire::GetRulebookResponse>, Status> {
        Ok(Response::new(wire::GetRulebookResponse {
            digest: self.view.status().digest,
            rules: self.view.rules().iter().map(words::rule_card).collect(),
        }))
    }
}

fn problem(problem: RulebookProblem) -> wire::RulebookProblem {
    let RulebookProblem {
        code,
        message,
        file,
        line,
        column,
    } = problem;
    wire::RulebookProblem {
        code,
        message,
        file,
        line,
        column,
    }
}
