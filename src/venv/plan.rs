//! What is to be done to a venv, from what was observed. Pure.

use std::path::{Path, PathBuf};

use crate::offer::store_package;

use super::relocate::Moved;
use super::repair::{Repair, repairs};
use super::requirements::{self, Closure};
use super::sources::Source;
use super::stamp::Stamp;

/// What lies where the venv should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Present {
    /// Nothing, or an empty directory.
    Nothing,
    /// A directory with a pyvenv.cfg that is no working venv: half made, or its interpreter is gone.
    Broken,
    /// A venv whose interpreter resolves to this file.
    Working(PathBuf),
}

/// How much is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// Nothing, where nothing changed.
    #[default]
    AsNeeded,
    /// Install what is wanted and look closely, whatever is known of the last time.
    Thorough,
    /// Make a new environment.
    Anew,
}

/// Everything the decision rests on.
#[derive(Clone, Debug)]
pub struct Observed {
    /// What is there.
    pub present: Present,
    /// The shell's python, without links.
    pub interpreter: PathBuf,
    /// The venv's site-packages is for the X.Y of that python.
    pub same_version: bool,
    /// It is a script that starts another (pyenv's shims): which one, cannot be seen.
    pub wrapped: bool,
    /// The stamp, if one counts.
    pub stamp: Option<Stamp>,
    /// What is to be installed.
    pub sources: Vec<Source>,
    /// The files that depends on, as they are.
    pub closure: Closure,
    /// Python packages that the shell has of nixpkgs; `None` if this shell has no say in them.
    pub packages: Option<Vec<PathBuf>>,
    /// What the user asks for.
    pub effort: Effort,
    /// The shell's library directories; `None` if this shell has no say in them.
    pub offer: Option<Vec<PathBuf>>,
    /// As [`super::stamp::site_packages_times`].
    pub site_packages: Vec<(PathBuf, i128)>,
    /// Whether the provider is as it should be.
    pub provided: bool,
    /// Only looked at where something is to do anyway.
    pub closely: Closely,
}

/// What a closer look shows: it reads every RECORD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closely {
    /// Work on the venv was interrupted.
    pub interrupted: bool,
    /// The venv's scripts name another place.
    pub moved: Option<Moved>,
    /// Distributions that are not whole.
    pub damaged: Vec<Repair>,
    /// What an interrupted repair was about.
    pub begun: Vec<Repair>,
}

/// What to do; each part with the reason a person reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Put the environment onto another python of the same X.Y, keeping what is installed.
    pub upgrade: Option<String>,
    /// Make the environment, replacing what is there.
    pub create: Option<String>,
    /// Make the scripts name the place where they are.
    pub relocate: Option<String>,
    /// Install these distributions again.
    pub repair: Vec<Repair>,
    /// Run the installer.
    pub install: Option<String>,
    /// Scan, and bring the provider up to date.
    pub scan: bool,
}

impl Plan {
    /// Whether all is as it should be.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the environment itself is made, or made to fit: its provider with it.
    pub fn rebuilds(&self) -> bool {
        self.create.is_some() || self.upgrade.is_some() || self.relocate.is_some()
    }
}

/// Decides.
pub fn plan(observed: &Observed, shown: impl Fn(&Path) -> String) -> Plan {
    if let Some(reason) = creation(observed, &shown) {
        let install = (!observed.sources.is_empty()).then(|| "the environment is new".to_owned());
        let keeps =
            observed.same_version && observed.present != Present::Nothing && observed.effort != Effort::Anew;
        let (upgrade, create) = if keeps { (Some(reason), None) } else { (None, Some(reason)) };
        let plan = Plan { upgrade, create, install, scan: true, ..Plan::default() };
        return if keeps { mended(plan, observed, &shown) } else { plan };
    }
    let plan = changes(observed, &shown);
    if plan.is_nothing() { plan } else { mended(plan, observed, &shown) }
}

