//! Downloads WeChat Pay's bills. The response with the address is signed; the file is not, and is compared with the hash in
//! that response.

use awc::http::Method;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde::Deserialize;

use super::account::MerchantAccount;
use super::answer::Response;
use super::{call, transport};
use crate::gateway::text::is_printable_ascii;

/// The only hash of bills that WeChat Pay documents.
const HASH_TYPE: &str = "SHA1";
const URL_LENGTH_MAX: usize = 2048;

#[derive(Deserialize)]
struct Bill {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

/// Downloads the bill that `target` asks for, the path and query of a bill's route.
///
/// # Errors
/// The reason for which there is no bill, or that it is not the one that WeChat Pay has signed for.
pub async fn bill(account: &MerchantAccount, target: &str) -> Result<Vec<u8>, String> {
    let Response::Done(200, body) = call::send(account, Method::GET, target, None).await? else {
        return Err("there is no bill".to_owned());
    };
    let Bill { hash_type, hash_value, download_url } =
        serde_json::from_slice(&body).map_err(|_| "the response has no address of the bill")?;
    if hash_type != HASH_TYPE || !is_printable_ascii(&download_url, URL_LENGTH_MAX) {
        return Err("the response has another hash than SHA1, or no address of the bill".to_owned());
    }
    let file = transport::download(account, download_url).await?;
    let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &file));
    if !hash.eq_ignore_ascii_case(&hash_value) {
        return Err("the file is not the one that WeChat Pay has signed for: its hash differs".to_owned());
    }
    Ok(file)
}
