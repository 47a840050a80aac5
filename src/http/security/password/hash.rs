//! One password hash: argon2id in PHC string format, computed in memory that is lent.

use anyhow::{Context as _, Result};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::worker::WorkArea;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const OUTPUT_BYTES: usize = 32;

fn params() -> Result<Params> {
    Ok(Params::new(MEMORY_KIB, PASSES, LANES, None)?)
}

/// The hash of a password, with a new salt and today's parameters.
///
/// # Errors
/// Fails if the parameters are wrong, which is a bug.
pub fn hash(password: &[u8], area: &mut WorkArea) -> Result<String> {
    let params = params()?;
    let salt = Salt::generate();
    let mut output = [0; OUTPUT_BYTES];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password_into_with_memory(password, &salt, &mut output, area.blocks(params.block_count()))?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Whether `hash` is the hash of `password`. The parameters are those of the hash.
///
/// # Errors
/// Fails if `hash` is not an argon2 hash.
pub fn verify(password: &[u8], hash: &str, area: &mut WorkArea) -> Result<bool> {
    let hash = PasswordHash::new(hash)?;
    let (salt, expected) = hash.salt.zip(hash.hash).context("the hash is not complete")?;
    let params = Params::try_from(&hash)?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(Algorithm::try_from(hash.algorithm.as_str())?, version, params.clone());
    let mut output = vec![0; expected.len()];
    argon2.hash_password_into_with_memory(password, &salt, &mut output, area.blocks(params.block_count()))?;
    Ok(verify_slices_are_equal(&output, expected.as_bytes()).is_ok())
}

/// Whether a hash was computed with other parameters than today's, so that it should be replaced.
#[must_use]
pub fn is_outdated(hash: &str) -> bool {
    let current = || -> Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let (is, want) = (Params::try_from(&hash)?, params()?);
        let is_same = (is.m_cost(), is.t_cost(), is.p_cost()) == (want.m_cost(), want.t_cost(), want.p_cost());
        Ok(is_same && hash.algorithm == Algorithm::Argon2id.ident())
    };
    !current().unwrap_or(false)
}
