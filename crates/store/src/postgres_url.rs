//! What a connection URL of PostgreSQL must look like before its library sees it: what libpq can
//! not read it repeats in its error, and that may be part of the password.

use crate::InvalidDatabaseUrl;

/// Whether this build can encrypt the way to PostgreSQL.
const HAS_TLS: bool = cfg!(feature = "postgres-tls");

/// Checks what stands behind the scheme: `[USER[:PASSWORD]@][HOST[:PORT],…][/NAME][?KEY=VALUE&…]`.
pub(crate) fn check(rest: &str) -> Result<(), InvalidDatabaseUrl> {
    if !is_encoded(rest) || !is_in_form(rest) {
        return Err(InvalidDatabaseUrl::Encoding);
    }
    if !HAS_TLS && demands_tls(rest) {
        return Err(InvalidDatabaseUrl::NoTls);
    }
    Ok(())
}

/// No spaces and the like, and each `%` with the two digits of a byte (other than 0) behind it.
fn is_encoded(text: &str) -> bool {
    let is_byte = |after: &str| {
        let digits = after.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        digits.is_some_and(|two| two != "00")
    };
    !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split('%').skip(1).all(is_byte)
}

/// Whether each part is where libpq looks for it: a raw `@`, `/`, `?` or `#` in a password would
/// make another of its rest.
fn is_in_form(rest: &str) -> bool {
    let server = match rest.split_once('@') {
        Some((user, server)) if !user.contains(['/', '?', '#']) && !server.contains('@') => server,
        Some(_) => return false,
        None => rest,
    };
    let (path, query) = server.split_once('?').unwrap_or((server, ""));
    let hosts = path.split('/').next().unwrap_or_default();
    !path.contains('#')
        && hosts.split(',').all(is_host)
        && (query.is_empty() || query.split('&').all(is_pair))
}

/// A name or an address, one with colons in brackets, and perhaps a port.
fn is_host(text: &str) -> bool {
    let port = match text.strip_prefix('[').map(|inner| inner.split_once(']')) {
        Some(Some((address, after))) if !address.is_empty() => after,
        Some(_) => return false,
        None => text.find(':').and_then(|at| text.get(at..)).unwrap_or_default(),
    };
    match port.strip_prefix(':') {
        Some(number) => number.is_empty() || number.parse::<u16>().is_ok(),
        None => port.is_empty(),
    }
}

fn is_pair(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    text.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty() && name.chars().all(is_name) && !value.contains(['=', '#'])
    })
}

/// Without TLS, libpq takes the milder modes for none.
fn demands_tls(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| {
        name == "sslmode" && ["require", "verify-ca", "verify-full"].contains(&value)
    })
}

#[cfg(test)]
mod tests {
    use crate::{DatabaseUrl, InvalidDatabaseUrl};

    #[test]
    fn what_libpq_would_repeat_is_refused() {
        for wrong in [
            "u:S3C@RETPW@127.0.0.1/nodb",
            "u:S3C RETPW@127.0.0.1/nodb",
            "u:S3C\tRETPW@127.0.0.1/nodb",
            "u:S3C/RETPW@127.0.0.1/nodb",
            "u:S3C?RETPW@127.0.0.1/nodb",
            "u:S3C?a=RETPW@127.0.0.1/nodb",
            "u:S3C#RETPW@127.0.0.1/nodb",
            "u:S3C%RETPW@127.0.0.1/nodb",
            "u:S3C%00RETPW@127.0.0.1/nodb",
            "u:S3C%a\u{e4}@127.0.0.1/nodb",
            "u:S3CRETPW/nodb",
            "u:S3CRETPW",
            "u:123456789/nodb",
            "u@[::1/nodb?password=S3C",
            "u@[::1]S3C/nodb",
            "u@[]/nodb",
            "u@::1/nodb",
            "u@one:5432,two:S3C/nodb",
            "u@host/nodb?S3C",
            "u@host/nodb?password=S3C&RETPW",
            "u@host/nodb?password=S3C@RETPW",
            "u@host/nodb?password=S3C=RETPW",
            "u@host/nodb?password=S3C#RETPW",
        ] {
            let refused = format!("postgres://{wrong}").parse::<DatabaseUrl>().unwrap_err();
            assert_eq!(refused, InvalidDatabaseUrl::Encoding, "{wrong}");
        }
    }

    #[test]
    fn every_form_that_is_in_use_is_taken() {
        for right in [
            "postgres@localhost/postgres?host=/tmp/pg",
            "/nodb",
            "localhost",
            "localhost:5432",
            "localhost:/nodb",
            "u@/nodb?host=%2Fvar%2Frun%2Fpostgresql&port=5433",
            "u@%2Fvar%2Frun%2Fpostgresql/nodb",
            "u:p@[2001:db8::5]:5432/nodb",
            "u:p@[::1],[::2]:5433,three:5434/nodb?target_session_attrs=read-write",
            "u:S3C%40%2F%3a%3F%23%25%20RETPW@127.0.0.1/nodb",
            "u:S3C:RET&=;[P]W!$*()'+@127.0.0.1/nodb",
            "u:p\u{e4}ssword@127.0.0.1/nodb?",
            "u:@127.0.0.1/nodb?options=-c%20geqo%3Doff",
        ] {
            assert!(format!("postgres://{right}").parse::<DatabaseUrl>().is_ok(), "{right}");
            assert!(format!("postgresql://{right}").parse::<DatabaseUrl>().is_ok(), "{right}");
        }
    }
}
