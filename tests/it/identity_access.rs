//! Each call is for its roles and for nobody else, whatever is shown.

use std::path::Path;

use balustrade::{
    domain::{BrandId, Duration, Role, Timestamp},
    grpc::{
        DESCRIPTORS, KeyFile, NewKey, Ways,
        client::{CallError, Client, Credentials},
        roles_of,
    },
};
use prost::{Message as _, bytes::Bytes};
use prost_types::FileDescriptorSet;

use crate::grpc_server::{NOW, Running};

/// Every call of the contract: `DecisionService/DecideBid`.
fn calls() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let own = set.file.iter().filter(|file| file.package() == "balustrade.v1");
    let services = own.flat_map(|file| &file.service);
    let calls = services.flat_map(|service| {
        let named =
            |method: &prost_types::MethodDescriptorProto| format!("{}/{}", service.name(), method.name());
        service.method.iter().map(named).collect::<Vec<_>>()
    });
    calls.collect()
}

/// Makes a key, and adds it to the file.
pub(crate) fn key(file: &Path, roles: &[Role], brands: &[&str], expires: Option<Timestamp>) -> NewKey {
    added(file, "anna", roles, brands, expires)
}

/// Makes a key of that person, and adds it to the file.
pub(crate) fn key_of(file: &Path, name: &str, roles: &[Role], brands: &[&str]) -> NewKey {
    added(file, name, roles, brands, None)
}

fn added(file: &Path, name: &str, roles: &[Role], brands: &[&str], expires: Option<Timestamp>) -> NewKey {
    let brands = brands.iter().map(|brand| BrandId::new(brand).unwrap());
    let key = NewKey::make(name.to_owned(), roles.to_vec(), brands.collect(), NOW, expires).unwrap();
    KeyFile::add(file, key.entry.clone()).unwrap();
    key
}

/// What becomes of a call with an empty message.
fn called(server: &Running, shown: Option<&str>, call: &str) -> Result<Bytes, CallError> {
    let credentials = Credentials {
        key: shown.map(str::to_owned),
        tls: None,
    };
    server.runtime.block_on(async {
        let client = Client::connect_as(&server.address, &credentials).await?;
        client.bytes(call, Bytes::new()).await
    })
}

fn code(called: &Result<Bytes, CallError>) -> &str {
    called.as_ref().map_or_else(|error| error.code.as_str(), |_| "OK")
}

#[test]
fn every_call_of_the_contract_names_the_roles_that_may_make_it() {
    for call in calls() {
        assert!(
            roles_of(&call).is_some_and(|roles| !roles.is_empty()),
            "`{call}` names no role in src/grpc/identity/access.rs: nobody can call it"
        );
    }
    assert!(roles_of("DecisionService/DecideAll").is_none());
}

#[test]
fn a_role_opens_its_calls_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let keys = Role::ALL.map(|role| (role, key(&file, &[role], &[], None).text));
    let ways = Ways {
        keys: Some(file),
        ..Ways::default()
    };
    let (server, _) = Running::known_by(&ways);
    for call in calls() {
        for (role, key) in &keys {
            let called = called(&server, Some(key), &call);
            let code = code(&called);
            let opens = roles_of(&call).unwrap().contains(role);
            assert_ne!(code, "UNAUTHENTICATED", "{role} {call}");
            assert_eq!(code != "PERMISSION_DENIED", opens, "{role} {call}: {called:?}");
        }
    }
}

#[test]
fn who_shows_nothing_is_told_what_to_show_on_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    key(&file, &Role::ALL, &[], None);
    let ways = Ways {
        keys: Some(file),
        ..Ways::default()
    };
    let (server, _) = Running::known_by(&ways);
    for call in calls() {
        let refused = called(&server, None, &call).expect_err("a refusal");
        assert_eq!(refused.code, "UNAUTHENTICATED", "{call}");
        assert_eq!(refused.reason.as_deref(), Some("UNAUTHENTICATED"));
        assert!(refused.message.contains("authorization"), "{refused}");
    }
}

#[test]
fn a_call_that_is_in_no_table_is_for_nobody_even_where_nobody_is_asked() {
    let server = Running::start();
    let refused = called(&server, None, "DecisionService/DecideAll").expect_err("a refusal");
    assert_eq!(refused.code, "UNIMPLEMENTED");
}

#[test]
fn a_key_that_is_forged_expired_or_revoked_is_refused_in_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let good = key(
        &file,
        &[Role::Auditor],
        &[],
        Some(NOW.plus(Duration::from_days(1))),
    );
    let expired = key(&file, &[Role::Auditor], &[], Some(NOW));
    let ways = Ways {
        keys: Some(file.clone()),
        ..Ways::default()
    };
    let (server, identity) = Running::known_by(&ways);
    let call = "AuditService/GetDecision";
    assert_eq!(code(&called(&server, Some(&good.text), call)), "INVALID_ARGUMENT");

    let mut other_secret = good.text.clone();
    let last = other_secret.pop().unwrap();
    other_secret.push(if last == '0' { '1' } else { '0' });
    let other_id = good.text.replacen(&good.entry.id, "0123456789abcdef", 1);
    let mut words = Vec::new();
    for shown in [
        other_secret.as_str(),
        &other_id,
        &expired.text,
        "bal_",
        "",
        "Basic x",
    ] {
        let refused = called(&server, Some(shown), call).expect_err("a refusal");
        assert_eq!(refused.code, "UNAUTHENTICATED", "{shown}");
        words.push(refused.message);
    }
    words.dedup();
    assert_eq!(words.len(), 1, "whoever guesses is told nothing: {words:?}");

    KeyFile::revoke(&file, &good.entry.id, NOW).unwrap();
    identity.renew(&ways).unwrap();
    assert_eq!(code(&called(&server, Some(&good.text), call)), "UNAUTHENTICATED");
}

#[test]
fn a_damaged_file_of_keys_leaves_the_last_good_one_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let good = key(&file, &[Role::Auditor], &[], None);
    let ways = Ways {
        keys: Some(file.clone()),
        ..Ways::default()
    };
    let (server, identity) = Running::known_by(&ways);
    for damage in [Some("{"), None] {
        match damage {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let why = identity.renew(&ways).unwrap_err().to_string();
        assert!(why.contains("keys.json"), "{why}");
        let call = "AuditService/GetDecision";
        assert_eq!(code(&called(&server, Some(&good.text), call)), "INVALID_ARGUMENT");
        assert_eq!(code(&called(&server, None, call)), "UNAUTHENTICATED");
    }
}

#[test]
fn the_file_of_keys_holds_no_secret_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let made = key(&file, &[Role::Caller], &["nova"], None);
    let kept = std::fs::read_to_string(&file).unwrap();
    let secret = made.text.rsplit('_').next().unwrap();
    assert!(kept.contains(&made.entry.id) && !kept.contains(secret), "{kept}");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
