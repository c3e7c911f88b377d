//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::{HttpRequest, http::header::HeaderValue};

/// The address to count tries by: the peer's, or behind a trusted proxy the last in
/// `X-Forwarded-For` that is no trusted proxy itself.
///
/// Read from the right, since a client writes what it likes to the left. A hop that can not be read
/// may be the client itself, as its proxy writes it: whatever stands left of it is not believed, and
/// the nearest known address counts.
pub(crate) fn address(request: &HttpRequest, trusted: &[IpAddr]) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    let values: Vec<&HeaderValue> = request.headers().get_all("x-forwarded-for").collect();
    // A value that is no text is one hop that can not be read.
    let hops = values.iter().rev().flat_map(|value| value.to_str().unwrap_or("?").rsplit(','));
    let mut known = peer;
    for hop in hops {
        if !trusted.contains(&known) {
            break;
        }
        match hop_address(hop.trim()) {
            Some(address) => known = address,
            None => break,
        }
    }
    known
}

/// A hop as proxies write it: `203.0.113.5`, `203.0.113.5:4711`, `2001:db8::5`, `[2001:db8::5]` or
/// `[2001:db8::5]:4711`.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || {
        let inner = hop.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    bare().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let seen = |peer: &str, forwarded: &str| {
            let request = TestRequest::default()
                .peer_addr(format!("{peer}:9").parse().unwrap())
                .insert_header(("x-forwarded-for", forwarded))
                .to_http_request();
            address(&request, &[proxy]).to_string()
        };
        assert_eq!(seen("192.0.2.9", "203.0.113.5"), "192.0.2.9");
        assert_eq!(seen("10.0.0.1", "203.0.113.5"), "203.0.113.5");
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.1"), "203.0.113.5");
        assert_eq!(seen("10.0.0.1", "rubbish"), "10.0.0.1");
    }

    #[test]
    fn a_client_can_not_choose_its_address() {
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|proxy| proxy.parse::<IpAddr>().unwrap());
        for (forwarded, counts) in [
            (&["7.7.7.7, 203.0.113.5:4711"][..], "203.0.113.5"),
            (&["7.7.7.7, [2001:db8::5]:4711"], "2001:db8::5"),
            (&["7.7.7.7, [2001:db8::5]"], "2001:db8::5"),
            (&["7.7.7.7, [::ffff:203.0.113.5]:4711"], "203.0.113.5"),
            (&["7.7.7.7, 203.0.113.5:4711, 10.0.0.2:80"], "203.0.113.5"),
            (&["7.7.7.7, unknown"], "10.0.0.1"),
            (&["7.7.7.7, "], "10.0.0.1"),
            (&["7.7.7.7, 203.0.113.5:99999"], "10.0.0.1"),
            (&["7.7.7.7, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["7.7.7.7, unknown", "10.0.0.2"], "10.0.0.2"),
            (&["7.7.7.7", "203.0.113.5:4711"], "203.0.113.5"),
            (&["7.7.7.7, caf\u{e9}"], "10.0.0.1"),
        ] {
            let mut request = TestRequest::default().peer_addr("10.0.0.1:9".parse().unwrap());
            for value in forwarded {
                request = request.append_header(("x-forwarded-for", *value));
            }
            let seen = address(&request.to_http_request(), &trusted).to_string();
            assert_eq!(seen, counts, "{forwarded:?}");
        }
    }
}
