//! Looks at the payment platforms: whether their keys can be read and fit together, and until when certificates are valid.

use super::certificate;
use super::finding::Finding;
use crate::app;
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::gateway::ticket::PayPages;

/// The findings about the platforms.
pub fn check(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let check = "platforms";
    // No page is opened here, so that its secret does not matter.
    let mut findings = match app::platforms(settings, clock, PayPages::new(&[], None)) {
        Err(error) => vec![Finding::bad(error.key, error.why, "correct the setting, or the file that it names")],
        Ok(platforms) if !platforms.is_empty() => {
            let names: Vec<&str> = platforms.iter().map(|platform| platform.name()).collect();
            vec![Finding::ok(check, format!("the keys can be read and fit: {}", names.join(", ")))]
        }
        Ok(_) if settings.gateway.sandbox.enabled => vec![Finding::ok(check, "only the sandbox")],
        Ok(_) => {
            let way_out = "set gateway.alipay or gateway.wechat: docs/payment-platforms.md";
            vec![Finding::bad(check, "none is set up, so no order can be paid", way_out)]
        }
    };
    let (alipay, wechat) = (&settings.gateway.alipay, &settings.gateway.wechat);
    for (key, path) in [
        ("gateway.alipay.app_certificate", &alipay.app_certificate),
        ("gateway.alipay.platform_certificate", &alipay.platform_certificate),
        ("gateway.alipay.root_certificate", &alipay.root_certificate),
        ("gateway.wechat.platform_certificates", &wechat.platform_certificates),
    ] {
        if !path.as_os_str().is_empty() {
            findings.extend(certificate::check(key, path, clock.now()));
        }
    }
    findings
}
