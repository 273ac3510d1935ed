//! Workers ask hosts side by side; one coordinator judges and sends events, so that events never interleave.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    Settings,
    ask::{Asked, Sign, ask},
    settle::Settler,
};
use crate::{
    event::Event,
    plan::{Plan, Target},
    transport::Credentials,
};

/// A worker's stack: TLS and SSH code is content with little, and there may be a thousand workers.
const STACK_BYTES: usize = 1 << 20;

/// What workers tell the coordinator; the number is the target's place in the plan.
enum Message {
    Started(usize),
    Sign(usize, Sign),
    Done(usize, Box<Asked>, Duration),
}

/// Runs the plan. Once a stop of `credentials` is requested, no host is taken up any more, and those that are under way
/// or were not taken up are told as interrupted. Events go to `sink` in the order in which they happen, all from the calling thread.
pub fn run(plan: &Plan, credentials: &Credentials, settings: &Settings, sink: &mut dyn FnMut(Event)) {
    let started = Instant::now();
    sink(Event::RunStarted { hosts: plan.targets.len(), checks: plan.verdicts() });
    let next = Mutex::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut settler = Settler::new(plan);
    thread::scope(|scope| {
        let workers = settings.forks.clamp(1, plan.targets.len().max(1));
        let started = (0..workers).filter(|_| start(scope, plan, credentials, settings, &next, &sender)).count();
        if started == 0 {
            // Not one thread is to be had: this one does the work before it tells about it.
            work(plan, credentials, settings, &next, &sender);
        }
        drop(sender);
        let mut open: BTreeSet<usize> = (0..plan.targets.len()).collect();
        for message in receiver {
            if let Message::Done(index, ..) = &message {
                open.remove(index);
            }
            tell(plan, &mut settler, message, sink);
        }
        // Whom nobody took up before the run was stopped.
        for index in open {
            settler.settle(index, Asked::Interrupted, Duration::ZERO, sink);
        }
    });
    sink(Event::RunFinished { duration: started.elapsed() });
}

/// Starts one worker; false where the system has no thread for it.
fn start<'scope, 'env>(
    scope: &'scope thread::Scope<'scope, 'env>,
    plan: &'env Plan,
    credentials: &'env Credentials,
    settings: &'env Settings,
    next: &'env Mutex<usize>,
    sender: &Sender<Message>,
) -> bool {
    let sender = sender.clone();
    let builder = thread::Builder::new().stack_size(STACK_BYTES);
    builder.spawn_scoped(scope, move || work(plan, credentials, settings, next, &sender)).is_ok()
}

fn work(plan: &Plan, credentials: &Credentials, settings: &Settings, next: &Mutex<usize>, sender: &Sender<Message>) {
    loop {
        if credentials.stop().is_requested() {
            return;
        }
        let Some((index, target)) = take_up(plan, next, sender) else { return };
        let started = Instant::now();
        let tell = |sign| drop(sender.send(Message::Sign(index, sign)));
        let asked = ask(target, credentials, settings, started, &tell);
        let is_cut_off = credentials.stop().is_requested() && asked.is_cut_off();
        let asked = if is_cut_off { Asked::Interrupted } else { asked };
        let _ = sender.send(Message::Done(index, Box::new(asked), started.elapsed()));
    }
}

/// The next target and its place. It is told before anybody takes up another one, so that hosts start in the plan's order.
fn take_up<'a>(plan: &'a Plan, next: &Mutex<usize>, sender: &Sender<Message>) -> Option<(usize, &'a Target)> {
    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
    let index = *next;
    let target = plan.targets.get(index)?;
    *next += 1;
    // A closed channel means that the coordinator is gone, and with it everyone who would read this.
    let _ = sender.send(Message::Started(index));
    Some((index, target))
}

fn tell(plan: &Plan, settler: &mut Settler<'_>, message: Message, sink: &mut dyn FnMut(Event)) {
    let host = |index: usize| plan.targets[index].name().clone();
    match message {
        Message::Started(index) => sink(Event::HostStarted { host: host(index) }),
        Message::Sign(index, Sign::Connected) => sink(Event::HostConnected { host: host(index) }),
        Message::Sign(index, Sign::Waiting(tries, error)) => {
            sink(Event::HostWaiting { host: host(index), tries, error });
        }
        Message::Done(index, asked, duration) => settler.settle(index, *asked, duration, sink),
    }
}
