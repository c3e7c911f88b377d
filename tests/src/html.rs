//! Pages as a visitor without script sees them: text, links and forms.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

/// A page that was read.
#[derive(Debug)]
pub struct Page {
    path: String,
    html: Html,
}

/// A form as it stands on a page, filled in by the test as by a person: only fields that exist can be set.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    fields: Vec<(String, String)>,
    names: BTreeSet<String>,
    buttons: Vec<(String, String)>,
}

impl Page {
    pub(crate) fn parse(path: &str, body: &str) -> Self {
        Self { path: path.to_owned(), html: Html::parse_document(body) }
    }

    /// All elements that a CSS selector finds.
    pub fn select(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let selector = Selector::parse(selector).expect("a CSS selector");
        self.html.select(&selector).collect()
    }

    /// The text of all elements that a CSS selector finds, white space made single.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector).into_iter().map(text_of).collect()
    }

    /// The text of the page's main part (or body), white space made single.
    pub fn text(&self) -> String {
        let main = self.texts("main").join(" ");
        if main.is_empty() { self.texts("body").join(" ") } else { main }
    }

    /// The page's title.
    pub fn title(&self) -> String {
        self.texts("title").join(" ")
    }

    /// The targets of all links, in order.
    pub fn links(&self) -> Vec<String> {
        self.select("a[href]")
            .into_iter()
            .filter_map(|link| link.value().attr("href").map(str::to_owned))
            .collect()
    }

    /// The first link whose target contains `part`.
    #[track_caller]
    pub fn link(&self, part: &str) -> String {
        self.links()
            .into_iter()
            .find(|link| link.contains(part))
            .unwrap_or_else(|| panic!("no link with {part:?} on {}: {:?}", self.path, self.links()))
    }

    /// The instants of all links that carry `slot=`, in order and as written there.
    pub fn slots(&self) -> Vec<String> {
        self.links().iter().filter_map(|link| query_value(link, "slot")).collect()
    }

    /// The values of all radio buttons of that name.
    pub fn choices(&self, name: &str) -> Vec<String> {
        self.select("input[type=radio]")
            .into_iter()
            .filter(|radio| radio.value().attr("name") == Some(name))
            .filter_map(|radio| radio.value().attr("value").map(str::to_owned))
            .collect()
    }

    /// The names of the fields that are marked as wrong (`aria-invalid`).
    pub fn marked(&self) -> BTreeSet<String> {
        self.select("[aria-invalid=true]")
            .into_iter()
            .filter_map(|field| {
                field.value().attr("name").or(field.value().attr("id")).map(str::to_owned)
            })
            .collect()
    }

    /// The first form that posts to an action ending in `action` (its query aside).
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        self.forms(action).into_iter().next().unwrap_or_else(|| {
            panic!("no POST form for {action:?} on {}: {}", self.path, self.text())
        })
    }

    /// All forms that post to an action ending in `action`.
    pub fn forms(&self, action: &str) -> Vec<Form> {
        let here = self.path.split('?').next().unwrap_or_default();
        let posts_there = |form: &ElementRef<'_>| {
            let target = form.value().attr("action").filter(|target| !target.is_empty());
            let target = target.unwrap_or(here).split(['?', '#']).next().unwrap_or_default();
            let posts = form.value().attr("method").is_some_and(|m| m.eq_ignore_ascii_case("post"));
            posts && target.ends_with(action)
        };
        let found = self.select("form").into_iter().filter(posts_there);
        found.map(|form| Form::read(&self.html, form, &self.path)).collect()
    }

    /// Whether the page has a form that posts to an action ending in `action`.
    pub fn has_form(&self, action: &str) -> bool {
        self.select("form").into_iter().any(|form| {
            form.value().attr("action").is_some_and(|target| {
                target.split(['?', '#']).next().unwrap_or_default().ends_with(action)
            })
        })
    }
}

