//! Listens to a child's standard error and shows it all the same.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a child's standard error is read on after it ended: what it left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much of what a child said is kept.
const KEPT: usize = 64 << 10;

/// What a child says on standard error, shown as it comes.
pub(super) struct Heard {
    end: Arc<Mutex<Vec<u8>>>,
    done: Receiver<()>,
}

impl Heard {
    pub(super) fn begin() -> io::Result<(Self, PipeWriter)> {
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

    pub(super) fn end(self) -> String {
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
