//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;

/// The address to count tries by: the peer's, or behind a trusted proxy the last in
/// `X-Forwarded-For` that is no trusted proxy itself.
pub(crate) fn address(request: &HttpRequest, trusted: &[IpAddr]) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    if !trusted.contains(&peer) {
        return peer;
    }
    let mut forwarded: Vec<IpAddr> = Vec::new();
    for value in request.headers().get_all("x-forwarded-for") {
        let hops = value.to_str().unwrap_or_default().split(',');
        forwarded.extend(hops.filter_map(|hop| hop.trim().parse::<IpAddr>().ok()));
    }
    forwarded
        .into_iter()
        .rev()
        .map(|hop| hop.to_canonical())
        .find(|hop| !trusted.contains(hop))
        .unwrap_or(peer)
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
}
