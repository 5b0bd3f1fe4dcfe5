//! Signed tokens of an issuer: what is pinned is pinned.

use std::path::PathBuf;

use balustrade::grpc::{
    TokenAlgorithm, TokenIssuer, Ways,
    client::{CallError, Client, Credentials},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::KeyPair;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};

use crate::grpc_server::{NOW, Running};

const ISSUER: &str = "https://login.nova.example";
const AUDIENCE: &str = "balustrade";

fn now_secs() -> i64 {
    NOW.as_millis() / 1_000
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "bidder-1", "exp": now_secs() + 60,
        "roles": ["auditor"], "brands": "*",
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signs as the issuer does.
fn signed(key: &KeyPair, header: &Value, claims: &Value) -> String {
    let random = SystemRandom::new();
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.serialized_der(), &random).unwrap();
    let message = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&random, message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn es256() -> Value {
    json!({"alg": "ES256", "typ": "JWT"})
}

/// The public half as a JWKS file.
fn set(key: &KeyPair, id: &str) -> String {
    let point = key.public_key_raw();
    let (x, y) = (
        URL_SAFE_NO_PAD.encode(&point[1..33]),
        URL_SAFE_NO_PAD.encode(&point[33..65]),
    );
    let key = json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": x, "y": y});
    json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "other"}, key]}).to_string()
}

struct Issued {
    server: Running,
    _folder: tempfile::TempDir,
}

impl Issued {
    fn by(keys: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("issuer");
        std::fs::write(&file, keys).unwrap();
        let (server, _) = Running::known_by(&ways(file));
        Self {
            server,
            _folder: folder,
        }
    }

    /// What becomes of a call with this token that its roles open.
    fn called(&self, token: &str) -> CallError {
        let credentials = Credentials {
            key: Some(token.to_owned()),
            tls: None,
        };
        let call = async {
            let client = Client::connect_as(&self.server.address, &credentials).await?;
            client.json("AuditService/GetDecision", "{}").await
        };
        self.server.runtime.block_on(call).expect_err("an empty question")
    }

    fn opens(&self, token: &str) -> bool {
        self.called(token).code == "INVALID_ARGUMENT"
    }
}

fn ways(keys: PathBuf) -> Ways {
    Ways {
        issuer: Some(TokenIssuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithm: TokenAlgorithm::Es256,
            keys,
            roles_claim: "roles".to_owned(),
            brands_claim: "brands".to_owned(),
        }),
        ..Ways::default()
    }
}

#[test]
fn a_token_of_the_issuer_opens_what_its_roles_open() {
    let key = KeyPair::generate().unwrap();
    for keys in [key.public_key_pem(), set(&key, "k1")] {
        let issued = Issued::by(&keys);
        let token = signed(&key, &es256(), &claims());
        assert!(issued.opens(&token), "{keys}");
        assert!(issued.opens(&token), "and again, when it is remembered");
        let named = signed(&key, &json!({"alg": "ES256", "kid": "k1"}), &claims());
        assert!(issued.opens(&named));
        let many = json!({"iss": ISSUER, "aud": ["x", AUDIENCE], "sub": "b", "exp": now_secs() + 9, "roles": "caller auditor", "brands": []});
        assert!(issued.opens(&signed(&key, &es256(), &many)));
    }
}

#[test]
fn roles_and_brands_are_what_the_token_says_and_nothing_where_it_is_silent() {
    let key = KeyPair::generate().unwrap();
    let issued = Issued::by(&key.public_key_pem());
    for (claim, value) in [
        ("roles", json!(null)),
        ("roles", json!(["caller"])),
        ("roles", json!(["AUDITOR"])),
    ] {
        let mut claims = claims();
        claims[claim] = value;
        let refused = issued.called(&signed(&key, &es256(), &claims));
        assert_eq!(refused.code, "PERMISSION_DENIED", "{claims}");
    }
    // Rolling back reaches every brand: a token that names none reaches none.
    let mut without = claims();
    without["roles"] = json!(["admin"]);
    without.as_object_mut().unwrap().remove("brands");
    let token = signed(&key, &es256(), &without);
    let credentials = Credentials {
        key: Some(token),
        tls: None,
    };
    let called = issued.server.runtime.block_on(async {
        let client = Client::connect_as(&issued.server.address, &credentials).await?;
        client.json("RulesService/RollBack", "{}").await
    });
    assert_eq!(called.unwrap_err().code, "PERMISSION_DENIED");
}

