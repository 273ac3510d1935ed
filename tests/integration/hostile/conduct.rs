//! How the simulated SSH server conducts itself once the connection is encrypted.

/// One conduct; whatever is not named is honest: any key is welcome, commands are run by `sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// Everything as it should be.
    Honest,
    /// The first request to log in is never answered.
    SilentLogin,
    /// Hangs up at the first request to log in.
    HangsUpAtLogin,
    /// Refuses keys and offers nothing else.
    OffersNothing,
    /// The same, after a banner of escape sequences.
    RefusesLoudly,
    /// Refuses keys, after a banner in the words of `ssh`.
    ForgesLogin,
    /// Keyboard-interactive with one question after the other.
    AsksForEver,
    /// A banner of escape sequences before the login.
    LoudBanner,
    /// No session channel is opened.
    RefusesChannels,
    /// The first two requests for a session channel are refused.
    RefusesFirstChannels,
    /// Requests for a channel are not answered.
    NeverOpens,
    /// Commands are refused.
    RefusesExec,
    /// Requests to run a command are not answered.
    NeverAnswersExec,
    /// The same, until long after everybody has left.
    AnswersExecLate,
    /// The command is accepted and never says anything.
    Silent,
    /// One byte a second.
    Drips,
    /// Resets the connection once a command is asked for.
    Resets,
    /// Runs the command, sends half of its output and hangs up.
    HangsUpHalfway,
    /// Standard output without end.
    FloodsStdout,
    /// Standard error without end.
    FloodsStderr,
    /// 256 MB, then a good end.
    QuarterGigabyte,
    /// Fills a stream that is neither standard output nor error.
    FloodsThirdStream,
    /// Answers that nobody asked for, 64 MB of them, as soon as a command is asked for.
    FloodsAnswers,
    /// New keys after every few bytes.
    Rekeys,
    /// A storm of requests that want an answer.
    Nags,
    /// Opens channels to us: our agent, our display, a forwarded port.
    OpensBack,
    /// The command line fails, and nothing can be written to standard input.
    NoWindow,
    /// Noise before and after the frames, on both streams.
    Noise,
    /// Marker lines that another session might have made, before the true ones.
    FakeMarkers,
    /// The words of `ssh` before and after the frames, on standard error.
    ForgesWords,
    /// What it answered to an earlier session.
    Replays,
    /// The first frame twice.
    Repeats,
    /// The frames in another order.
    Swaps,
    /// Standard error is lost.
    LosesStderr,
    /// Runs nothing; ended by a signal.
    BySignal,
    /// Runs nothing; ended by a signal with a name of escape sequences.
    ByHostileSignal,
    /// Runs the command, and says that it was ended by a signal.
    SignalAfterFrames,
    /// Runs nothing, and gives no exit status.
    NothingAtAll,
    /// Runs the command, and gives no exit status.
    NoStatus,
    /// Runs nothing; exit status 255.
    Exit255,
    /// Runs the command; exit status 255.
    Exit255AfterFrames,
    /// Runs the command, and never closes the channel.
    NeverCloses,
    /// Runs the command, says that nothing follows, and never closes the channel.
    EofOnly,
    /// Programs on it print what a terminal would obey.
    HostileText,
    /// Its clock stands at 1970.
    WrongClock,
    /// One probe hangs.
    HangingProbe,
    /// One probe prints more than it may.
    LongProbe,
}

impl Conduct {
    /// Whether it sends so much that it gets a run of its own.
    pub(super) fn is_flood(self) -> bool {
        matches!(self, Self::FloodsStdout | Self::FloodsStderr | Self::FloodsAnswers | Self::QuarterGigabyte)
    }

    /// Whether an account's password is asked for.
    pub(super) fn wants_password(self) -> bool {
        self == Self::AsksForEver
    }
}
