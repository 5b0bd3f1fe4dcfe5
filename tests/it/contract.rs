//! The contract is public: a call that comes or goes is noticed here, and so is a message that lost its place.

use balustrade::grpc::DESCRIPTORS;
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// Every call that the service answers. A call that is not listed here has not been thought about.
const CALLS: [&str; 33] = [
    "balustrade.v1.AuditService/EraseSubject",
    "balustrade.v1.AuditService/GetDecision",
    "balustrade.v1.AuditService/ListChanges",
    "balustrade.v1.AuditService/ListDecisions",
    "balustrade.v1.AuditService/ReplayDecision",
    "balustrade.v1.AuditService/ReplayDecisions",
    "balustrade.v1.AuditService/TakeCheckpoint",
    "balustrade.v1.AuditService/Verify",
    "balustrade.v1.DecisionService/AllocateBudget",
    "balustrade.v1.DecisionService/Decide",
    "balustrade.v1.DecisionService/DecideBid",
    "balustrade.v1.DecisionService/DecideSendTime",
    "balustrade.v1.DecisionService/Recommend",
    "balustrade.v1.DecisionService/Score",
    "balustrade.v1.ModelsService/GetMaturity",
    "balustrade.v1.ModelsService/ListModels",
    "balustrade.v1.ModelsService/Promote",
    "balustrade.v1.ModelsService/ResumeHandOver",
    "balustrade.v1.ModelsService/RollBackModels",
    "balustrade.v1.ModelsService/Train",
    "balustrade.v1.OutcomeService/RecordOutcomes",
    "balustrade.v1.OutcomeService/StreamOutcomes",
    "balustrade.v1.RulesService/ActivateRulebook",
    "balustrade.v1.RulesService/CheckRules",
    "balustrade.v1.RulesService/GetRulebook",
    "balustrade.v1.RulesService/GetRulebookStatus",
    "balustrade.v1.RulesService/ListHolds",
    "balustrade.v1.RulesService/PutRulebook",
    "balustrade.v1.RulesService/ResolveHold",
    "balustrade.v1.RulesService/ResumeDecisions",
    "balustrade.v1.RulesService/RollBack",
    "balustrade.v1.RulesService/SimulateRules",
    "balustrade.v1.RulesService/StopDecisions",
];

fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("a descriptor set");
    let own = |file: &FileDescriptorProto| file.package() == "balustrade.v1";
    set.file.into_iter().filter(own).collect()
}

#[test]
fn every_call_of_the_contract_is_known() {
    let mut calls: Vec<String> = Vec::new();
    for file in files() {
        for service in &file.service {
            for method in &service.method {
                calls.push(format!("{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    calls.sort();
    assert_eq!(calls, CALLS);
}

#[test]
fn each_file_of_the_contract_holds_at_most_one_service() {
    for file in files() {
        assert!(file.service.len() <= 1, "{} holds several services", file.name());
    }
}

#[test]
fn every_message_and_field_of_the_contract_is_documented() {
    for name in [
        "answer.proto",
        "audit.proto",
        "decision.proto",
        "models.proto",
        "outcome.proto",
        "query.proto",
        "rules.proto",
    ] {
        let path = format!("{}/proto/balustrade/v1/{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect("a file of the contract");
        let lines: Vec<&str> = text.lines().collect();
        for (at, pair) in lines.windows(2).enumerate() {
            let [before, line] = pair else { continue };
            let declares = [" = ", "message ", "enum ", "rpc ", "oneof ", "service "]
                .iter()
                .any(|word| line.contains(word))
                && !line.trim_start().starts_with("//")
                && !line.starts_with("syntax");
            let documented = before.trim_start().starts_with("//");
            assert!(
                !declares || documented,
                "{name}:{}: nothing says what `{}` is",
                at + 2,
                line.trim()
            );
        }
    }
}
