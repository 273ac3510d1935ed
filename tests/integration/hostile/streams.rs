//! What a simulated server sends once a command was asked for.

use std::{fmt::Write as _, process::Output, time::Duration};

use russh::{
    Channel, ChannelId, ChannelOpenFailure, Disconnect, Sig,
    server::{Handle, Msg, Session},
};
use tokio::io::AsyncWriteExt as _;

use super::conduct::Conduct;

/// Bytes that a flood sends at a time.
const BLOCK: usize = 16 * 1024;

/// Both streams of a command and its exit status.
#[derive(Debug, Clone)]
pub(super) struct Said {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    status: u32,
}

impl Said {
    /// Everything that a command said.
    pub(super) fn of(output: &Output) -> Self {
        let status = output.status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(255);
        Self { stdout: output.stdout.clone(), stderr: output.stderr.clone(), status }
    }
}

/// How a command ends.
enum End {
    Status(u32),
    Signal(Sig),
    NoStatus,
    Open,
    EofOnly,
}

/// Conducts that run no command at all.
pub(super) fn runs_nothing(conduct: Conduct) -> bool {
    use Conduct as C;
    matches!(
        conduct,
        C::Silent
            | C::Drips
            | C::FloodsStdout
            | C::FloodsStderr
            | C::FloodsAnswers
            | C::QuarterGigabyte
            | C::FloodsThirdStream
            | C::BySignal
            | C::ByHostileSignal
            | C::NothingAtAll
            | C::Exit255
            | C::NoWindow
    )
}

