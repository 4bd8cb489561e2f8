//! The only place that starts processes. duct says what a child is, tokio how long it may take and
//! what a Ctrl-C does meanwhile. The runtime is built when the first child is, so that the path on
//! which nothing is to do never pays for it.

mod heard;
mod interrupts;
mod tree;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, PipeWriter};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use self::heard::Heard;
use self::interrupts::{Interrupt, Interrupts};
use self::tree::Tree;
use crate::error::{Exit, Trouble};
use crate::shell::Changes;

/// How long an interrupted child and its descendants may take to clean up before they are told
/// more firmly.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether they are gone.
const GLANCE: Duration = Duration::from_millis(20);
/// How long the interrupt that a child may have failed of can take to reach this program.
const ECHO: Duration = Duration::from_millis(100);

/// A program to run.
#[derive(Clone, Debug)]
pub struct Task {
    name: Option<&'static str>,
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: PathBuf,
    environment: Vec<(OsString, Option<OsString>)>,
    capture: bool,
    silent: bool,
    listen: bool,
    limit: Option<Duration>,
    deadline: Option<Duration>,
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
            name: None,
            program: program.into(),
            arguments: Vec::new(),
            directory: directory.to_owned(),
            environment: Vec::new(),
            capture: false,
            silent: false,
            listen: false,
            limit: None,
            deadline: None,
        }
    }

    /// What messages call it, if its file's name says little.
    #[must_use]
    pub fn called(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
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

    /// Ends the child after this long where nobody sits at a terminal to do so. What the user says
    /// in VENVFIX_DEADLINE.
    #[must_use]
    pub fn deadline(mut self, deadline: Option<Duration>) -> Self {
        self.deadline = deadline;
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
        let name = self.name.map_or_else(|| self.program.display().to_string(), str::to_owned);
        let waiting = || format!("could not wait for {name}");
        let (heard, pipe) =
            self.listen.then(Heard::begin).transpose().context("could not make a pipe")?.unzip();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("could not set up waiting for a child")?;
        let interrupts = Interrupts::listen().with_context(waiting)?;
        let tree = Tree::prepare(own_group);
        let child =
            self.expression(own_group, pipe).start().with_context(|| format!("could not start {name}"))?;
        let deadline = self.deadline.filter(|_| own_group);
        let limit = self.limit.or(deadline);
        let outcome = runtime.block_on(supervise(Arc::new(child), &tree, interrupts, limit));
        runtime.shutdown_background();
        match outcome.with_context(waiting)? {
            Outcome::Ended(output) => Ok(Ending {
                success: output.status.success(),
                status: output.status.to_string(),
                stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
                stderr: heard.map(Heard::end).unwrap_or_default(),
            }),
            Outcome::TimedOut => Err(took_too_long(&name, limit.unwrap_or_default(), deadline).into()),
            Outcome::Interrupted => Err(Trouble::interrupted().into()),
        }
    }
}

fn took_too_long(name: &str, limit: Duration, deadline: Option<Duration>) -> Trouble {
    let trouble =
        Trouble::new(format!("{name} took longer than {} seconds and was ended", limit.as_secs_f32()));
    match deadline {
        Some(deadline) => trouble.help(format!(
            "allow it more seconds: VENVFIX_DEADLINE={}",
            deadline.as_secs().saturating_mul(2).max(60)
        )),
        None => trouble,
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
    tree: &Tree,
    mut interrupts: Interrupts,
    limit: Option<Duration>,
) -> io::Result<Outcome> {
    let waiting = Arc::clone(&child);
    let mut ended = tokio::task::spawn_blocking(move || waiting.wait().cloned());
    let deadline = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let (outcome, told) = tokio::select! {
        biased;
        interrupt = interrupts.next() => (Outcome::Interrupted, interrupt == Interrupt::Key && !tree.own_group()),
        output = &mut ended => {
            let output = output??;
            // A child may fail of a Ctrl-C sooner than this program learns of it.
            if output.status.success() || timeout(ECHO, interrupts.next()).await.is_err() {
                return Ok(Outcome::Ended(output));
            }
            (Outcome::Interrupted, true)
        }
        () = deadline => (Outcome::TimedOut, false),
    };
    end(&child, ended, tree, &mut interrupts, told).await;
    Ok(outcome)
}

/// Ends the child and all that it started, politely first. `told`: the terminal has interrupted
/// them, and a second time might disturb the cleaning up. Another interrupt shortens it.
async fn end(
    child: &duct::Handle,
    ended: JoinHandle<io::Result<Output>>,
    tree: &Tree,
    interrupts: &mut Interrupts,
    told: bool,
) {
    let pid = || child.pids().first().copied().filter(|_| !ended.is_finished());
    let gone = async || {
        while !(ended.is_finished() && tree.is_gone()) {
            sleep(GLANCE).await;
        }
    };
    for signal in [Signal::INT, Signal::TERM] {
        if !(told && signal == Signal::INT) {
            tree.signal(pid(), signal);
        }
        tokio::select! {
            () = gone() => return,
            () = sleep(GRACE) => {}
            _ = interrupts.next() => break,
        }
    }
    // Again and again, for what is started meanwhile; not for ever, for what the kernel holds.
    let kill = async {
        while !(ended.is_finished() && tree.is_gone()) {
            tree.signal(pid(), Signal::KILL);
            sleep(GLANCE).await;
        }
    };
    let _ = timeout(GRACE, kill).await;
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
}
