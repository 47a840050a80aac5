//! The pictures of QR codes. To draw one takes a millisecond and more, and a page is asked for again and again without any
//! account, so pictures are kept.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;

use crate::web::component::draw_qr_code;

/// Pictures that are kept, of some 10 KiB each.
const KEPT_MAX: usize = 256;

/// The pictures that were drawn, by the text of the code.
type Pictures = HashMap<String, Arc<str>>;

static PICTURES: LazyLock<Mutex<Pictures>> = LazyLock::new(Mutex::default);

/// The picture of `text` as inline SVG; `None` if it is too long for a code.
pub fn picture(text: &str) -> Option<Arc<str>> {
    find_or_draw(&mut PICTURES.lock(), text, draw_qr_code)
}

fn find_or_draw(pictures: &mut Pictures, text: &str, draw: impl Fn(&str) -> Option<String>) -> Option<Arc<str>> {
    if let Some(picture) = pictures.get(text) {
        return Some(Arc::clone(picture));
    }
    let picture: Arc<str> = draw(text)?.into();
    if pictures.len() >= KEPT_MAX {
        pictures.clear();
    }
    pictures.insert(text.to_owned(), Arc::clone(&picture));
    Some(picture)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_picture_is_drawn_once_and_few_are_kept() {
        let (mut pictures, drawn) = (Pictures::default(), Cell::new(0));
        let draw = |text: &str| {
            drawn.set(drawn.get() + 1);
            draw_qr_code(text)
        };
        let first = find_or_draw(&mut pictures, "weixin://1", draw).unwrap();
        assert!(first.starts_with("<svg"), "{first}");
        for _ in 0..10 {
            assert_eq!(find_or_draw(&mut pictures, "weixin://1", draw), Some(Arc::clone(&first)));
        }
        assert_eq!(drawn.get(), 1);
        for number in 0..1_000 {
            find_or_draw(&mut pictures, &number.to_string(), |_| Some(String::new())).unwrap();
            assert!(pictures.len() <= KEPT_MAX);
        }
        assert_eq!(find_or_draw(&mut pictures, &"x".repeat(10_000), draw), None);
    }
}
