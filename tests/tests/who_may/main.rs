//! Who may do what: every route, asked by everybody. What is not one's own looks as if it were not there, and what
//! is refused changes nothing.

mod callers;
mod routes;
mod table;
mod world;

use std::collections::BTreeSet;

use roomkey_tests::{Backend, Reply, on_both};

use callers::Who;
use routes::On;
use table::{Rule, TABLE};
use world::{Asked, SECRETS, Which, World};

on_both!(
    every_route_answers_each_caller_as_the_table_says,
    ids_of_other_hosts_are_none_below_ones_own_things,
);

const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PATCH", "DELETE"];

fn every_route_answers_each_caller_as_the_table_says(backend: Backend) {
    let routes = routes::all();
    let listed: BTreeSet<(On, String, String)> =
        TABLE.iter().map(|(on, method, path, _)| (*on, (*path).into(), (*method).into())).collect();
    assert_eq!(listed.len(), TABLE.len(), "the table has a line twice");
    let acted: BTreeSet<(On, String, String)> = routes
        .iter()
        .flat_map(|((on, path), methods)| methods.iter().map(|m| (*on, path.clone(), m.clone())))
        .filter(|(.., method)| method != "HEAD")
        .collect();
    let forgotten: Vec<_> = acted.difference(&listed).collect();
    assert!(forgotten.is_empty(), "not in the table: {forgotten:#?}");
    let gone: Vec<_> = listed.difference(&acted).collect();
    assert!(gone.is_empty(), "only in the table: {gone:#?}");

    let world = World::new(backend);
    for ((on, path), methods) in &routes {
        other_methods_are_refused(&world, *on, path, methods);
    }
    for (on, method, path, rule) in TABLE {
        println!("{method} {path}");
        follows(&world, *on, method, path, *rule);
    }
}

fn other_methods_are_refused(world: &World, on: On, path: &str, methods: &BTreeSet<String>) {
    let asked = world.asked(path, Which::Own);
    let allowed = methods.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    for method in METHODS.into_iter().filter(|method| !methods.contains(*method)) {
        for who in Who::ALL {
            let reply = world.ask(who, on, method, &asked);
            assert_eq!(reply.status, 405, "{who:?} {method} {path}: {reply:?}");
            if method != "HEAD" {
                let mut told: Vec<&str> = reply.header("allow").split(", ").collect();
                told.sort_unstable();
                assert_eq!(told.join(", "), allowed, "{who:?} {method} {path}: {reply:?}");
            }
        }
    }
}

/// Tries one line of the table: first those who are refused, then those who are not.
fn follows(world: &World, on: On, method: &str, path: &str, rule: Rule) {
    if let Rule::Link { customer, host } = rule {
        let granted = [(Which::Customers, customer), (Which::Hosts, host)];
        links_grant_to_their_holders(world, on, method, path, granted);
        return;
    }
    let own = world.asked(path, Which::Own);
    let missing = world.asked(path, Which::Missing);
    let is_read = method == "GET";
    let has_object = own.path != missing.path || (!is_read && own.body != missing.body);
    let before = (!is_read).then(|| world.state());
    let (refused, allowed): (Vec<Who>, Vec<Who>) =
        Who::ALL.into_iter().partition(|who| rule.refuses(*who, has_object));
    for who in refused {
        let reply = world.ask(who, on, method, &own);
        let shown = format!("{who:?} {method} {}: {reply:?}", own.path);
        assert_eq!(reply.status, rule.status(who, has_object), "{shown}");
        if reply.status == 303 {
            assert!(reply.location().starts_with("/sign-in"), "{shown}");
        }
        // It is refused in the same words whether there is something or not.
        let of_missing = world.ask(who, on, method, &missing);
        assert_eq!(shape(&reply, &own), shape(&of_missing, &missing), "{shown}");
        head_says_the_same(world, who, on, method, &own, &reply);
    }
    if let Some(before) = before {
        assert_eq!(world.state(), before, "{method} {path}: refusals changed something");
    }
    for who in allowed {
        let reply = world.ask(who, on, method, &own);
        let shown = format!("{who:?} {method} {}: {reply:?}", own.path);
        assert_eq!(reply.status, rule.status(who, has_object), "{shown}");
        if rule.is_about_oneself() && !who.is_ada() {
            for secret in SECRETS {
                assert!(!reply.body.contains(secret), "{secret}: {shown}");
            }
        }
        head_says_the_same(world, who, on, method, &own, &reply);
    }
}

