//! The program's routes, read from the files that configure them: no list by hand can forget one.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Which listener takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum On {
    /// Pages and the public API.
    Public,
    /// What machines call.
    Internal,
}

/// The files that configure routes, with what the paths in them begin with.
const FILES: [(&str, On, &str); 5] = [
    ("crates/web/src/routes.rs", On::Public, ""),
    ("crates/web/src/api.rs", On::Public, "/api"),
    ("crates/reservations/src/lib.rs", On::Internal, "/conference"),
    ("crates/reservations/src/events.rs", On::Internal, "/events"),
    ("crates/server/src/internal.rs", On::Internal, ""),
];

const READ: &str = "GET, HEAD";

/// Each route, and the methods that it takes.
pub(crate) type Routes = BTreeMap<(On, String), BTreeSet<String>>;

/// All of them.
pub(crate) fn all() -> Routes {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let mut routes = Routes::new();
    for (file, on, prefix) in FILES {
        let source = std::fs::read_to_string(root.join(file)).expect("a source file");
        for service in services(&source) {
            let Some((path, methods)) = read(&service) else { continue };
            let methods = methods.split(", ").map(str::to_owned).collect();
            let known = routes.insert((on, format!("{prefix}{path}")), methods);
            assert!(known.is_none(), "{prefix}{path} stands twice");
        }
    }
    for path in sources(&root.join("crates")) {
        if !FILES.iter().any(|(file, ..)| path == root.join(file)) {
            let source = std::fs::read_to_string(&path).expect("a source file");
            for means in [".service(", ".resource(", "#[get(", "#[post(", "#[route(", "services!"] {
                assert!(!source.contains(means), "{} adds routes by {means}", path.display());
            }
        }
    }
    routes
}

/// What stands between the parentheses of each `.service(…)`, without white space.
fn services(source: &str) -> Vec<String> {
    let call = ".service(";
    let starts = source.match_indices(call).map(|(at, _)| at + call.len());
    let inside = |from: usize| {
        let mut open = 1;
        let end = source[from..].char_indices().find(|(_, letter)| {
            open += i32::from(*letter == '(') - i32::from(*letter == ')');
            open == 0
        });
        source[from..from + end.expect("a closing parenthesis").0].split_whitespace().collect()
    };
    starts.map(inside).collect()
}

/// Path and methods of a service; none for what only holds others, which stand for themselves.
fn read(service: &str) -> Option<(String, String)> {
    let fail = || -> ! { panic!("this test can not read the route {service}") };
    if service.starts_with("web::scope(") || service.starts_with("pages.service(") {
        return None;
    }
    let path = service.split('"').nth(1).unwrap_or_else(|| fail());
    if let Some(rest) = service.strip_prefix("web::resource(\"") {
        let refusal = rest.split("not_allowed(").nth(1).and_then(|rest| rest.split(')').next());
        let methods = refusal.map_or(READ, |name| named(name).unwrap_or_else(|| fail()));
        let posts = rest.contains("web::post()");
        assert_eq!(methods.contains("POST"), posts, "{service}");
        return Some((path.to_owned(), methods.to_owned()));
    }
    let rest = service.strip_prefix(&format!("at(\"{path}\",")).unwrap_or_else(|| fail());
    let second = rest.split(')').next().unwrap_or_default();
    let literal = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
    let methods = match (literal, named(second)) {
        // White space was taken out.
        (Some(literal), _) => literal.replace(',', ", "),
        (None, Some(named)) => named.to_owned(),
        // The internal listener's own addresses are all read only.
        (None, None) if !second.contains("::") => READ.to_owned(),
        (None, None) => fail(),
    };
    Some((path.to_owned(), methods))
}

/// The constants of `web::method`.
fn named(constant: &str) -> Option<&'static str> {
    match constant {
        "READ" => Some(READ),
        "READ_AND_DELETE" => Some("DELETE, GET, HEAD"),
        "READ_AND_PATCH" => Some("GET, HEAD, PATCH"),
        "READ_AND_POST" => Some("GET, HEAD, POST"),
        "POST" => Some("POST"),
        _ => None,
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}