fn changes(observed: &Observed, shown: &impl Fn(&Path) -> String) -> Plan {
    let Some(stamp) = &observed.stamp else {
        let install = (!observed.sources.is_empty()).then(|| "venvfix has not finished it before".to_owned());
        return Plan { install, scan: true, ..Plan::default() };
    };
    let changed = change_of_inputs(observed, stamp, shown);
    let offer_changed = observed.offer.as_ref().is_some_and(|offer| *offer != stamp.offer);
    let scan = changed.is_some()
        || offer_changed
        || !observed.provided
        || stamp.site_packages != observed.site_packages;
    let thorough = observed.effort == Effort::Thorough;
    let wanted = changed.or_else(|| thorough.then(|| "as asked".to_owned()));
    // Where nothing is listed any more, nothing that was is taken away.
    let install = wanted.filter(|_| !observed.sources.is_empty());
    Plan { install, scan: scan || thorough, ..Plan::default() }
}

/// Why what is installed is not what is wanted now.
fn change_of_inputs(observed: &Observed, stamp: &Stamp, shown: &impl Fn(&Path) -> String) -> Option<String> {
    let named = |path: &PathBuf| match observed.closure.named_by.get(path) {
        Some(by) => format!("{}, included from {},", shown(path), shown(by)),
        None => shown(path),
    };
    match requirements::changed(&stamp.inputs, &observed.closure.inputs).as_slice() {
        [] => {}
        [one] => return Some(format!("{} changed", named(one))),
        [first, rest @ ..] => return Some(format!("{} and {} more changed", named(first), rest.len())),
    }
    if stamp.sources != observed.sources {
        return Some("the settings of what is installed changed".into());
    }
    let packages = observed.packages.as_ref().is_some_and(|packages| *packages != stamp.packages);
    packages.then(|| "the Python packages of the shell changed".into())
}

/// Adds what a closer look asks for. The requirements are installed after it in any case: where they
/// take a distribution from, they know best.
fn mended(plan: Plan, observed: &Observed, shown: &impl Fn(&Path) -> String) -> Plan {
    let Closely { moved, damaged, begun, .. } = &observed.closely;
    let known = observed.stamp.as_ref().map(|stamp| stamp.damaged.as_slice()).unwrap_or_default();
    let repair = repairs(damaged.clone(), begun.clone(), known);
    let relocate = moved.as_ref().map(|moved| format!("the project was moved from {}", shown(&moved.from)));
    let installable = !observed.sources.is_empty();
    let reason = match (&relocate, repair.as_slice()) {
        (None, []) => plan.install,
        (Some(reason), _) => installable.then(|| reason.clone()),
        (None, [first, ..]) => {
            plan.install.or_else(|| installable.then(|| format!("{} was damaged", first.title())))
        }
    };
    Plan { relocate, repair, install: reason, ..plan }
}

fn creation(observed: &Observed, shown: &impl Fn(&Path) -> String) -> Option<String> {
    match &observed.present {
        Present::Nothing => Some("there was none".into()),
        _ if observed.effort == Effort::Anew => Some("as asked".into()),
        Present::Broken => Some("it was half made, or its python is gone".into()),
        Present::Working(interpreter) => {
            // The stamp knows what the shell's python was then, be it a wrapper around the venv's.
            let known = observed.stamp.as_ref().map(|stamp| &stamp.interpreter);
            let before = known.unwrap_or(interpreter);
            let changed = *before != observed.interpreter && (known.is_some() || !observed.wrapped);
            let led_astray = observed.stamp.as_ref().is_some_and(|stamp| stamp.python != *interpreter);
            if led_astray && !changed {
                return Some(format!("its python leads to {}", shown(interpreter)));
            }
            changed.then(|| match (version(before), version(&observed.interpreter)) {
                (Some(old), Some(new)) if old != new => format!("python changed from {old} to {new}"),
                _ => format!("python changed from {} to {}", shown(before), shown(&observed.interpreter)),
            })
        }
    }
}

