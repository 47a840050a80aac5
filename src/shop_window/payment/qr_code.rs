//! The pictures of QR codes. To draw one takes a millisecond and more, and a page is asked for again and again without any
//! account, so pictures are kept.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::Mutex;

use crate::web::component::draw_qr_code;

/// Pictures that are kept, of some 10 KiB each.
const KEPT_MAX: usize = 256;

static PICTURES: LazyLock<Pictures> = LazyLock::new(Pictures::default);

/// The picture of `text` as inline SVG; `None` if it is too long for a code.
pub fn picture(text: &str) -> Option<Arc<str>> {
    PICTURES.find_or_draw(text, draw_qr_code)
}

/// A picture that is drawn by the first request for it; `None` in it if there is none.
type Picture = Arc<OnceLock<Option<Arc<str>>>>;

/// The pictures by the text of the code.
#[derive(Default)]
struct Pictures(Mutex<HashMap<String, Picture>>);

impl Pictures {
    /// While a picture is drawn, only requests for the same one wait.
    fn find_or_draw(&self, text: &str, draw: impl FnOnce(&str) -> Option<String>) -> Option<Arc<str>> {
        self.place(text).get_or_init(|| draw(text).map(Arc::from)).clone()
    }

    /// The place of a picture, which may have to be drawn.
    fn place(&self, text: &str) -> Picture {
        let mut pictures = self.0.lock();
        if let Some(picture) = pictures.get(text) {
            return Arc::clone(picture);
        }
        if pictures.len() >= KEPT_MAX {
            pictures.clear();
        }
        Arc::clone(pictures.entry(text.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_picture_is_drawn_once_and_few_are_kept() {
        let (pictures, drawn) = (Pictures::default(), Cell::new(0));
        let draw = |text: &str| {
            drawn.set(drawn.get() + 1);
            draw_qr_code(text)
        };
        let first = pictures.find_or_draw("weixin://1", draw).unwrap();
        assert!(first.starts_with("<svg"), "{first}");
        for _ in 0..10 {
            assert_eq!(pictures.find_or_draw("weixin://1", draw), Some(Arc::clone(&first)));
        }
        assert_eq!(drawn.get(), 1);
        for number in 0..1_000 {
            pictures.find_or_draw(&number.to_string(), |_| Some(String::new())).unwrap();
            assert!(pictures.0.lock().len() <= KEPT_MAX);
        }
        assert_eq!(pictures.find_or_draw(&"x".repeat(10_000), draw), None);
    }

    #[test]
    fn a_picture_that_is_being_drawn_holds_up_no_other() {
        let pictures = Arc::new(Pictures::default());
        let (begun, has_begun) = mpsc::channel();
        let (end, may_end) = mpsc::channel();
        let slow = Arc::clone(&pictures);
        let slow = std::thread::spawn(move || {
            slow.find_or_draw("slow", |_| {
                begun.send(()).unwrap();
                may_end.recv().unwrap();
                Some("slow picture".to_owned())
            })
        });
        has_begun.recv().unwrap();
        let (drawn, is_drawn) = mpsc::channel();
        let other = Arc::clone(&pictures);
        std::thread::spawn(move || drawn.send(other.find_or_draw("other", |_| Some("other picture".to_owned()))));
        let other = is_drawn.recv_timeout(Duration::from_secs(20));
        end.send(()).unwrap();
        assert_eq!(other.unwrap().as_deref(), Some("other picture"));
        assert_eq!(slow.join().unwrap().as_deref(), Some("slow picture"));
        assert_eq!(pictures.find_or_draw("slow", |_| None).as_deref(), Some("slow picture"));
    }
}