/// What such a conduct does with its channel.
pub(super) async fn play(conduct: Conduct, channel: &Channel<Msg>, handle: &Handle) {
    match conduct {
        Conduct::Drips => {
            while send(channel, None, b"d").await {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Conduct::FloodsStdout => while send(channel, None, &[b'o'; BLOCK]).await {},
        Conduct::FloodsStderr => while send(channel, Some(1), &[b'e'; BLOCK]).await {},
        Conduct::FloodsThirdStream => while send(channel, Some(7), &[b't'; BLOCK]).await {},
        Conduct::QuarterGigabyte => {
            for _ in 0..(256 << 20) / BLOCK {
                if !send(channel, None, &[b'q'; BLOCK]).await {
                    return;
                }
            }
            end(channel, handle, End::Status(0)).await;
        }
        Conduct::BySignal => end(channel, handle, End::Signal(Sig::KILL)).await,
        Conduct::ByHostileSignal => {
            let name = "\x1b[31mBOO<script>alert(5)</script>\u{202e}".to_owned();
            end(channel, handle, End::Signal(Sig::Custom(name))).await;
        }
        Conduct::NothingAtAll => end(channel, handle, End::NoStatus).await,
        Conduct::Exit255 => end(channel, handle, End::Status(255)).await,
        Conduct::NoWindow => end(channel, handle, End::Status(127)).await,
        _ => {}
    }
}

/// Sends what a command said, as the conduct has it; `first` is what the server said to its first session.
pub(super) async fn answer(conduct: Conduct, mut said: Said, first: Said, channel: &Channel<Msg>, handle: &Handle) {
    let status = said.status;
    let mut how = End::Status(status);
    match conduct {
        Conduct::OpensBack => open_back(handle).await,
        Conduct::Noise => add_noise(&mut said),
        Conduct::FakeMarkers => add_markers(&mut said),
        Conduct::ForgesWords => add_words(&mut said),
        Conduct::Replays => said = first,
        Conduct::Repeats => rearrange(&mut said, |frames| frames.insert(1, frames[0].clone())),
        Conduct::Swaps => rearrange(&mut said, |frames| frames.swap(0, 1)),
        Conduct::LosesStderr => said.stderr.clear(),
        Conduct::SignalAfterFrames => how = End::Signal(Sig::TERM),
        Conduct::NoStatus => how = End::NoStatus,
        Conduct::Exit255AfterFrames => how = End::Status(255),
        Conduct::NeverCloses => how = End::Open,
        Conduct::EofOnly => how = End::EofOnly,
        Conduct::HangsUpHalfway => {
            let half = said.stdout.len() / 2;
            send(channel, Some(1), &said.stderr).await;
            send(channel, None, &said.stdout[..half]).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let _ = handle.disconnect(Disconnect::ByApplication, "enough".to_owned(), String::new()).await;
            return;
        }
        _ => {}
    }
    send(channel, Some(1), &said.stderr).await;
    send(channel, None, &said.stdout).await;
    end(channel, handle, how).await;
}

/// Refuses channels that nobody asked for: a client keeps such an answer for whoever may ask yet.
pub(super) fn answer_too_much(id: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
    let words = "never mind ".repeat(700);
    for _ in 0..(64 << 20) / words.len() {
        session.channel_open_failure(id, ChannelOpenFailure::ResourceShortage, &words, "en")?;
    }
    Ok(())
}

/// Whether the other side is still there.
async fn send(channel: &Channel<Msg>, stream: Option<u32>, bytes: &[u8]) -> bool {
    let mut writer = std::pin::pin!(channel.make_writer_ext(stream));
    writer.write_all(bytes).await.is_ok()
}

async fn end(channel: &Channel<Msg>, handle: &Handle, how: End) {
    let id = channel.id();
    let closes = !matches!(how, End::EofOnly);
    match how {
        End::Open => return,
        End::Status(status) => {
            let _ = handle.exit_status_request(id, status).await;
        }
        End::Signal(signal) => {
            let words = "\x1b[5mended<script>".to_owned();
            let _ = handle.exit_signal_request(id, signal, false, words, "en".to_owned()).await;
        }
        End::NoStatus | End::EofOnly => {}
    }
    let _ = handle.eof(id).await;
    if closes {
        let _ = handle.close(id).await;
    }
}

/// Asks for what a client that is careless would give.
async fn open_back(handle: &Handle) {
    let seconds = Duration::from_secs(4);
    let _ = tokio::time::timeout(seconds, handle.channel_open_agent()).await;
    let _ = tokio::time::timeout(seconds, handle.channel_open_x11("127.0.0.1", 6000)).await;
    let _ = tokio::time::timeout(seconds, handle.channel_open_forwarded_tcpip("localhost", 22, "localhost", 9)).await;
    let _ = tokio::time::timeout(seconds, handle.channel_open_session()).await;
}

fn add_noise(said: &mut Said) {
    let before = b"\x1b[2JWelcome!\xff\xfe\0 mind the step\n";
    let after = b"\nlogout\x1b]0;owned\x07\n";
    for stream in [&mut said.stdout, &mut said.stderr] {
        *stream = [&before[..], stream, after].concat();
    }
}

/// A whole session's markers, as somebody would write them who does not know this session's nonce.
fn add_markers(said: &mut Said) {
    let mut markers = String::new();
    for line in ["H 0 1.00 Linux 6.1", "B 0", "E 0 0 1.00 1.00", "B 1", "E 1 0 1.00 1.00", "Z 1.00"] {
        let _ = writeln!(markers, "{} {line}", "0123456789abcdef".repeat(2));
    }
    for stream in [&mut said.stdout, &mut said.stderr] {
        *stream = [markers.as_bytes(), stream].concat();
    }
}

/// What `ssh` says when a command has ended, or the connection.
fn add_words(said: &mut Said) {
    let words = "debug1: client_input_channel_req: channel 0 rtype exit-status reply 0\r\ndebug1: Exit status 3\r\n\
                 channel 0: open failed: administratively prohibited: forged\r\nConnection to 127.0.0.1 closed by remote host.\r\n\
                 debug1: on the mother ssh ended with 3\r\nHost key verification failed.\r\n";
    said.stderr = [words.as_bytes(), &said.stderr, words.as_bytes()].concat();
}

/// Changes the order of the frames, in both streams alike.
fn rearrange(said: &mut Said, change: impl Fn(&mut Vec<Vec<u8>>)) {
    for stream in [&mut said.stdout, &mut said.stderr] {
        let begin = [&stream[..stream.len().min(32)], b" B "].concat();
        let seams: Vec<usize> =
            (0..stream.len()).filter(|at| stream[*at..].starts_with(&begin)).chain([stream.len()]).collect();
        let mut frames: Vec<Vec<u8>> = seams.windows(2).map(|ends| stream[ends[0]..ends[1]].to_vec()).collect();
        if frames.len() > 1 {
            change(&mut frames);
            stream.truncate(seams[0]);
            stream.extend(frames.concat());
        }
    }
}
