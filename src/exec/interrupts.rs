//! Ctrl-C, and a request to end. The first child's start begins the listening: from then on an
//! interrupt goes to whoever waits for a child, and ends the program where nobody does.

use std::fs;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::error::Exit;

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// Ctrl-C. A terminal has sent it to the child too.
    Key,
    /// SIGTERM, or a terminal that is gone.
    End,
}

struct State {
    listening: bool,
    waiting: Option<UnboundedSender<Interrupt>>,
}

static STATE: Mutex<State> = Mutex::new(State { listening: false, waiting: None });

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Interrupts, for one who waits for a child, until this is dropped.
pub(super) struct Interrupts(UnboundedReceiver<Interrupt>);

impl Interrupts {
    pub(super) fn listen() -> io::Result<Self> {
        let mut state = state();
        if !state.listening {
            start()?;
            state.listening = true;
        }
        let (sender, receiver) = unbounded_channel();
        state.waiting = Some(sender);
        Ok(Self(receiver))
    }

    pub(super) async fn next(&mut self) -> Interrupt {
        match self.0.recv().await {
            Some(interrupt) => interrupt,
            // Another waiter took the place.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        state().waiting = None;
    }
}

fn start() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut sources = {
        let _inside = runtime.enter();
        let of = |kind: SignalKind| match is_ignored(kind) {
            // As nohup and background jobs of a script want it; children inherit that.
            true => Ok(None),
            false => signal(kind).map(Some),
        };
        [of(SignalKind::interrupt())?, of(SignalKind::terminate())?, of(SignalKind::hangup())?]
    };
    let listen = async move {
        let [key, terminate, hangup] = &mut sources;
        loop {
            let interrupt = tokio::select! {
                () = next(key) => Interrupt::Key,
                () = next(terminate) => Interrupt::End,
                () = next(hangup) => Interrupt::End,
            };
            let told = state().waiting.as_ref().is_some_and(|waiting| waiting.send(interrupt).is_ok());
            if !told {
                // What is interrupted in its midst, the next entry puts right.
                std::process::exit(Exit::Interrupted as i32);
            }
        }
    };
    thread::Builder::new().name("interrupts".into()).spawn(move || runtime.block_on(listen))?;
    Ok(())
}

async fn next(source: &mut Option<Signal>) {
    match source {
        Some(source) => {
            source.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this program was started with the signal ignored.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}