/// The version in the name of a store package: `/nix/store/HASH-python3-3.12.9/bin/python3.12`.
fn version(interpreter: &Path) -> Option<&str> {
    let package = store_package(interpreter)?.file_name()?.to_str()?;
    let mut parts = package.split('-').skip(2);
    parts.find(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn observed() -> Observed {
        let inputs = [("/p/requirements.txt".into(), Some("numpy".into()))].into();
        let closure = Closure { inputs, ..Closure::default() };
        let sources = vec![Source::Requirements("/p/requirements.txt".into())];
        let mut stamp = Stamp::new(Path::new("/nowhere"), "/py".into(), closure.inputs.clone());
        stamp.sources = sources.clone();
        stamp.python = "/py".into();
        stamp.offer = vec!["/nix/store/z/lib".into()];
        stamp.site_packages = vec![("/v/lib".into(), 7)];
        Observed {
            present: Present::Working("/py".into()),
            interpreter: "/py".into(),
            same_version: false,
            wrapped: false,
            sources,
            closure,
            packages: Some(Vec::new()),
            effort: Effort::AsNeeded,
            offer: Some(stamp.offer.clone()),
            site_packages: stamp.site_packages.clone(),
            stamp: Some(stamp),
            provided: true,
            closely: Closely::default(),
        }
    }

    fn decide(change: impl FnOnce(&mut Observed)) -> Plan {
        let mut observed = observed();
        change(&mut observed);
        plan(&observed, |path| path.display().to_string())
    }

    #[test]
    fn nothing_changed_means_nothing_to_do() {
        assert!(decide(|_| ()).is_nothing());
        assert!(decide(|o| o.offer = None).is_nothing());
        assert!(decide(|o| o.packages = None).is_nothing());
    }

    #[test]
    fn what_is_not_a_working_venv_is_made_anew() {
        for present in [Present::Nothing, Present::Broken] {
            let plan = decide(|o| o.present = present);
            assert!(plan.create.is_some() && plan.install.is_some() && plan.scan);
        }
        let reason = decide(|o| o.interpreter = "/new".into()).create;
        assert_eq!(reason.as_deref(), Some("python changed from /py to /new"));
        let reason = decide(|o| {
            o.stamp.as_mut().unwrap().interpreter = "/nix/store/x-python3-3.12.9/bin/python3.12".into();
            o.interpreter = "/nix/store/y-python3-3.13.2/bin/python3.13".into();
        });
        assert_eq!(reason.create.as_deref(), Some("python changed from 3.12.9 to 3.13.2"));
    }

    #[test]
    fn a_python_that_somebody_linked_elsewhere_is_not_believed() {
        let plan = decide(|o| o.present = Present::Working("/bin/true".into()));
        assert_eq!(plan.create.as_deref(), Some("its python leads to /bin/true"));
        // The shell's python may be a wrapper around the venv's.
        let wrapped = decide(|o| {
            o.stamp.as_mut().unwrap().interpreter = "/wrapper".into();
            o.interpreter = "/wrapper".into();
        });
        assert!(wrapped.is_nothing());
    }

    #[test]
    fn who_asks_for_it_gets_an_installation_and_a_closer_look() {
        let plan = decide(|o| o.effort = Effort::Thorough);
        assert_eq!(plan.install.as_deref(), Some("as asked"));
        assert!(plan.scan && plan.create.is_none());
    }

    #[test]
    fn a_new_environment_is_made_when_it_is_asked_for() {
        let plan = decide(|o| {
            o.effort = Effort::Anew;
            o.same_version = true;
        });
        assert!(plan.create.is_some() && plan.upgrade.is_none() && plan.install.is_some());
    }

    #[test]
    fn another_python_of_the_same_version_keeps_the_packages() {
        for present in [Present::Broken, Present::Working("/py".into())] {
            let plan = decide(|o| {
                o.present = present;
                o.interpreter = "/new".into();
                o.same_version = true;
            });
            assert!(plan.create.is_none() && plan.upgrade.is_some() && plan.install.is_some());
        }
    }

    #[test]
    fn changed_requirements_are_named_and_installed() {
        let plan = decide(|o| {
            o.closure.inputs.insert("/p/requirements.txt".into(), Some("scipy".into()));
        });
        assert_eq!(plan.install.as_deref(), Some("/p/requirements.txt changed"));
        assert!(plan.create.is_none() && plan.scan);
        let plan = decide(|o| {
            o.closure.inputs.insert("/p/dev.txt".into(), Some("scipy".into()));
            o.closure.named_by.insert("/p/dev.txt".into(), "/p/requirements.txt".into());
        });
        let reason = "/p/dev.txt, included from /p/requirements.txt, changed";
        assert_eq!(plan.install.as_deref(), Some(reason));
        let gone = decide(|o| {
            o.closure.inputs.clear();
            o.sources.clear();
        });
        assert_eq!(gone, Plan { scan: true, ..Plan::default() });
    }

    #[test]
    fn other_sources_and_other_packages_of_the_shell_install_again() {
        let other = decide(|o| o.sources.push(Source::Requirements("/p/more.txt".into())));
        assert!(other.install.is_some() && other.scan && other.create.is_none());
        let packages = decide(|o| o.packages = Some(vec!["/nix/store/numpy".into()]));
        assert_eq!(packages.install.as_deref(), Some("the Python packages of the shell changed"));
    }

    #[test]
    fn an_adopted_venv_is_kept_and_installed_into() {
        let plan = decide(|o| o.stamp = None);
        assert!(plan.create.is_none() && plan.install.is_some() && plan.scan);
        assert_eq!(
            decide(|o| {
                o.stamp = None;
                o.sources.clear();
            }),
            Plan { scan: true, ..Plan::default() }
        );
    }

    #[test]
    fn a_shim_on_path_does_not_condemn_an_adopted_venv() {
        let adopt = |wrapped: bool| {
            decide(|o| {
                o.stamp = None;
                o.interpreter = "/shims/python3".into();
                o.wrapped = wrapped;
            })
        };
        assert!(adopt(true).create.is_none());
        assert!(adopt(false).create.is_some());
    }

    #[test]
    fn offer_provider_and_hand_installed_packages_only_scan() {
        let only_scan = Plan { scan: true, ..Plan::default() };
        assert_eq!(decide(|o| o.offer = Some(Vec::new())), only_scan);
        assert_eq!(decide(|o| o.provided = false), only_scan);
        assert_eq!(decide(|o| o.site_packages[0].1 = 8), only_scan);
    }

    fn damaged(name: &str) -> Repair {
        let (name, version, reason) = (name.into(), "1".into(), "it has no RECORD".into());
        Repair {
            name,
            version,
            source: Origin::Index,
            reason,
            rebuild: false,
            absent: false,
            unusable: Vec::new(),
        }
    }

    #[test]
    fn what_is_damaged_is_repaired_wherever_something_is_to_do() {
        let look = |change: fn(&mut Observed)| {
            decide(|o| {
                o.closely.damaged = vec![damaged("a")];
                change(o);
            })
        };
        assert!(look(|_| ()).is_nothing());
        let touched = look(|o| o.site_packages[0].1 = 8);
        assert_eq!(touched.repair, [damaged("a")]);
        assert_eq!(touched.install.as_deref(), Some("a 1 was damaged"));
        let changed = look(|o| {
            o.closure.inputs.insert("/p/requirements.txt".into(), Some("scipy".into()));
        });
        assert_eq!(changed.install.as_deref(), Some("/p/requirements.txt changed"));
        assert!(!changed.repair.is_empty());
        assert!(look(|o| o.present = Present::Broken).repair.is_empty(), "made anew");
        let upgraded = look(|o| {
            o.present = Present::Broken;
            o.same_version = true;
        });
        assert!(upgraded.upgrade.is_some() && !upgraded.repair.is_empty());
        let without = look(|o| {
            o.stamp = None;
            o.sources.clear();
        });
        assert!(without.install.is_none() && !without.repair.is_empty());
    }

    #[test]
    fn what_no_repair_could_mend_is_remembered() {
        let plan = decide(|o| {
            o.closely.damaged = vec![damaged("a"), damaged("b")];
            o.stamp.as_mut().unwrap().damaged = vec!["a==1".into()];
            o.provided = false;
        });
        assert_eq!(plan.repair, [damaged("b")]);
    }

    #[test]
    fn a_moved_project_is_said_to_be_one() {
        let moved = |change: fn(&mut Observed)| {
            decide(|o| {
                o.stamp = None;
                o.closely.moved = Some(Moved { from: "/old".into(), venvs: vec!["/old/.venv".into()] });
                change(o);
            })
        };
        let plan = moved(|_| ());
        assert_eq!(plan.relocate.as_deref(), Some("the project was moved from /old"));
        assert!(plan.install == plan.relocate && plan.create.is_none());
        assert!(moved(|o| o.sources.clear()).install.is_none());
        assert!(moved(|o| o.present = Present::Broken).relocate.is_none());
    }
}
