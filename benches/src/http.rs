//! One kept-alive HTTP/1.1 connection that costs the client as little as it can, since client and
//! server share the machine.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// More header fields than any answer has.
const MAX_FIELDS: usize = 48;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What an answer begins with.
struct Head {
    status: u16,
    length: usize,
    body: Body,
}

enum Body {
    Length(usize),
    Chunked,
}

/// An answer; of a chunked body with its chunk lines.
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("no connection")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Reply<'_>> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
            self.more().await?;
        };
        let end = loop {
            let rest = self.buffer.get(head.length..).unwrap_or_default();
            let end = match head.body {
                Body::Length(length) => (rest.len() >= length).then_some(length),
                Body::Chunked => end_of_chunks(rest)?,
            };
            match end {
                Some(end) => break head.length + end,
                None => self.more().await?,
            }
        };
        let body = self.buffer.get(head.length..end).unwrap_or_default();
        Ok(Reply { status: head.status, body })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(length) = response.parse(bytes)? else { return Ok(None) };
    let mut body = Body::Length(0);
    for field in response.headers.iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            body = Body::Length(std::str::from_utf8(field.value)?.parse()?);
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            body = Body::Chunked;
        }
    }
    Ok(Some(Head { status: response.code.unwrap_or(0), length, body }))
}

/// Where a chunked body ends, if all of it is there.
fn end_of_chunks(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Ok(parsed) = httparse::parse_chunk_size(rest) else { bail!("a broken chunk") };
        let httparse::Status::Complete((line, size)) = parsed else { return Ok(None) };
        at += line + usize::try_from(size)? + "\r\n".len();
        if at > bytes.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

/// A request of one header block and a body.
pub(crate) fn request(method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in fields {
        text.extend([*name, ": ", *value, "\r\n"]);
    }
    let length = body.len().to_string();
    if !body.is_empty() {
        text.extend(["Content-Length: ", &length, "\r\n"]);
    }
    text.extend(["\r\n", body]);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_chunked_body_is_found() {
        let whole = b"3\r\nabc\r\n0\r\n\r\n";
        assert_eq!(end_of_chunks(whole).unwrap(), Some(whole.len()));
        for cut in 0..whole.len() {
            assert_eq!(end_of_chunks(&whole[..cut]).unwrap(), None, "{cut}");
        }
        assert!(end_of_chunks(b"x\r\n").is_err());
    }

    #[test]
    fn a_head_says_how_long_its_body_is() {
        let text = b"HTTP/1.1 201 Created\r\ncontent-length: 7\r\n\r\n";
        let head = head(text).unwrap().unwrap();
        assert_eq!((head.status, head.length), (201, text.len()));
        assert!(matches!(head.body, Body::Length(7)));
    }
}
