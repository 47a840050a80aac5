//! The faults of a page that no page may have: messages in the console, and requests to other hosts.

use serde_json::Value;

/// The record of a page.
#[derive(Debug, Default)]
pub struct Record {
    console: Vec<String>,
    foreign: Vec<String>,
    /// Addresses of all requests, in their order.
    requests: Vec<String>,
    /// Status codes that the test expects of documents; Chromium writes each of them to the console.
    expected: Vec<u16>,
}

impl Record {
    /// Documents may be answered with `status` from here on.
    pub fn expect_status(&mut self, status: u16) {
        self.expected.push(status);
    }

    /// Addresses of all requests so far.
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    /// Takes in events. `origin` is that of the application.
    pub fn take(&mut self, events: Vec<Value>, origin: &str) {
        for event in events {
            let parameters = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.consoleAPICalled" => {
                    self.console.push(format!("{}: {}", parameters["type"], parameters["args"]));
                }
                "Runtime.exceptionThrown" => self.console.push(parameters["exceptionDetails"].to_string()),
                "Log.entryAdded" => self.log(&parameters["entry"]),
                "Network.requestWillBeSent" => self.request(&parameters["request"]["url"], origin),
                "Network.webSocketCreated" => self.request(&parameters["url"], origin),
                _ => {}
            }
        }
    }

    fn log(&mut self, entry: &Value) {
        let text = entry["text"].as_str().unwrap_or_default();
        let is_expected = |status: &u16| text.contains(&format!("responded with a status of {status} "));
        if !(entry["source"] == "network" && self.expected.iter().any(is_expected)) {
            self.console.push(format!("{}: {text} ({})", entry["source"], entry["url"]));
        }
    }

    fn request(&mut self, url: &Value, origin: &str) {
        let url = url.as_str().unwrap_or_default();
        let is_local = url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !is_local && !url.starts_with("data:") && !url.starts_with("about:") {
            self.foreign.push(url.to_owned());
        }
        self.requests.push(url.to_owned());
    }

    /// Checks that there is nothing to find fault with.
    ///
    /// # Errors
    /// The messages and the requests.
    pub fn verdict(&self) -> Result<(), String> {
        if self.console.is_empty() && self.foreign.is_empty() {
            return Ok(());
        }
        Err(format!("messages in the console: {:#?}\nrequests to other hosts: {:#?}", self.console, self.foreign))
    }
}
