//! How TF-A was built: options without which a boot hangs without a word.

use std::fs;
use std::path::Path;

use super::Checked;

/// An option of TF-A's build: its name, the values that boot, what it is without being named, why.
struct Needed {
    name: &'static str,
    boots: &'static [&'static str],
    default: &'static str,
    why: &'static str,
}

/// Those of TF-A 2.12 on QEMU's `virt`.
const NEEDED: [Needed; 5] = [
    Needed {
        name: "SPD",
        boots: &["spmd"],
        default: "none",
        why: "else there is no SPMD, and BL32 never runs",
    },
    Needed {
        name: "SPMD_SPM_AT_SEL2",
        boots: &["1"],
        default: "1",
        why: "else EL3 enters BL32 at S-EL1, where its first EL2 register traps",
    },
    Needed {
        name: "ENABLE_SVE_FOR_SWD",
        boots: &["1"],
        default: "0",
        why: "else EL3 traps every SIMD register in the secure world, and hangs at the first",
    },
    Needed {
        name: "CTX_INCLUDE_PAUTH_REGS",
        boots: &["1", "2"],
        default: "0",
        why: "else EL3 traps the pointer authentication keys, and hangs at the first",
    },
    Needed {
        name: "QEMU_USE_GIC_DRIVER",
        boots: &["QEMU_GICV3"],
        default: "QEMU_GICV2",
        why: "else TF-A drives a GICv2, which `gic-version=3` does not have",
    },
];

/// How somebody builds TF-A.
pub struct Build {
    name: String,
    words: String,
}

impl Build {
    /// What `given` says: a make line, or the name of a file that has one, such as a script or a log.
    ///
    /// # Errors
    /// A sentence that says what to give.
    pub fn read(given: &str) -> Result<Self, String> {
        let path = Path::new(given);
        if path.is_dir() {
            let words =
                "a build of TF-A does not say how it was made; give the make line, or a file that has it";
            return Err(format!("{given}: {words}"));
        }
        if path.is_file() {
            let bytes = fs::read(path).map_err(|error| format!("{given}: {error}"))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(Self { name, words: String::from_utf8_lossy(&bytes).into_owned() });
        }
        let is_line = given.contains('=');
        let words = "is neither a file nor a make line (PLAT=qemu SPD=spmd ...)";
        if is_line {
            Ok(Self { name: "TF-A".into(), words: given.into() })
        } else {
            Err(format!("{given}: {words}"))
        }
    }

    /// The last value that is given to the option `name`.
    fn value(&self, name: &str) -> Option<&str> {
        let words = self.words.lines().filter(|line| !line.trim_start().starts_with('#'));
        let words =
            words.flat_map(|line| line.split(|one: char| one.is_whitespace() || "\"'()".contains(one)));
        words.rev().find_map(|word| word.trim_start_matches("-D").strip_prefix(name)?.strip_prefix('='))
    }

    /// Finds options that are missing or wrong.
    pub(super) fn check(&self, checked: &mut Checked) {
        for Needed { name, boots, default, why } in &NEEDED {
            let found = self.value(name);
            if boots.contains(&found.unwrap_or(default)) {
                continue;
            }
            let what =
                found.map_or_else(|| format!("{name} is missing"), |found| format!("{name} is {found}"));
            checked.find(&self.name, true, format!("{what}: it must be {}, {why}", boots.join(" or ")));
        }
    }
}
