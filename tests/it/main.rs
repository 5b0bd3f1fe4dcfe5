//! Behaviour through public doors: one binary, one module a subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy allows them in test functions; the stories' own helpers are tests too"
)]

mod architecture;
mod bench_figures;
mod client_commands;
mod contract;
mod domain_kinds;
mod domain_laws;
mod domain_spans;
mod fallible_disk;
mod gallery;
mod grpc_admission;
mod grpc_afterwards;
mod grpc_bids;
mod grpc_canary;
mod grpc_decide;
mod grpc_kinds;
mod grpc_outcomes;
mod grpc_questions;
mod grpc_server;
mod grpc_tokens;
mod grpc_wishes;
mod guardrail_caps;
mod guardrail_grounds;
mod guardrail_laws;
mod hand_over;
mod import_history;
mod import_kinds;
mod journal_caps;
mod journal_crash;
mod journal_files;
mod journal_ledger;
mod journal_ledger_fold;
mod journal_outcomes;
mod journal_samples;
mod learning_budget;
mod learning_estimators;
mod learning_evaluation;
mod learning_slates;
mod learning_journal;
mod model_budget;
mod model_laws;
mod model_recommendation;
mod model_send_time;
mod model_thompson;
mod past_samples;
mod promise_one;
mod replay;
mod rules_allocation;
mod rules_analyse;
mod rules_calendar;
mod rules_contact_hours;
mod rules_check;
mod rules_conditions;
mod rules_diff;
mod rules_fmt;
mod rules_fuzz_corpus;
mod rules_guide;
mod rules_kinds;
mod rules_laws;
mod rules_lists;
mod rules_match;
mod rules_meaning;
mod rules_messages;
mod rules_random;
mod rules_schema;
mod rules_starter;
mod rules_syntax;
mod rules_tables;
mod rules_text;
mod rules_text_plain;
mod rules_tools;
mod served;
mod score_models;
mod score_versions;
mod service;
mod service_crash;
mod service_models;
mod service_reload;
mod service_start;
mod service_stop;
mod service_strangers;
mod service_switch;
mod settings;
mod simulated_year;
mod simulator_market;
