//! QEMU's command line: one machine, the same on every supported version.

use std::path::Path;
use std::process::{Command, Stdio};

use super::failure::Failure;

/// The oldest QEMU whose S-EL2 works.
const OLDEST: (u32, u32) = (7, 2);

/// The first QEMU that takes `one-insn-per-tb` as a property of its accelerator instead of `-singlestep`.
const ONE_INSTRUCTION_PROPERTY: (u32, u32) = (8, 1);

/// A QEMU that can run the machine.
#[derive(Clone, Copy, Debug)]
pub struct Emulator {
    version: (u32, u32),
}

impl Emulator {
    /// The `qemu-system-aarch64` on the path, if it is new enough.
    pub fn find() -> Result<Self, Failure> {
        let output = Command::new("qemu-system-aarch64")
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::NoEmulator(error.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version =
            parse_version(&text).ok_or_else(|| Failure::NoEmulator("it does not say its version".into()))?;
        if version < OLDEST {
            return Err(Failure::OldEmulator { found: format!("{}.{}", version.0, version.1) });
        }
        Ok(Self { version })
    }

    /// The machine without firmware or devices of ours: so many `cores` with S-EL2 and NS-EL2, semihosting to standard
    /// output, UARTs to files of `directory`.
    ///
    /// One core is deterministic in time: an instruction is a nanosecond. Several run at once in the host's time,
    /// since with counted instructions QEMU lets none but the first make progress while that one spins.
    pub(super) fn command(&self, directory: &Path, cores: u16) -> Command {
        let mut command = Command::new("qemu-system-aarch64");
        command
            .current_dir(directory)
            .stdin(Stdio::null())
            .args(["-M", "virt,secure=on,virtualization=on,acpi=off,gic-version=3"])
            .args(["-cpu", "max,pauth-impdef=on", "-smp", &cores.to_string(), "-m", "2G"])
            .args(["-display", "none", "-monitor", "none", "-net", "none"])
            .args(["-serial", "file:uart0.log", "-serial", "file:uart1.log"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-bios", "bl1.bin"]);
        if cores == 1 {
            command.args(["-icount", "shift=0"]);
        }
        command
    }

    /// Makes `command` execute one instruction at a time, so that each is one line of QEMU's execution log.
    pub(super) fn one_instruction_blocks(&self, command: &mut Command) {
        if self.version < ONE_INSTRUCTION_PROPERTY {
            command.arg("-singlestep");
        } else {
            command.args(["-accel", "tcg,one-insn-per-tb=on"]);
        }
    }
}

/// Major and minor version out of what `--version` prints.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split("version ").nth(1)?.split(['.', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn the_version_is_found_in_a_distributions_words() {
        let debian = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright";
        assert_eq!(parse_version(debian), Some((7, 2)));
        assert_eq!(parse_version("QEMU emulator version 10.0.50\n"), Some((10, 0)));
        assert_eq!(parse_version("no such program"), None);
    }
}
