//! What is thrown for one run: how it is ended, when, and what it is doing meanwhile. The same seed throws the same.

use rustix::process::Signal;

use super::{ground::FILES, traces::Stage};

/// How a run is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Blow {
    Kill,
    Terminate,
    Interrupt,
    InterruptTwice,
    HangUp,
    Quit,
    /// Whoever reads standard output goes away.
    ReaderLeaves,
}

impl Blow {
    pub(super) const ALL: [Self; 7] = [
        Self::Kill,
        Self::Terminate,
        Self::Interrupt,
        Self::InterruptTwice,
        Self::HangUp,
        Self::Quit,
        Self::ReaderLeaves,
    ];

    /// The signal that is sent.
    pub(super) fn signal(self) -> Option<Signal> {
        match self {
            Self::Kill => Some(Signal::KILL),
            Self::Terminate => Some(Signal::TERM),
            Self::Interrupt | Self::InterruptTwice => Some(Signal::INT),
            Self::HangUp => Some(Signal::HUP),
            Self::Quit => Some(Signal::QUIT),
            Self::ReaderLeaves => None,
        }
    }

    /// Whether the program may end before it has written anything down.
    pub(super) fn is_at_once(self) -> bool {
        matches!(self, Self::Kill | Self::InterruptTwice | Self::Quit)
    }

    /// As docs/reliability.md calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL",
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::InterruptTwice => "SIGINT, and once more",
            Self::HangUp => "SIGHUP",
            Self::Quit => "SIGQUIT",
            Self::ReaderLeaves => "the end of who reads its output",
        }
    }
}

/// Where the hosts are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    File,
    Script,
    /// A program in the place of Ansible, which reads a copy of the project.
    Ansible,
}

/// One run and its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shot {
    pub(super) number: u32,
    pub(super) blow: Blow,
    /// The stage that is waited for; nothing where only time counts.
    pub(super) aim: Option<Stage>,
    /// The pause before the blow, in shares of what is usual.
    pub(super) share: f64,
    /// The place among the reports of one that nobody reads: the program waits there for its second signal.
    pub(super) stuck: Option<usize>,
    pub(super) reading: Reading,
    /// The installed `ssh` program does the connecting.
    pub(super) openssh: bool,
    /// Something is asked as another user.
    pub(super) becomes: bool,
    /// The run has a probe that does not come to an end by itself.
    pub(super) hangs: bool,
    /// Picks the format on standard output.
    pub(super) format: usize,
}

/// Half of all runs are hit at any moment, the others in a stage that is short.
const AIMS: [Option<Stage>; 8] =
    [None, Some(Stage::Reading), None, Some(Stage::Connecting), None, Some(Stage::Telling), None, Some(Stage::Telling)];

impl Shot {
    /// The run with this number. Every way to end it meets every aim.
    pub(super) fn of(seed: u64, number: u32) -> Self {
        let mut dice = Dice(seed ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let place = usize::try_from(number).expect("numbers are small");
        let blow = Blow::ALL[place % Blow::ALL.len()];
        let aim = AIMS[place / Blow::ALL.len() % AIMS.len()];
        let reading = match dice.below(100) {
            0..8 => Reading::Ansible,
            8..25 => Reading::Script,
            _ => Reading::File,
        };
        // A run that nothing ends must end by itself, and one that hangs has nothing to write.
        let may_hang = blow != Blow::ReaderLeaves && aim != Some(Stage::Telling);
        Self {
            number,
            blow,
            aim,
            share: dice.share() * longest(aim),
            stuck: (blow == Blow::InterruptTwice && dice.below(100) < 50).then(|| dice.place(FILES.len())),
            reading,
            openssh: dice.below(100) < 20,
            becomes: dice.below(100) < 40,
            hangs: may_hang && dice.below(100) < 35,
            format: place,
        }
    }
}

/// The longest pause, in shares of what a run takes.
fn longest(aim: Option<Stage>) -> f64 {
    match aim {
        None => 1.5,
        Some(Stage::Reading) => 0.3,
        Some(Stage::Telling) => 0.05,
        Some(_) => 0.15,
    }
}

/// Numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 32).expect("half of the bits") % end
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("half of the bits")) / f64::from(u32::MAX)
    }
}