/// A token of the issuer with this claim instead of its own.
fn changed(key: &KeyPair, claim: &str, value: Value) -> String {
    let mut claims = claims();
    claims[claim] = value;
    signed(key, &es256(), &claims)
}

/// A token of the issuer without that claim.
fn without(key: &KeyPair, claim: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    signed(key, &es256(), &claims)
}

/// The public key, taken for a shared secret: the attack of RFC 8725, 2.1.
fn confused(key: &KeyPair) -> String {
    let message = format!("{}.{}", part(&json!({"alg": "HS256"})), part(&claims()));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, key.public_key_pem().as_bytes());
    let signature = hmac::sign(&secret, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn unsigned(algorithm: &str) -> String {
    format!("{}.{}.", part(&json!({"alg": algorithm})), part(&claims()))
}

#[test]
fn each_claim_is_what_it_has_to_be() {
    let key = KeyPair::generate().unwrap();
    let issued = Issued::by(&set(&key, "k1"));
    for (what, token) in [
        (
            "another issuer",
            changed(&key, "iss", json!("https://evil.example")),
        ),
        ("another audience", changed(&key, "aud", json!("reports"))),
        ("expired", changed(&key, "exp", json!(now_secs() - 31))),
        ("not yet", changed(&key, "nbf", json!(now_secs() + 31))),
        ("an expiry in words", changed(&key, "exp", json!("tomorrow"))),
        ("nobody", changed(&key, "sub", json!(""))),
        ("no issuer", without(&key, "iss")),
        ("no audience", without(&key, "aud")),
        ("no expiry", without(&key, "exp")),
        ("no subject", without(&key, "sub")),
    ] {
        assert_eq!(issued.called(&token).code, "UNAUTHENTICATED", "{what}");
    }
    let near = changed(&key, "exp", json!(now_secs() - 29));
    assert!(issued.opens(&near), "clocks differ a little");
}

#[test]
fn algorithm_and_key_are_those_of_the_settings_whatever_the_token_says() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let issued = Issued::by(&set(&key, "k1"));
    let good = signed(&key, &es256(), &claims());
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let mut raised = claims();
    raised["roles"] = json!(["admin"]);
    let tampered = format!("{}.{}.{signature}", part(&es256()), part(&raised));
    let headed = |key: &KeyPair, header: Value| signed(key, &header, &claims());
    for (what, token) in [
        ("no algorithm", unsigned("none")),
        ("no algorithm, in capitals", unsigned("NONE")),
        ("the public key as a secret", confused(&key)),
        ("another key", headed(&other, es256())),
        (
            "another key id",
            headed(&key, json!({"alg": "ES256", "kid": "k2"})),
        ),
        (
            "extensions to be known",
            headed(&key, json!({"alg": "ES256", "crit": ["x"], "x": 1})),
        ),
        (
            "another name of the algorithm",
            headed(&key, json!({"alg": "ES384"})),
        ),
        (
            "a key of its own",
            headed(&other, json!({"alg": "ES256", "jwk": {"kty": "EC"}})),
        ),
        ("a changed claim", tampered),
        ("no signature", rest.to_owned()),
        ("an empty signature", format!("{rest}.")),
        ("no token", "a.b.c".to_owned()),
    ] {
        assert_eq!(issued.called(&token).code, "UNAUTHENTICATED", "{what}");
    }
    assert!(issued.opens(&good));
}

#[test]
fn an_issuer_without_a_fitting_key_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("issuer");
    for (keys, why) in [
        ("{\"keys\": []}".to_owned(), "holds no key for"),
        ("nonsense".to_owned(), "holds no public keys"),
        (
            KeyPair::generate_for(&rcgen::PKCS_ED25519)
                .unwrap()
                .public_key_pem(),
            "holds no public keys",
        ),
    ] {
        std::fs::write(&file, keys).unwrap();
        let clock = std::sync::Arc::new(balustrade::app::SystemClock);
        let refused = balustrade::grpc::Identity::by(&ways(file.clone()), clock);
        let told = refused.err().unwrap().to_string();
        assert!(told.contains(why), "{told}");
    }
}
