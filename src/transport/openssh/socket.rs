//! A unix socket of the host through the `ssh` program: a forward to a socket of ours, in a directory that nobody else
//! may enter.
//!
//! The configuration may have forwards of its own, which a probe must not open, and the switch that drops them drops all.
//! So `ssh` is started without any, with a control socket in the same directory, over which ours is asked for.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    command,
    endpoint::{MotherEndpoint, OpensshEndpoint},
    log::Log,
    mark::Mark,
    mother, program,
    streams::Link,
};
use crate::{
    shell,
    stop::Undo,
    transport::{credentials::Credentials, endpoint::StreamLocalReply, local::LocalSession},
};

/// How long is waited before something is looked at again.
const SLICE: Duration = Duration::from_millis(10);

/// Opens `path` on the host, sends `request` and reads the answer.
pub(super) fn ask(
    endpoint: &OpensshEndpoint,
    path: &str,
    request: &[u8],
    credentials: &Credentials,
    deadline: Instant,
) -> StreamLocalReply {
    let directory = credentials.stop.keep(|| {
        let directory = tempfile::Builder::new().prefix("hpf").tempdir()?;
        let undo = Undo::Path(directory.path().to_path_buf());
        Ok((directory, undo))
    });
    match directory {
        Ok((directory, _kept)) => {
            forward(endpoint, path, request, directory.path(), credentials, deadline).unwrap_or_else(|reply| reply)
        }
        Err(error) => failed(&format!("no temporary directory: {error}")),
    }
}

fn failed(words: &str) -> StreamLocalReply {
    StreamLocalReply::Failed(words.to_owned())
}

/// A colon would end the path.
fn forwardable(path: &str) -> Result<(), StreamLocalReply> {
    let is_plain = path.starts_with('/') && !path.contains([':', '\\', '\0', '\n']);
    if is_plain { Ok(()) } else { Err(failed("`ssh` cannot forward a socket of this name")) }
}

/// The master: nothing but a connection with a control socket.
fn master_args(endpoint: &OpensshEndpoint, control: &str) -> Result<Vec<String>, StreamLocalReply> {
    let options = command::options(endpoint).map_err(|_| failed("this host has no name that `ssh` takes"))?;
    let ours = ["-oControlMaster=yes".to_owned(), format!("-oControlPath={control}"), "-oLogLevel=DEBUG2".to_owned()];
    let rest = ["-N".to_owned(), "--".to_owned(), endpoint.alias.clone()];
    Ok(ours.into_iter().chain(options).chain(rest).collect())
}

/// Asks the master for the forward.
fn forward_args(alias: &str, control: &str, local: &str, remote: &str) -> Vec<String> {
    let forward = format!("{local}:{remote}");
    let control = format!("-oControlPath={control}");
    ["-F", "none", &control, "-O", "forward", "-L", &forward, "--", alias].map(str::to_owned).to_vec()
}

fn forward(
    endpoint: &OpensshEndpoint,
    path: &str,
    request: &[u8],
    directory: &Path,
    credentials: &Credentials,
    deadline: Instant,
) -> Result<StreamLocalReply, StreamLocalReply> {
    forwardable(path)?;
    let at = |name: &str| directory.join(name).display().to_string();
    let (control, local) = (at("c"), at("s"));
    let args = master_args(endpoint, &control)?;
    let mut master = program::spawn(&args, None, &credentials.stop).map_err(|kind| failed(&format!("{kind:?}")))?;
    until(&mut master, deadline, |_| Path::new(&control).exists())?;
    let args = forward_args(&endpoint.alias, &control, &local, path);
    let mut asking = program::spawn(&args, None, &credentials.stop).map_err(|kind| failed(&format!("{kind:?}")))?;
    if !asking.has_ended(deadline) {
        return Err(StreamLocalReply::TimedOut);
    }
    let _ = asking.round();
    if asking.finish().0 != Some(0) {
        return Err(failed(&last_words(&mut asking)));
    }
    let reply = LocalSession::stream_local(&local, Some(request), deadline);
    Ok(judged(&mut master, reply, request, deadline))
}

/// Turns the link until `ready`, or until it is too late.
fn until(link: &mut dyn Link, deadline: Instant, mut ready: impl FnMut(&Log) -> bool) -> Result<(), StreamLocalReply> {
    loop {
        let moved = link.round().map_err(|error| failed(&error.to_string()))?;
        let log = Log::read(link.streams().stderr.kept());
        if ready(&log) {
            return Ok(());
        }
        if link.is_over() {
            return Err(failed(&last_words(link)));
        }
        if Instant::now() >= deadline {
            return Err(StreamLocalReply::TimedOut);
        }
        if !moved {
            link.wait(deadline.min(Instant::now() + SLICE));
        }
    }
}

