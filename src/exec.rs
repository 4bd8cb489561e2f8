//! The only place that starts processes. duct says what a child is, tokio how long it may take and
//! what a Ctrl-C does meanwhile. The runtime is built when the first child is, so that the path on
//! which nothing is to do never pays for it.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Exit, Trouble};
use crate::shell::Changes;

/// How long an interrupted child may take to clean up before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How long a child's standard error is read on after it ended: what it left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much of what a child said is kept.
const KEPT: usize = 64 << 10;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Task {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: PathBuf,
    environment: Vec<(OsString, Option<OsString>)>,
    capture: bool,
    silent: bool,
    listen: bool,
    limit: Option<Duration>,
}

/// How a child ended.
#[derive(Debug)]
pub struct Ending {
    /// It exited with 0.
    pub success: bool,
    /// In words, for a message: `exit status: 1`.
    pub status: String,
    /// Its standard output, if that was asked for.
    pub stdout: String,
    /// The end of its standard error, if that was listened to.
    pub stderr: String,
}

impl Task {
    /// `program`, run in `directory`. Its standard output goes to our standard error.
    pub fn new(program: impl Into<PathBuf>, directory: &Path) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            directory: directory.to_owned(),
            environment: Vec::new(),
            capture: false,
            silent: false,
            listen: false,
            limit: None,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable for the child.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), Some(value.as_ref().to_owned())));
        self
    }

    /// Removes a variable for the child.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// Hands the child's standard output back instead.
    #[must_use]
    pub fn capture(mut self) -> Self {
        self.capture = true;
        self
    }

    /// Drops all that the child says: only how it ends is asked.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Keeps the end of what the child says on standard error, which is shown all the same.
    #[must_use]
    pub fn listen(mut self) -> Self {
        self.listen = true;
        self
    }

    /// Ends the child after this long.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    fn expression(&self, own_group: bool, stderr: Option<PipeWriter>) -> duct::Expression {
        let mut child = duct::cmd(&self.program, &self.arguments).dir(&self.directory).unchecked();
        // duct lets the inner expression win: what was said last goes innermost.
        for (name, value) in self.environment.iter().rev() {
            child = match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
        child = match (self.capture, self.silent) {
            (true, _) => child.stdout_capture(),
            (_, true) => child.stdout_null(),
            _ => child.stdout_to_stderr(),
        };
        child = match (self.silent, stderr) {
            (true, _) => child.stderr_null(),
            (_, Some(pipe)) => child.stderr_file(pipe),
            _ => child,
        };
        if !own_group {
            return child;
        }
        child.stdin_null().before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// If it cannot be started, takes too long, or the user interrupts. That it fails is no error.
    pub fn run(&self) -> Result<Ending> {
        // On a terminal the child stays in the foreground group: it may ask for a password. Without
        // one it gets its own group, which is ended whole.
        let own_group = !io::stdin().is_terminal();
        let name = self.program.display().to_string();
        let (heard, pipe) =
            self.listen.then(Heard::begin).transpose().context("could not make a pipe")?.unzip();
        let child =
            self.expression(own_group, pipe).start().with_context(|| format!("could not start {name}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("could not set up waiting for a child")?;
        let outcome = runtime.block_on(supervise(Arc::new(child), own_group, self.limit));
        runtime.shutdown_background();
        match outcome.with_context(|| format!("could not wait for {name}"))? {
            Outcome::Ended(output) => Ok(Ending {
                success: output.status.success(),
                status: output.status.to_string(),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: heard.map(Heard::end).unwrap_or_default(),
            }),
            Outcome::TimedOut => Err(Trouble::new(format!("{name} took too long and was ended")).into()),
            Outcome::Interrupted => Err(Trouble::interrupted().into()),
        }
    }
}

/// What a child says on standard error, shown as it comes.
struct Heard {
    end: Arc<Mutex<Vec<u8>>>,
    done: Receiver<()>,
}

impl Heard {
    fn begin() -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let end = Arc::new(Mutex::new(Vec::new()));
        let (told, done) = channel();
        let kept = Arc::clone(&end);
        thread::spawn(move || {
            pass_on(reader, &kept);
            // Nobody waits any more where the child was given up.
            let _ = told.send(());
        });
        Ok((Self { end, done }, writer))
    }

    fn end(self) -> String {
        let _ = self.done.recv_timeout(LAST_WORDS);
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&end).into_owned()
    }
}

fn pass_on(mut reader: PipeReader, kept: &Mutex<Vec<u8>>) {
    let mut block = [0; 8 << 10];
    while let Ok(length @ 1..) = reader.read(&mut block) {
        // Nobody is left to be told that telling failed.
        let _ = io::stderr().write_all(&block[..length]);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&block[..length]);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}

/// Replaces this program by another, with changes to the environment. Its name is looked up on the
/// changed PATH.
///
/// # Errors
/// If it cannot be started; on success there is nobody left to return to.
pub fn become_command(command: &[OsString], changes: &Changes) -> Result<Exit> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Trouble::usage("there is no command to run").into());
    };
    let mut next = std::process::Command::new(program);
    next.args(arguments);
    for (name, value) in changes {
        match value {
            Some(value) => next.env(name, value),
            None => next.env_remove(name),
        };
    }
    let error = next.exec();
    Err(error).with_context(|| format!("could not start {}", Path::new(program).display()))
}

enum Outcome {
    Ended(Output),
    TimedOut,
    Interrupted,
}

async fn supervise(
    child: Arc<duct::Handle>,
    own_group: bool,
    limit: Option<Duration>,
) -> io::Result<Outcome> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let waiting = Arc::clone(&child);
    let mut ended = tokio::task::spawn_blocking(move || waiting.wait().cloned());
    let deadline = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        output = &mut ended => return Ok(Outcome::Ended(output??)),
        () = deadline => Outcome::TimedOut,
        _ = interrupt.recv() => Outcome::Interrupted,
        _ = terminate.recv() => Outcome::Interrupted,
        _ = hangup.recv() => Outcome::Interrupted,
    };
    // On a terminal Ctrl-C has reached the child too, and it may be cleaning up.
    end(&child, own_group, Signal::INT);
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        end(&child, own_group, Signal::KILL);
    }
    Ok(outcome)
}

fn end(child: &duct::Handle, whole_group: bool, signal: Signal) {
    for pid in child.pids() {
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { continue };
        // A child that is gone already is what is wanted.
        let _ = if whole_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_variable_counts() {
        let task = |task: Task| task.args(["-c", "echo ${X-unset}"]).capture().run().unwrap().stdout;
        let shell = || Task::new("/bin/sh", Path::new("/"));
        assert_eq!(task(shell().without_env("X").env("X", "1")), "1\n");
        assert_eq!(task(shell().env("X", "1").without_env("X")), "unset\n");
    }

    #[test]
    fn what_a_child_says_is_kept_even_if_it_leaves_somebody_behind() {
        let script = "echo first >&2; echo last >&2; sleep 5 & exit 3";
        let ending = Task::new("/bin/sh", Path::new("/")).args(["-c", script]).listen().run().unwrap();
        assert!(!ending.success);
        assert_eq!(ending.stderr, "first\nlast\n");
    }

    #[test]
    fn a_child_that_takes_too_long_is_ended_with_its_children() {
        let script = "sleep 100 & wait";
        let error =
            Task::new("/bin/sh", Path::new("/")).args(["-c", script]).limit(Duration::from_millis(50)).run();
        assert!(error.unwrap_err().to_string().contains("took too long"));
    }
}
