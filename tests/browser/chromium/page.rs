//! A page as a person sees it: by its texts, labels and buttons.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::pipe::Pipe;
use super::record::Record;

/// Time limit for anything that a page should show.
const SHOWS_WITHIN: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(20);
/// A Chromium needs memory and a processor: two run at once.
static RUNNING: Semaphore = Semaphore::const_new(2);

/// Width and height of a phone.
pub const PHONE: (u32, u32) = (390, 844);
const DESKTOP: (u32, u32) = (1280, 900);

/// The colours that the system prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    Light,
    Dark,
}

/// A page of a Chromium of its own. When it is dropped, the test fails if the console has a message or if another host
/// was asked for anything.
pub struct Page {
    pipe: Pipe,
    session: String,
    origin: String,
    record: Record,
    _running: SemaphorePermit<'static>,
}

impl Page {
    /// An empty page in a new Chromium. `origin` is that of the application.
    pub async fn open(origin: &str) -> Self {
        let running = RUNNING.acquire().await.unwrap();
        let mut pipe = Pipe::start();
        let target = pipe.call("", "Target.createTarget", json!({"url": "about:blank"})).await.unwrap();
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = pipe.call("", "Target.attachToTarget", attach).await.unwrap();
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut page = Self { pipe, session, origin: origin.to_owned(), record: Record::default(), _running: running };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.set_language("en").await;
        page.set_light(Light::Light).await;
        page.set_size(DESKTOP).await;
        page
    }

    pub(super) async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.pipe.call(&self.session, method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sets the language that the browser asks for.
    pub async fn set_language(&mut self, language: &str) {
        self.call("Network.setExtraHTTPHeaders", json!({"headers": {"Accept-Language": language}})).await;
    }

    /// Sets the colours that the system prefers.
    pub async fn set_light(&mut self, light: Light) {
        let value = if light == Light::Dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": value},
            {"name": "prefers-reduced-motion", "value": "reduce"}
        ]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Sets the size of the window.
    pub async fn set_size(&mut self, (width, height): (u32, u32)) {
        let is_phone = width < 600;
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Sets the time zone of the browser.
    pub async fn set_time_zone(&mut self, zone: &str) {
        self.call("Emulation.setTimezoneOverride", json!({"timezoneId": zone})).await;
    }

    /// Forgets all that was downloaded, as in a browser that has not been here.
    pub async fn forget_downloads(&mut self) {
        self.call("Network.clearBrowserCache", json!({})).await;
    }

    /// Turns the scripts of all further pages off.
    pub async fn disable_script(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    }

    /// Runs a script in every further page, before those of the page itself.
    pub async fn run_at_start(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await;
    }

    /// Documents may be answered with this status. Other errors are messages in the console, which fail the test.
    pub fn expect_status(&mut self, status: u16) {
        self.record.expect_status(status);
    }

    /// Opens an address of the application, or a whole one, and waits until it is loaded.
    pub async fn goto(&mut self, path: &str) {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.origin) };
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert!(answer.get("errorText").is_none(), "{url}: {}", answer["errorText"]);
        self.until("document.readyState == 'complete' && location.href != 'about:blank'").await;
    }

    /// Path and query of the address.
    pub async fn path(&mut self) -> String {
        self.value("location.pathname + location.search").await.as_str().unwrap().to_owned()
    }

    /// All visible text.
    pub async fn text(&mut self) -> String {
        self.value("document.body.innerText").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `text`.
    pub async fn sees(&mut self, text: &str) {
        let condition = format!("document.body.innerText.includes({})", quoted(text));
        self.until(&condition).await;
    }

    /// Waits until an element that `selector` names shows `text`.
    pub async fn sees_in(&mut self, selector: &str, text: &str) {
        let (selector, text) = (quoted(selector), quoted(text));
        self.until(&format!("[...document.querySelectorAll({selector})].some(e => e.innerText.includes({text}))"))
            .await;
    }

    /// Waits until the page shows `text` no longer.
    pub async fn sees_no(&mut self, text: &str) {
        self.until(&format!("!document.body.innerText.includes({})", quoted(text))).await;
    }

    /// Waits until the address begins with `path`.
    pub async fn is_at(&mut self, path: &str) {
        let path = quoted(path);
        self.until(&format!("location.pathname.startsWith({path}) && document.readyState == 'complete'")).await;
    }

    /// Waits until the expression is true. Fails with the text of the page.
    pub async fn until(&mut self, condition: &str) {
        let began = Instant::now();
        loop {
            if self.try_value(condition).await == Ok(Value::Bool(true)) {
                return;
            }
            if began.elapsed() > SHOWS_WITHIN {
                let (path, text) = (self.path().await, self.text().await);
                let found = self.verdict().err().unwrap_or_default();
                panic!("not within {SHOWS_WITHIN:?}: {condition}\nat {path}:\n{text}\n{found}");
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// The value of an expression.
    pub async fn value(&mut self, expression: &str) -> Value {
        let began = Instant::now();
        loop {
            match self.try_value(expression).await {
                Ok(value) => return value,
                // The page was left while the expression was evaluated.
                Err(_) if began.elapsed() < SHOWS_WITHIN => tokio::time::sleep(POLL_EVERY).await,
                Err(error) => panic!("{expression}: {error}"),
            }
        }
    }

    pub(super) async fn try_value(&mut self, expression: &str) -> Result<Value, String> {
        let evaluate = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.pipe.call(&self.session, "Runtime.evaluate", evaluate).await?;
        match answer.get("exceptionDetails") {
            None => Ok(answer["result"]["value"].take()),
            Some(thrown) => Err(thrown["exception"]["description"].as_str().unwrap_or_default().to_owned()),
        }
    }

    /// Addresses of all requests so far.
    pub fn requests(&mut self) -> &[String] {
        self.record.take(self.pipe.take_events(), &self.origin);
        self.record.requests()
    }

    /// Checks that the page is not wider than the window.
    pub async fn assert_fits(&mut self) {
        let sizes = self.value("[document.documentElement.scrollWidth, innerWidth]").await;
        let path = self.path().await;
        assert!(sizes[0].as_i64() <= sizes[1].as_i64(), "{path} is wider than the window: {sizes}");
    }

    /// While recording, writes the page as it is to `docs/images`.
    pub async fn picture(&mut self, name: &str) {
        if !is_recording() {
            return;
        }
        let taken = self.call("Page.captureScreenshot", json!({"format": "png"})).await;
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/images");
        std::fs::create_dir_all(&folder).unwrap();
        let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    fn verdict(&mut self) -> Result<(), String> {
        // What was reported before this answer is in the record.
        self.pipe.call_blocking(&self.session, "Runtime.evaluate", json!({"expression": "0"}))?;
        self.record.take(self.pipe.take_events(), &self.origin);
        self.record.verdict()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !std::thread::panicking()
            && let Err(found) = self.verdict()
        {
            panic!("{found}");
        }
    }
}

/// `text` as a literal of JavaScript.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
fn is_recording() -> bool {
    std::env::var("TRADEPOST_RECORD").is_ok_and(|text| text == "1")
}
