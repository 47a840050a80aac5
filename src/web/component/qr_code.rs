//! QR codes.

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;

/// A QR code of `text` as a picture with a description. `None` if the text is too long for one.
#[must_use]
pub fn qr_code(text: &str, description: &str) -> Option<Markup> {
    let picture = QrCode::new(text).ok()?.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Inline SVG must not contain the XML declaration of a file.
    let picture = picture.find("<svg").and_then(|at| picture.get(at..)).unwrap_or_default();
    Some(html! { div.code role="img" aria-label=(description) { (PreEscaped(picture)) } })
}
