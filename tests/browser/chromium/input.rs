//! Mouse and keyboard. Controls are found by the names that people read.

use serde_json::{Value, json};

use super::page::{Page, quoted};

/// `named(selector, name)`: the first visible element with this name.
const NAMED: &str = "
    (selector, name) => [...document.querySelectorAll(selector)].find(e =>
        e.checkVisibility({visibilityProperty: true}) && !e.disabled
        && (e.getAttribute('aria-label') ?? (e.localName === 'label' ? e.firstChild.textContent : e.innerText))
            .trim().replace(/\\s+/g, ' ') === name)";

const CLICKABLE: &str = "a[href], button, summary";

impl Page {
    /// Clicks the first link or button with this name.
    pub async fn click(&mut self, name: &str) {
        self.click_times("", name, 1).await;
    }

    /// Clicks the first link or button with this name inside an element that `selector` names.
    pub async fn click_in(&mut self, selector: &str, name: &str) {
        self.click_times(selector, name, 1).await;
    }

    /// Clicks twice, as fast as a person who is not sure.
    pub async fn double_click(&mut self, name: &str) {
        self.click_times("", name, 2).await;
    }

    /// Clicks the label with this text, such as that of a check box.
    pub async fn click_label(&mut self, name: &str) {
        let label =
            format!("[...document.querySelectorAll('label')].find(e => e.innerText.trim() === {})", quoted(name));
        let at = self.point(&label, name).await;
        self.mouse(&at, 1).await;
    }

    async fn click_times(&mut self, within: &str, name: &str, times: u32) {
        let clickable = match within {
            "" => CLICKABLE.to_owned(),
            within => CLICKABLE.split(", ").map(|one| format!("{within} {one}")).collect::<Vec<_>>().join(", "),
        };
        let at = self.point(&format!("({NAMED})({}, {})", quoted(&clickable), quoted(name)), name).await;
        self.mouse(&at, times).await;
    }

    /// Replaces the text of the field with this label.
    pub async fn fill(&mut self, label: &str, text: &str) {
        self.focus(label).await;
        self.value("document.activeElement.select()").await;
        self.type_text(text).await;
    }

    /// Chooses the option with this text in the list with this label.
    pub async fn select(&mut self, label: &str, option: &str) {
        self.focus(label).await;
        let chosen = format!(
            "(list => {{ const option = [...list.options].find(o => o.innerText.trim() === {}); \
             if (!option) return false; list.value = option.value; \
             list.dispatchEvent(new Event('change', {{bubbles: true}})); return true; }})(document.activeElement)",
            quoted(option)
        );
        assert_eq!(self.value(&chosen).await, true, "{label} has no option {option}");
    }

    async fn focus(&mut self, label: &str) {
        let control = format!("({NAMED})('label', {})?.control", quoted(label));
        self.until(&format!("(c => {{ c?.focus(); return !!c && document.activeElement === c; }})({control})")).await;
    }

    /// Types into the control that has the focus.
    pub async fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Presses a key: `Tab`, `Enter`, `Space`, `Escape`, or one character.
    pub async fn press(&mut self, key: &str) {
        let (key, code, number, text) = match key {
            "Tab" => ("Tab", "Tab", 9, ""),
            "Enter" => ("Enter", "Enter", 13, "\r"),
            "Space" => (" ", "Space", 32, " "),
            "Escape" => ("Escape", "Escape", 27, ""),
            "ArrowDown" => ("ArrowDown", "ArrowDown", 40, ""),
            character => (character, "", 0, character),
        };
        let event = |kind: &str, text: &str| json!({"type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number, "text": text});
        self.call("Input.dispatchKeyEvent", event("keyDown", text)).await;
        self.call("Input.dispatchKeyEvent", event("keyUp", "")).await;
    }

    /// Presses Tab until the control with this name has the focus, and checks that every control on the way shows that
    /// it has it.
    pub async fn tab_to(&mut self, name: &str) {
        const FOCUSED: &str = "(e => {
            const style = getComputedStyle(e), text = e.labels?.[0]?.firstChild.textContent ?? e.getAttribute('aria-label') ?? e.innerText;
            return [text.trim().replace(/\\s+/g, ' '), style.outlineStyle !== 'none' || style.boxShadow !== 'none'];
        })(document.activeElement)";
        let mut passed = Vec::new();
        for _ in 0..100 {
            self.press("Tab").await;
            let focused = self.value(FOCUSED).await;
            let text = focused[0].as_str().unwrap_or_default().to_owned();
            if self.value("document.activeElement !== document.body").await == true {
                assert_eq!(focused[1], true, "{text} does not show that it has the focus");
            }
            if text == name {
                return;
            }
            passed.push(text);
        }
        panic!("the Tab key does not lead to {name}, but to {passed:?}");
    }

    /// The middle of an element, scrolled into view. Nothing may cover it.
    async fn point(&mut self, element: &str, name: &str) -> Value {
        let found = format!(
            "(e => {{ if (!e) return null; e.scrollIntoView({{block: 'center', behavior: 'instant'}}); \
             const box = e.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2; \
             const top = document.elementFromPoint(x, y); \
             return {{x, y, free: e.contains(top) || !!top?.contains(e)}}; }})({element})"
        );
        self.until(&format!("({found})?.free === true")).await;
        let at = self.value(&found).await;
        assert!(at.is_object(), "no {name}");
        at
    }

    async fn mouse(&mut self, at: &Value, times: u32) {
        for count in 1..=times {
            for kind in ["mousePressed", "mouseReleased"] {
                let event = json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": count});
                self.call("Input.dispatchMouseEvent", event).await;
            }
        }
    }
}
