//! Tokens prove that an outcome speaks of a decision made here.

use balustrade::{
    domain::{DecisionId, Duration},
    grpc::{BadToken, TokenKey, Tokens},
};
use proptest::prelude::*;

use crate::grpc_server::{NOW, tokens};

fn id(random: u128) -> DecisionId {
    DecisionId::new(NOW, random)
}

#[test]
fn a_token_is_good_for_its_decision_until_it_expires() {
    let tokens = tokens();
    let token = tokens.issue(id(1), NOW);
    assert_eq!(tokens.verify(&token, id(1), NOW), Ok(()));
    assert_eq!(tokens.verify(&token, id(2), NOW), Err(BadToken::NotGenuine));
    let late = NOW.plus(Duration::from_days(31));
    assert_eq!(tokens.verify(&token, id(1), late), Err(BadToken::Expired));
    assert_eq!(tokens.verify(&[], id(1), NOW), Err(BadToken::Missing));
}

#[test]
fn a_token_outlives_the_change_of_its_key_as_long_as_the_old_key_is_kept() {
    let old = TokenKey {
        number: 1,
        secret: [7; 32],
    };
    let new = TokenKey {
        number: 2,
        secret: [8; 32],
    };
    let token = tokens().issue(id(1), NOW);
    let kept = Tokens::new(new.clone(), vec![old], Duration::from_days(30));
    let gone = Tokens::new(new, Vec::new(), Duration::from_days(30));
    assert_eq!(kept.verify(&token, id(1), NOW), Ok(()));
    assert_eq!(gone.verify(&token, id(1), NOW), Err(BadToken::NotGenuine));
}

proptest! {
    #[test]
    fn a_token_with_any_byte_changed_is_refused(random: u128, at in 0_usize..44, change in 1_u8..=255) {
        let tokens = tokens();
        let mut token = tokens.issue(id(random), NOW);
        token[at] ^= change;
        prop_assert!(tokens.verify(&token, id(random), NOW).is_err());
    }

    #[test]
    fn no_bytes_pass_for_a_token(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(tokens().verify(&bytes, id(1), NOW).is_err());
    }
}
