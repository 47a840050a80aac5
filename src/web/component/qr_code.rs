//! QR codes.

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;

/// A QR code of `text` as a picture with a description. `None` if the text is too long for one.
#[must_use]
pub fn qr_code(text: &str, description: &str) -> Option<Markup> {
    Some(html! { div.code role="img" aria-label=(description) { (PreEscaped(draw_qr_code(text)?)) } })
}

/// A QR code of `text` as inline SVG. `None` if the text is too long for one.
#[must_use]
pub fn draw_qr_code(text: &str) -> Option<String> {
    let file = QrCode::new(text).ok()?.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // Inline SVG must not contain the XML declaration of a file.
    file.find("<svg").and_then(|at| file.get(at..)).map(str::to_owned)
}
