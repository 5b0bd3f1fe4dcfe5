//! Which roles may make which call. A call that is not in this table is for nobody.

use crate::domain::{
    BrandScope, Principal,
    Role::{self, Admin, Approver, Auditor, Caller, OutcomeWriter, RuleEditor},
    Roles,
};

/// How far a call reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It keeps to the brands that its caller may speak of, or shows nothing of any brand.
    Brands,
    /// It reaches every brand: nobody of some brands alone may make it.
    House,
}

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    roles: Roles,
    reach: Reach,
}

// === impl Access ===

impl Access {
    pub(super) fn opens_to(self, principal: &Principal) -> bool {
        let far_enough = match self.reach {
            Reach::Brands => true,
            Reach::House => principal.brands == BrandScope::Every,
        };
        far_enough && principal.roles.meets(self.roles)
    }
}

/// Who may make the call at that path; `None`: nobody.
pub(super) fn access(path: &str) -> Option<Access> {
    let (reach, roles) = listed(path.strip_prefix("/balustrade.v1.")?)?;
    Some(Access {
        roles: Roles::of(roles),
        reach,
    })
}

/// The roles that may make a call, named as `DecisionService/DecideBid`; `None`: it is for nobody.
#[must_use]
pub fn roles_of(call: &str) -> Option<&'static [Role]> {
    listed(call).map(|(_, roles)| roles)
}

/// Whoever reads, as a person.
const READERS: &[Role] = &[RuleEditor, Approver, Auditor, Admin];
/// Whoever lets something pass, or takes it back.
const RELEASERS: &[Role] = &[Approver, Admin];

fn listed(call: &str) -> Option<(Reach, &'static [Role])> {
    Some(match call {
        // The guardrail looks at the brand of each candidate.
        "DecisionService/AllocateBudget"
        | "DecisionService/Decide"
        | "DecisionService/DecideBid"
        | "DecisionService/DecideSendTime"
        | "DecisionService/Recommend"
        | "DecisionService/Score" => (Reach::Brands, &[Caller]),
        // A decision's token is the proof that its outcome may be told.
        "OutcomeService/RecordOutcomes" | "OutcomeService/StreamOutcomes" => {
            (Reach::Brands, &[OutcomeWriter])
        }
        // Decisions of other brands are not told.
        "AuditService/GetDecision" | "AuditService/ListDecisions" | "AuditService/ReplayDecision" => {
            (Reach::Brands, &[Auditor, Admin])
        }
        "AuditService/ListChanges"
        | "AuditService/ReplayDecisions"
        | "AuditService/TakeCheckpoint"
        | "AuditService/Verify" => (Reach::House, &[Auditor, Admin]),
        "AuditService/EraseSubject" => (Reach::House, &[Admin]),
        // Rules of the company bound every brand, so whoever writes rules of one reads all.
        "RulesService/GetRulebook" | "RulesService/GetRulebookStatus" => (Reach::Brands, READERS),
        // To stop is to be careful: whoever writes rules may. To go on is for others.
        "RulesService/StopDecisions" => (Reach::Brands, &[RuleEditor, Approver, Admin]),
        "RulesService/ResumeDecisions" => (Reach::Brands, RELEASERS),
        "RulesService/CheckRules" | "RulesService/PutRulebook" | "RulesService/SimulateRules" => {
            (Reach::House, &[RuleEditor, Admin])
        }
        "RulesService/ActivateRulebook" => (Reach::House, &[Approver]),
        // Holds of other brands are neither told nor answered.
        "RulesService/ListHolds" => (Reach::Brands, READERS),
        "RulesService/ResolveHold" => (Reach::Brands, RELEASERS),
        "RulesService/RollBack" => (Reach::House, RELEASERS),
        "ModelsService/GetMaturity" => (Reach::Brands, READERS),
        "ModelsService/ListModels" => (Reach::House, READERS),
        "ModelsService/Promote" | "ModelsService/ResumeHandOver" | "ModelsService/RollBackModels" => {
            (Reach::House, RELEASERS)
        }
        "ModelsService/Train" => (Reach::House, &[Admin]),
        _ => return None,
    })
}
