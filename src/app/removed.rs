//! Handles money at payment platforms that are not in the settings any more: parks their refunds at the start, and warns.

use super::graph::Graph;
use crate::actor::task::ask;
use crate::pay::message::{CountByPlatform, ParkRemoved};
use crate::payments::platform::report::PlatformReport;
use crate::payments::platform::single::PlatformState;

/// Parks the pending refunds of platforms that are not configured, and logs one warning for each such platform at which
/// payments are open or refunds are not done.
///
/// # Errors
/// If Pay does not respond.
pub async fn park_and_warn(graph: &Graph) -> anyhow::Result<()> {
    let park = ParkRemoved { configured: graph.platforms.configured() };
    while ask(&graph.owners.pay, park.clone()).await? > 0 {}
    let counts = ask(&graph.owners.pay, CountByPlatform).await?;
    let removed = graph.platforms.report(Some(counts)).into_iter();
    for PlatformReport { provider, open, refunds_pending, parked, amount, .. } in
        removed.filter(|report| report.state == PlatformState::Removed)
    {
        let refunds = refunds_pending.unwrap_or_default().saturating_add(parked.unwrap_or_default());
        tracing::warn!(
            provider,
            payments = open.unwrap_or_default(),
            refunds,
            amount = %amount.unwrap_or_default(),
            "the payment platform {provider} is not in the settings, and money is outstanding there: configure {} again, \
             or cancel its unpaid orders with POST /admin/orders/{{id}}/cancel and decide on its refunds in GET \
             /admin/parked",
            setting(&provider)
        );
    }
    Ok(())
}

/// Whether `provider` is a name of the sandbox platform, now or before.
pub fn is_sandbox(provider: &str) -> bool {
    setting(provider).starts_with("gateway.sandbox")
}

/// The settings that configure a payment product.
fn setting(provider: &str) -> &'static str {
    match provider {
        "alipay" | "alipay_qr" => "gateway.alipay",
        "wechat" | "wechat_jsapi" => "gateway.wechat",
        // Also without an account, H5 payments need their own setting.
        "wechat_h5" => "gateway.wechat.h5_type",
        "sandbox" => "gateway.sandbox.enabled",
        // Only the second name of the sandbox can be chosen.
        _ => "gateway.sandbox.second",
    }
}