/// What a link grants it grants to whoever holds it; a link of the other side's, where that may not, is as good as
/// none.
fn links_grant_to_their_holders(
    world: &World,
    on: On,
    method: &str,
    path: &str,
    granted: [(Which, u16); 2],
) {
    let none = world.asked(path, Which::Missing);
    for (which, status) in [(Which::Missing, 404)].into_iter().chain(granted) {
        let (link, before) = (world.asked(path, which), world.state());
        // What acts can be done once.
        let acts_once = method == "POST" && status < 400;
        for who in if acts_once { &[Who::Anonymous][..] } else { &Who::ALL } {
            let reply = world.ask(*who, on, method, &link);
            let shown = format!("{who:?} {method} {}: {reply:?}", link.path);
            assert_eq!(reply.status, status, "{shown}");
            if status == 404 {
                let of_none = world.ask(*who, on, method, &none);
                assert_eq!(shape(&reply, &link), shape(&of_none, &none), "{shown}");
            }
            head_says_the_same(world, *who, on, method, &link, &reply);
        }
        if status == 404 {
            assert_eq!(world.state(), before, "{method} {path}: refusals changed something");
        }
    }
}

/// Eve names Ada's things where only her own belong.
fn ids_of_other_hosts_are_none_below_ones_own_things(backend: Backend) {
    let world = World::new(backend);
    let removal = "/app/event-types/{slug}/links/{id}/remove";
    let before = world.state();
    for (path, status) in [
        ("/app/event-types/{slug}/questions/{id}", 404),
        ("/app/event-types/{slug}/questions/{id}/move", 404),
        // A link that is gone is what was asked for.
        (removal, 303),
    ] {
        let [own, missing] = [Which::Own, Which::Missing].map(|which| {
            let mut asked = world.asked(path, which);
            for slug in ["/intro/", "/nothing/"] {
                asked.path = asked.path.replace(slug, "/hers/");
            }
            let reply = world.ask(Who::Eve, On::Public, "POST", &asked);
            assert_eq!(reply.status, status, "{reply:?}");
            shape(&reply, &asked)
        });
        assert_eq!(own, missing);
    }
    let [own, missing] = [Which::Own, Which::Missing].map(|which| {
        let asked = world.with_schedule(which);
        let reply = world.ask(Who::Eve, On::Public, "POST", &asked);
        assert!(reply.page().marked().contains("schedule"), "{reply:?}");
        (reply.status, shape(&reply, &asked))
    });
    assert_eq!(own.0, 422);
    assert_eq!(own, missing);
    assert_eq!(world.state(), before);
}

fn head_says_the_same(world: &World, who: Who, on: On, method: &str, asked: &Asked, reply: &Reply) {
    if method == "GET" {
        let head = world.ask(who, on, "HEAD", asked);
        assert_eq!((head.status, head.body.as_str()), (reply.status, ""), "{who:?} {head:?}");
    }
}

/// An answer without what differs from one request to the next by its nature.
fn shape(reply: &Reply, asked: &Asked) -> String {
    let changing =
        ["date", "connection", "x-request-id", "content-length", "set-cookie", "retry-after"];
    let headers = reply.headers.iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let headers: BTreeSet<_> = headers.collect();
    let mut shape = format!("{} {headers:?}\n{}", reply.status, reply.body);
    let id = reply.header("x-request-id");
    if !id.is_empty() {
        shape = shape.replace(id, "ID");
    }
    let encoded = serde_urlencoded::to_string([("", &asked.path)]).expect("a query");
    for path in [asked.path.as_str(), encoded.trim_start_matches('=')] {
        shape = shape.replace(path, "PATH");
    }
    shape
}
