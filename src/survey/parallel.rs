//! Work on many items by two threads: what is waited for is the kernel, and two cores are everywhere.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` makes of each item, in the order of the items whichever thread did it. A thread takes
/// `share` of them at a time.
pub(super) fn map<T: Sync, R: Send>(items: &[T], share: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let alone = || thread::available_parallelism().map_or(1, NonZero::get) < 2;
    if items.len() <= share || alone() {
        return items.iter().map(work).collect();
    }
    let shares: Vec<&[T]> = items.chunks(share.max(1)).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = shares.get(index) else { return done };
            done.push((index, share.iter().map(&work).collect()));
        }
    };
    let mut done = thread::scope(|scope| {
        // A system that is out of threads leaves all to this one.
        let other = thread::Builder::new().spawn_scoped(scope, take).ok();
        let mut done = take();
        done.extend(
            other
                .map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .into_iter()
                .flatten(),
        );
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for share in [0, 1, 7, 999, 1000, 1001] {
            assert_eq!(
                map(&items, share, |item| item * 2),
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn two_threads_work_at_once() {
        if thread::available_parallelism().map_or(1, NonZero::get) < 2 {
            return;
        }
        // Neither item is done before both are begun.
        let both = Barrier::new(2);
        map(&[(), ()], 1, |()| both.wait());
    }
}
