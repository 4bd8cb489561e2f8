//! Several shells enter a fresh project at the same moment.

use std::process::Stdio;

use super::support::project::Project;
use super::support::{Ended, VENVFIX, wheel};

#[test]
fn of_eight_entries_one_installs_and_all_have_everything() {
    let project = Project::new("large\nbeta\n");
    wheel::make_large(project.wheels.path(), "large", "1.0");
    let log = project.wheels.join("log");
    let begin = || {
        let mut run = project.command(&[VENVFIX, "enter"]);
        run.env("PIP_LOG", &log).stdout(Stdio::piped()).stderr(Stdio::piped());
        run.spawn().unwrap()
    };
    let entries: Vec<_> = (0..8).map(|_| begin()).collect();
    let ended: Vec<Ended> = std::thread::scope(|scope| {
        let check = |entry: std::process::Child| {
            let ended: Ended = entry.wait_with_output().unwrap().into();
            let script = "import beta, large, importlib.metadata as m\n\
                          assert all(f.locate().exists() for f in m.files('large') if f.suffix != '.pyc')";
            project.run(&[".venv/bin/python", "-B", "-c", script]).exits(0);
            ended.exits(0)
        };
        let threads: Vec<_> = entries.into_iter().map(|entry| scope.spawn(move || check(entry))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |text: &str| ended.iter().filter(|ended| ended.stderr.contains(text)).count();
    assert_eq!((count("making .venv"), count("installing requirements.txt")), (1, 1));
    assert_eq!(std::fs::read_to_string(log).unwrap().matches("Using pip").count(), 1);
    assert!(
        ended
            .iter()
            .all(|entry| entry.stdout == ended[0].stdout && entry.stdout.ends_with("# venvfix: end\n"))
    );
    assert_eq!(count("waiting for another shell to finish with this project (pid "), 7, "{ended:?}");
}
