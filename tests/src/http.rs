//! A small browser without script: cookies, forms, no redirects followed unless asked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use ureq::http;

use crate::html::{Form, Page};

/// One visitor (or program) with a cookie jar. Clone it for a second window of the same visitor.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    cookies: RefCell<BTreeMap<String, String>>,
    headers: Vec<(String, String)>,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The path (and query) that was asked for.
    pub path: String,
    /// The status code.
    pub status: u16,
    /// All headers as sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The body's octets as they came, compressed or not.
    pub octets: usize,
}

impl Client {
    /// A visitor of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: impl Into<String>) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .proxy(None)
            .build()
            .into();
        Self { agent, base: base.into(), cookies: RefCell::default(), headers: Vec::new() }
    }

    /// The same visitor, sending one more header with everything.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same visitor at another server, with what they bring along.
    pub fn at(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Where this visitor's server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The cookies held, by name.
    pub fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.borrow().clone()
    }

    /// GET without following redirects. A full URL of this server is taken like a path.
    #[track_caller]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, &[])
    }

    /// GET, following redirects as a browser does.
    #[track_caller]
    pub fn open(&self, path: &str) -> Reply {
        let mut reply = self.get(path);
        for _ in 0..8 {
            if !(300..400).contains(&reply.status) {
                return reply;
            }
            reply = self.get(&reply.location());
        }
        panic!("{path}: too many redirects");
    }

    /// GET a page that must be there, and read it as HTML.
    #[track_caller]
    pub fn page(&self, path: &str) -> Page {
        self.open(path).page()
    }

    /// POST a form as a browser on this server's pages does: url-encoded, with its Origin.
    #[track_caller]
    pub fn post_form(&self, path: &str, fields: &[(String, String)]) -> Reply {
        let origin = self.base.clone();
        self.post_form_from(path, fields, &[("Origin", &origin)])
    }

    /// POST a form with exactly these further headers: for requests that no page of ours would send.
    #[track_caller]
    pub fn post_form_from(
        &self,
        path: &str,
        fields: &[(String, String)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", path, Some(body.into_bytes()), &all)
    }

    /// Submits a filled form to its action.
    #[track_caller]
    pub fn submit(&self, form: &Form) -> Reply {
        self.post_form(form.action(), form.fields())
    }

    /// POST JSON, as a program does (no Origin).
    #[track_caller]
    pub fn post_json(&self, path: &str, body: &Value) -> Reply {
        let body = body.to_string().into_bytes();
        self.send("POST", path, Some(body), &[("Content-Type", "application/json")])
    }

    /// Any request. `Err` when there was no whole answer, such as when the server was killed meanwhile.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, ureq::Error> {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let path = path.split('#').next().unwrap_or(path);
        let uri = if path.starts_with('/') || path.is_empty() {
            format!("{}{path}", self.base)
        } else {
            path.to_owned()
        };
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let jar: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request = request.header("Cookie", jar.join("; "));
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).map_err(ureq::Error::from)?),
            None => self.agent.run(request.body(()).map_err(ureq::Error::from)?),
        }?;
        let status = answer.status().as_u16();
        let headers: Vec<(String, String)> = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = answer.into_body().into_with_config().limit(64 << 20).read_to_vec()?;
        let octets = body.len();
        let body = String::from_utf8(body)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let reply = Reply { path: path.to_owned(), status, headers, body, octets };
        self.keep_cookies(&reply);
        Ok(reply)
    }

    /// Any request that must be answered.
    #[track_caller]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Reply {
        match self.try_send(method, path, body, headers) {
            Ok(reply) => reply,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    fn keep_cookies(&self, reply: &Reply) {
        let mut jar = self.cookies.borrow_mut();
        for cookie in reply.all("set-cookie") {
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let ended =
                value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            if ended {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Reply {
    /// The first header of that name (lower case), or the empty string.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(each, _)| each == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All headers of that name (lower case).
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// Checks the status; the whole answer is in the failure.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "unexpected status: {self:#?}");
        self
    }

    /// Where a redirect leads.
    #[track_caller]
    pub fn location(&self) -> String {
        let location = self.header("location");
        assert!(!location.is_empty(), "no Location: {self:#?}");
        location.to_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:#?}"))
    }

    /// The `code` of an `application/problem+json` answer with this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "unexpected status: {self:#?}");
        let kind = self.header("content-type");
        assert!(kind.starts_with("application/problem+json"), "not a problem: {self:#?}");
        let problem = self.json();
        if let Some(inner) = problem["status"].as_u64() {
            assert_eq!(inner, u64::from(status), "status inside and outside differ: {self:#?}");
        }
        problem["code"].as_str().unwrap_or_else(|| panic!("no code: {self:#?}")).to_owned()
    }

    /// The body as a page; checks that it is one.
    #[track_caller]
    pub fn page(&self) -> Page {
        let kind = self.header("content-type");
        assert!(kind.starts_with("text/html"), "not a page: {self:#?}");
        Page::parse(&self.path, &self.body)
    }
}