fn last_words(link: &mut dyn Link) -> String {
    let log = Log::read(link.streams().stderr.kept());
    let words = log.words().next_back().map(str::to_owned);
    words.unwrap_or_else(|| "`ssh` ended without a word".to_owned())
}

/// What came back, in the light of what `ssh` says of the channel: where the host refuses it, the socket here just closes.
fn judged(link: &mut dyn Link, reply: StreamLocalReply, request: &[u8], deadline: Instant) -> StreamLocalReply {
    let has_answer = matches!(&reply, StreamLocalReply::Opened(bytes) if !bytes.is_empty());
    if has_answer || matches!(reply, StreamLocalReply::TimedOut) {
        return reply;
    }
    let mut outcome = None;
    let told = until(link, deadline, |log| {
        outcome = log.refused_forward().map(StreamLocalReply::Refused);
        // Whether it opened says nothing yet where an answer was wanted and none came, but then it is known.
        outcome.is_some() || log.opened_forward()
    });
    match (told, outcome) {
        (_, Some(refused)) => refused,
        (Err(reply), None) => reply,
        (Ok(()), None) if request.is_empty() => StreamLocalReply::Opened(Vec::new()),
        (Ok(()), None) => reply,
    }
}

impl Log {
    /// Why the host refused the forwarded channel: `connect failed`, `administratively prohibited`, ...
    fn refused_forward(&self) -> Option<String> {
        let refused = self.word(": open failed: ")?.split_once(": open failed: ")?.1;
        Some(refused.split(": ").next().unwrap_or(refused).to_owned())
    }

    fn opened_forward(&self) -> bool {
        self.after("debug2: channel ").any(|line| line.contains(": open confirm "))
    }
}

/// The same from the mother, where the forward ends at a socket in a temporary directory that is gone afterwards.
pub(super) fn ask_on_mother(
    endpoint: &MotherEndpoint,
    path: &str,
    request: &[u8],
    credentials: &Credentials,
    deadline: Instant,
) -> StreamLocalReply {
    on_mother(endpoint, path, request, credentials, deadline).unwrap_or_else(|reply| reply)
}

/// Stands for the temporary directory in arguments.
const DIRECTORY: char = '\u{1}';

/// The arguments as words of the mother's shell.
fn words(args: &[String]) -> String {
    let word = |arg: &String| arg.split(DIRECTORY).map(shell::quote).collect::<Vec<_>>().join("\"$d\"");
    args.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn on_mother(
    endpoint: &MotherEndpoint,
    path: &str,
    request: &[u8],
    credentials: &Credentials,
    deadline: Instant,
) -> Result<StreamLocalReply, StreamLocalReply> {
    forwardable(path)?;
    let at = |name: &str| format!("{DIRECTORY}/{name}");
    let master = words(&master_args(&endpoint.target, &at("c"))?);
    let ask = words(&forward_args(&endpoint.target.alias, &at("c"), &at("s"), path));
    // The target's words come on the same stream: it must not choose what is opened on the mother.
    let mark = Mark::random().map_err(|kind| failed(&format!("{kind:?}")))?;
    let ready = format!("{} ", mark.word());
    let run = format!(
        "ssh {master} </dev/null &
while kill -0 $! 2>/dev/null && ! test -S \"$d/c\"; do sleep 0.1 2>/dev/null || sleep 1; done
ssh {ask} && printf '\\n{ready}%s\\r\\n' \"$d/s\" >&2 && wait $!"
    );
    let job = mother::Job { before: "d=$(mktemp -d) || exit 1", run: &run, after: "rm -rf \"$d\";" };
    let started = mother::run_there(endpoint, &job, credentials, deadline);
    let mut link = started.map_err(|kind| failed(&format!("{kind:?}")))?;
    let mut socket = None;
    until(&mut link, deadline, |log| {
        socket = log.after(&ready).next().map(str::to_owned);
        socket.is_some()
    })?;
    let socket = socket.unwrap_or_default();
    let reply = match link.shell.stream_local(&socket, Some(request), deadline) {
        StreamLocalReply::Refused(words) => {
            return Err(failed(&format!("the mother does not let her own socket be opened: {words}")));
        }
        reply => reply,
    };
    Ok(judged(&mut link, reply, request, deadline))
}
