//! A browser without scripts: it keeps cookies, follows redirects, and sends forms with their hidden fields.

use std::collections::BTreeMap;

use awc::http::Method;

use super::{ADMIN_PASSWORD, Answer, TestApp};

/// A browser at the pages of an application.
#[derive(Clone)]
pub struct Browser<'a> {
    app: &'a TestApp,
    cookies: BTreeMap<String, String>,
    /// Further headers of every request.
    pub headers: Vec<(&'static str, String)>,
}

impl<'a> Browser<'a> {
    /// A browser that has visited no page.
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// A browser in which the administrator has signed in to the console.
    pub async fn operator(app: &'a TestApp) -> Self {
        let mut browser = Self::new(app);
        let answer = browser.sign_in("admin", ADMIN_PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        browser
    }

    /// Signs in by the form of the console.
    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/console/sign-in", &[("user_name", name), ("user_password", password)]).await
    }

    /// The page at `path`, after redirects.
    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.get_once(path).await;
        self.follow(answer).await
    }

    /// The answer of `path` itself.
    pub async fn get_once(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends a form as the page of the same server would; the page after redirects.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post_from(&self.app.url(), path, fields).await;
        self.follow(answer).await
    }

    /// Sends a form from a page of `origin`; the answer itself.
    pub async fn post_from(&mut self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("origin", origin), ("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &headers, &body).await
    }

    /// Sends a form with a file in its field `file`; the page after redirects.
    pub async fn post_file(&mut self, path: &str, fields: &[(&str, &str)], file: &str) -> Answer {
        let part = |(name, value): &(&str, &str)| {
            format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let fields: String = fields.iter().map(part).collect();
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"bill.csv\"\r\nContent-Type: text/csv";
        let body = format!("{fields}--limit\r\n{head}\r\n\r\n{file}\r\n--limit--\r\n");
        let origin = self.app.url();
        let headers = [("origin", origin.as_str()), ("content-type", "multipart/form-data; boundary=limit")];
        let answer = self.send(Method::POST, path, &headers, &body).await;
        self.follow(answer).await
    }

    /// Sends the form of an act, and executes its preview twice, as a double click would; the page after it.
    pub async fn act(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let preview = self.post(path, fields).await.expect(200);
        assert!(text(&preview).contains("Nothing has been done yet"), "{}", preview.text);
        let token = hidden(&preview, "token");
        let target = async |browser: &mut Self| {
            let answer = browser.post_from(&browser.app.url(), "/console/act", &[("token", &token)]).await;
            answer.expect(303).header("location").to_owned()
        };
        let (first, second) = (target(self).await, target(self).await);
        assert_eq!(first, second);
        let page = self.get(&first).await.expect(200);
        assert!(text(&page).contains("Done."), "{}", page.text);
        page
    }

    async fn follow(&mut self, answer: Answer) -> Answer {
        let mut answer = answer;
        for _ in 0..5 {
            if answer.status != 303 {
                return answer;
            }
            let path = answer.header("location").to_owned();
            answer = self.get_once(&path).await;
        }
        panic!("the redirects do not end: {}", answer.header("location"));
    }

    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(self.headers.iter().map(|(name, value)| (*name, value.as_str())));
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        let answer = self.app.fetch(method, path, &all, body.as_bytes().to_vec()).await;
        for line in answer.headers.get_all("set-cookie").filter_map(|line| line.to_str().ok()) {
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match line.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}

/// The value of a hidden field of a page.
#[track_caller]
pub fn hidden(page: &Answer, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = page.text.split(&mark).nth(1).unwrap_or_else(|| panic!("no field {name} in {}", page.text));
    rest.split('"').next().unwrap().to_owned()
}

/// The text of a page without its markup, with single blanks.
pub fn text(page: &Answer) -> String {
    let mut text = String::new();
    for part in page.text.split('<') {
        text.push(' ');
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    let text = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
