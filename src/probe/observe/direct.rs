//! What is seen without a shell: a unix socket opened through the connection, and the connection itself.

use std::time::Duration;

use serde_json::Value;

use super::{Observation, ProbeError, observation};

/// What became of a unix socket that was opened through the connection, as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamLocalAnswer {
    /// It opened; these bytes came back for the request (none where none was sent).
    Opened(Vec<u8>),
    /// It was refused, with the server's words.
    Refused(String),
    /// Nothing came in time.
    TimedOut,
    /// It could not be asked; the words say why.
    Failed(String),
}

/// Facts about the connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionFacts {
    /// `ssh` or `local`.
    pub kind: String,
    /// Address; absent for a local one, like all that follows.
    pub address: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// User.
    pub user: Option<String>,
    /// The server's identification line, such as `SSH-2.0-OpenSSH_9.2p1 Debian-2`.
    pub banner: Option<String>,
}

/// What a [`super::super::Probe::StreamLocal`] saw. `timeout` is the question's own, `duration` what it took.
///
/// # Errors
/// Where nothing was told in time, the socket could not be asked, or a request was sent and no HTTP came back.
pub fn stream_local(
    path: &str,
    http_get: Option<&str>,
    answer: &StreamLocalAnswer,
    timeout: Duration,
    duration: Duration,
) -> Result<Observation, ProbeError> {
    let (opened, refused, response) = match answer {
        StreamLocalAnswer::Opened(bytes) => (true, None, http_get.map(|_| response(bytes)).transpose()?),
        StreamLocalAnswer::Refused(words) => (false, Some(words.as_str()), None),
        StreamLocalAnswer::TimedOut => return Err(ProbeError::TimedOut(timeout)),
        StreamLocalAnswer::Failed(words) => return Err(ProbeError::NoAnswer(words.clone())),
    };
    let mut lines = vec![super::evidence::asked_line(&format!(
        "open the unix socket {path} through the connection{}",
        http_get.map(|target| format!(" and GET {target}")).unwrap_or_default()
    ))];
    lines.push(match (&response, refused) {
        (_, Some(words)) => format!("refused: {words}"),
        (Some((status, body)), None) => format!("HTTP {status}: {}", super::first_line(body.as_bytes())),
        (None, None) => "opened".to_owned(),
    });
    let (status, body) = response.unzip();
    let values = vec![
        ("opened", Value::from(opened)),
        ("refused", Value::from(refused)),
        ("status", Value::from(status)),
        ("body", Value::from(body)),
    ];
    Ok(observation(values, duration, lines))
}

/// Status and body of an HTTP/1 response; the body ends with the stream, its length or its last chunk.
fn response(bytes: &[u8]) -> Result<(u16, String), ProbeError> {
    let unreadable = |why: &str| ProbeError::Unreadable(format!("no HTTP response: {why}"));
    if bytes.is_empty() {
        return Err(ProbeError::NoAnswer("the socket opened and closed without a response".to_owned()));
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err(unreadable("it is cut")),
        Err(error) => return Err(unreadable(&error.to_string())),
    };
    let status = response.code.ok_or_else(|| unreadable("it has no status"))?;
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok().map(str::trim)
    };
    let raw = &bytes[length..];
    let body = if header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        chunks(raw).ok_or_else(|| unreadable("its body is cut"))?
    } else if let Some(length) = header("content-length").and_then(|length| length.parse().ok()) {
        raw.get(..length).ok_or_else(|| unreadable("its body is cut"))?.to_vec()
    } else {
        raw.to_vec()
    };
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

fn chunks(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(raw) else { return None };
        let size = usize::try_from(size).ok()?;
        if size == 0 {
            return Some(body);
        }
        let end = start.checked_add(size)?;
        body.extend_from_slice(raw.get(start..end)?);
        raw = raw.get(end..)?.strip_prefix(b"\r\n")?;
    }
}

/// What a [`super::super::Probe::Connection`] saw.
#[must_use]
pub fn connection(facts: &ConnectionFacts) -> Observation {
    let software = facts.banner.as_deref().and_then(software);
    let values = vec![
        ("kind", Value::from(facts.kind.as_str())),
        ("address", Value::from(facts.address.as_deref())),
        ("port", Value::from(facts.port)),
        ("user", Value::from(facts.user.as_deref())),
        ("banner", Value::from(facts.banner.as_deref())),
        ("software", Value::from(software)),
    ];
    let evidence = facts.banner.iter().map(|banner| format!("the server's banner: {banner}")).collect();
    observation(values, Duration::ZERO, evidence)
}

/// `OpenSSH_9.2p1` of `SSH-2.0-OpenSSH_9.2p1 Debian-2`.
fn software(banner: &str) -> Option<&str> {
    let rest = banner.trim_end().strip_prefix("SSH-")?;
    let (_, software) = rest.split_once('-')?;
    software.split(' ').next()
}

/// What a [`super::super::Probe::Inventory`] saw: nothing, because the inventory has the answer.
#[must_use]
pub fn inventory() -> Observation {
    observation(Vec::new(), Duration::ZERO, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(bytes: &[u8]) -> Result<Observation, ProbeError> {
        let answer = StreamLocalAnswer::Opened(bytes.to_vec());
        stream_local("/run/x", Some("/_ping"), &answer, Duration::from_secs(5), Duration::from_millis(7))
    }

    #[test]
    fn an_http_response_has_status_and_body() {
        for (bytes, status, body) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"[..], 200, "OK"),
            (b"HTTP/1.0 503 Busy\r\n\r\nplease wait", 503, "please wait"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200, "abc"),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ] {
            let values = opened(bytes).expect("a response").values;
            assert_eq!((values["status"].as_u64(), values["body"].as_str()), (Some(status), Some(body)));
            assert_eq!((&values["opened"], &values["refused"]), (&Value::from(true), &Value::Null));
        }
    }

    #[test]
    fn what_is_no_whole_response_is_an_error() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\nContent-Le"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nOK",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            b"SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert!(matches!(opened(bytes), Err(ProbeError::Unreadable(_))));
        }
        assert!(matches!(opened(b""), Err(ProbeError::NoAnswer(_))));
    }

    #[test]
    fn a_refusal_is_an_observation_and_silence_is_not() {
        let ask = |answer: &StreamLocalAnswer| stream_local("/x", None, answer, Duration::from_secs(5), Duration::ZERO);
        let values = ask(&StreamLocalAnswer::Refused("open failed".to_owned())).expect("an observation").values;
        assert_eq!((&values["opened"], &values["refused"]), (&Value::from(false), &Value::from("open failed")));
        assert!(ask(&StreamLocalAnswer::Opened(Vec::new())).is_ok());
        assert_eq!(ask(&StreamLocalAnswer::TimedOut), Err(ProbeError::TimedOut(Duration::from_secs(5))));
        assert!(matches!(ask(&StreamLocalAnswer::Failed("gone".to_owned())), Err(ProbeError::NoAnswer(_))));
    }

    #[test]
    fn the_software_is_cut_out_of_the_banner() {
        let facts = |banner: &str| ConnectionFacts { banner: Some(banner.to_owned()), ..ConnectionFacts::default() };
        let software = |banner| connection(&facts(banner)).values["software"].clone();
        assert_eq!(software("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n"), "OpenSSH_9.2p1");
        assert_eq!(software("SSH-1.99-dropbear_2022.83"), "dropbear_2022.83");
        assert_eq!(software("220 mail"), Value::Null);
        assert_eq!(connection(&ConnectionFacts::default()).values["banner"], Value::Null);
    }
}