impl Form {
    fn read(html: &Html, form: ElementRef<'_>, path: &str) -> Self {
        let action = form.value().attr("action").filter(|action| !action.is_empty());
        let id = form.value().attr("id");
        let controls = Selector::parse("input, select, textarea, button").expect("a selector");
        let mut read = Self {
            action: action.unwrap_or(path).to_owned(),
            fields: Vec::new(),
            names: BTreeSet::new(),
            buttons: Vec::new(),
        };
        for control in html.select(&controls) {
            let inside = control.ancestors().any(|node| node.id() == form.id());
            let owned = match control.value().attr("form") {
                Some(owner) => Some(owner) == id,
                None => inside,
            };
            if owned && control.value().attr("disabled").is_none() {
                read.take(control);
            }
        }
        read
    }

    /// Takes over one control's present value as a browser would send it.
    fn take(&mut self, control: ElementRef<'_>) {
        let attr = |name| control.value().attr(name);
        let Some(name) = attr("name") else { return };
        let value = attr("value").unwrap_or_default();
        let kind = attr("type").unwrap_or_default().to_ascii_lowercase();
        match (control.value().name(), kind.as_str()) {
            ("button" | "input", "button" | "reset") => return,
            ("button", _) | ("input", "submit" | "image") => {
                self.buttons.push((name.to_owned(), value.to_owned()));
                return;
            }
            ("input", "checkbox" | "radio") => {
                if attr("checked").is_some() {
                    let value = if attr("value").is_some() { value } else { "on" };
                    self.fields.push((name.to_owned(), value.to_owned()));
                }
            }
            ("input", _) => self.fields.push((name.to_owned(), value.to_owned())),
            ("textarea", _) => {
                self.fields.push((name.to_owned(), control.text().collect::<String>()));
            }
            _ => {
                if let Some(chosen) = chosen_option(control) {
                    self.fields.push((name.to_owned(), chosen));
                }
            }
        }
        self.names.insert(name.to_owned());
    }

    /// Where the form posts to.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// All fields that will be sent.
    pub fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The names of all fields, also of unchecked boxes.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The present value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }

    /// Fills in one field, which the form must have.
    #[track_caller]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        assert!(self.names.contains(name), "the form has no field {name:?}: {:?}", self.names);
        self.put(name, value.into());
        self
    }

    /// Fills in one field whether the form has it or not, and whatever it says may be chosen: what a hostile program
    /// sends.
    pub fn force(mut self, name: &str, value: impl Into<String>) -> Self {
        self.put(name, value.into());
        self
    }

    /// Adds one more value of a repeated field.
    pub fn add(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Clears a field: an unchecked box, or a field that a broken program does not send at all.
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(each, _)| each != name);
        self
    }

    /// Presses a named button, which the form must have.
    #[track_caller]
    pub fn press(mut self, name: &str, value: &str) -> Self {
        let button = (name.to_owned(), value.to_owned());
        assert!(self.buttons.contains(&button), "no button {button:?}: {:?}", self.buttons);
        self.fields.push(button);
        self
    }

    fn put(&mut self, name: &str, value: String) {
        match self.fields.iter_mut().find(|(each, _)| each == name) {
            Some(field) => field.1 = value,
            None => self.fields.push((name.to_owned(), value)),
        }
    }
}

fn chosen_option(select: ElementRef<'_>) -> Option<String> {
    let options = Selector::parse("option").expect("a selector");
    let all: Vec<ElementRef<'_>> = select.select(&options).collect();
    let chosen =
        all.iter().find(|option| option.value().attr("selected").is_some()).or(all.first())?;
    Some(chosen.value().attr("value").map_or_else(|| text_of(*chosen), str::to_owned))
}

fn text_of(element: ElementRef<'_>) -> String {
    let text: Vec<&str> = element.text().flat_map(str::split_whitespace).collect();
    text.join(" ")
}

fn query_value(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let query = query.split('#').next().unwrap_or(query);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    pairs.into_iter().find(|(each, _)| each == name).map(|(_, value)| value)
}
