//! What the loader makes of the processor: the subdirectories of `glibc-hwcaps` that it looks into
//! and the value of `$PLATFORM` (glibc's sysdeps/x86_64/dl-hwcaps_subdirs.c, sysdeps/x86/cpu-features.c).

use std::sync::LazyLock;

use crate::elf::Machine;

/// Subdirectories of `glibc-hwcaps` for this processor, best first: none for objects of another.
pub fn hwcaps(machine: Machine) -> &'static [&'static str] {
    const LEVELS: [&str; 3] = ["x86-64-v4", "x86-64-v3", "x86-64-v2"];
    match machine == Machine::X86_64 {
        true => &LEVELS[LEVELS.len() - usize::from(x86_level())..],
        false => &[],
    }
}

/// The value of `$PLATFORM`.
pub fn platform(machine: Machine) -> String {
    match machine == Machine::X86_64 && x86_level() >= 2 && *INTEL {
        true => "haswell".into(),
        false => machine.name(),
    }
}

/// Whether the vendor is Intel: glibc knows no platforms of others.
static INTEL: LazyLock<bool> = LazyLock::new(|| {
    let text = crate::fsx::read_start(std::path::Path::new("/proc/cpuinfo"), 4096);
    text.is_some_and(|text| text.contains("GenuineIntel"))
});

/// How many levels of the x86-64 psABI beyond the first the processor has.
#[cfg(target_arch = "x86_64")]
fn x86_level() -> u8 {
    use std::is_x86_feature_detected as has;
    let second = has!("cmpxchg16b")
        && has!("popcnt")
        && has!("sse3")
        && has!("sse4.1")
        && has!("sse4.2")
        && has!("ssse3");
    let third = has!("avx")
        && has!("avx2")
        && has!("bmi1")
        && has!("bmi2")
        && has!("f16c")
        && has!("fma")
        && has!("lzcnt")
        && has!("movbe");
    let fourth =
        has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl");
    [second, third, fourth].iter().take_while(|&&level| level).count() as u8
}

/// None: such objects do not run here.
#[cfg(not(target_arch = "x86_64"))]
fn x86_level() -> u8 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_have_no_levels() {
        assert!(hwcaps(Machine::AARCH64).is_empty());
        assert_eq!(platform(Machine::AARCH64), "aarch64");
    }
}
