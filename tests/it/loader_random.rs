//! Random layouts, loaded by the model and by the machine's own loader.

use proptest::prelude::*;

use super::support::layout::{Layout, ready};
use super::support::object::{Object, lib, program};

/// What a random object is made of: directories as bits.
#[derive(Clone, Debug)]
struct Random {
    directory: usize,
    alias: Option<usize>,
    needed: Vec<usize>,
    rpath: Option<u8>,
    runpath: Option<u8>,
    flaw: u8,
}

fn random() -> impl Strategy<Value = Random> {
    let path = || proptest::option::weighted(0.4, 0u8..8);
    (
        0usize..3,
        proptest::option::weighted(0.2, 0usize..7),
        proptest::collection::vec(0usize..7, 0..4),
        path(),
        path(),
        0u8..60,
    )
        .prop_map(|(directory, alias, needed, rpath, runpath, flaw)| Random {
            directory,
            alias,
            needed,
            rpath,
            runpath,
            flaw,
        })
}

impl Random {
    fn object(&self, index: usize) -> Object {
        const DIRECTORIES: [&str; 3] = ["@/a", "$ORIGIN/../b", "@/c"];
        let name = |index: &usize| format!("lib{index}.so");
        let needed: Vec<String> = self.needed.iter().map(name).collect();
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let text = |bits: u8| {
            let chosen = DIRECTORIES.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
            chosen.map(|(_, directory)| *directory).collect::<Vec<_>>().join(":")
        };
        let mut object = match index {
            0 => program("a/exe", &needed),
            _ => lib(&format!("{}/{}", ["a", "b", "c"][self.directory], name(&(index % 5))), &needed),
        };
        if let (Some(alias), true) = (&self.alias, index > 0) {
            object = object.soname(Some(&name(alias)));
        }
        if let Some(bits) = self.rpath {
            object = object.rpath(&text(bits));
        }
        if let Some(bits) = self.runpath {
            object = object.runpath(&text(bits));
        }
        match self.flaw {
            0 if index > 0 => object.patched(4, 1),
            1 if index > 0 => object.cut(40),
            2 => object.no_default_libs(),
            _ => object,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_layouts_load_as_in_the_loader(
        objects in proptest::collection::vec(random(), 3..9),
        library_path in 0u8..8,
    ) {
        if ready() {
            let objects: Vec<Object> =
                objects.iter().enumerate().map(|(index, random)| random.object(index)).collect();
            let environment = ["", "@/a", "@/b:@/c", "", "${ORIGIN}/../c", ";@/b", "", ""][usize::from(library_path)];
            Layout::new(&objects).library_path(environment).starts("a/exe");
        }
    }
}
