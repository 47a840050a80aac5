//! Tests of the codes and of the form of problems.

use strum::VariantArray;

use super::*;
use crate::domain::refusal::Refusal;
use crate::pay::error::RequestRefusal;

#[test]
fn every_refusal_keeps_its_stored_code_and_is_a_client_error() {
    let refusals = Refusal::VARIANTS.iter().map(|refusal| (refusal.code(), Code::from(*refusal)));
    let payment = RequestRefusal::OrderNotPayable;
    for (stored, code) in refusals.chain([(payment.code(), Code::from(payment))]) {
        assert_eq!(code.name(), stored);
        assert!(matches!(code.row().1, 409 | 422), "{stored}");
    }
}

#[test]
fn codes_are_unique_and_only_internal_is_500() {
    for (at, code) in Code::ALL.iter().enumerate() {
        assert!(!Code::ALL[..at].iter().any(|other| other.name() == code.name()), "{code:?}");
        assert_eq!(code.row().1 == 500, *code == Code::Internal);
        assert_eq!(code.status().as_u16(), code.row().1);
    }
}
