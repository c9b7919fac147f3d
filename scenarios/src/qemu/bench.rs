//! The figures of the real machine: instructions at S-EL2, and the size of what ships.
//!
//! Instructions, not cycles: QEMU executes one at a time and logs each address, so the same image gives the same
//! figure everywhere.

use std::fmt;
use std::fs;
use std::path::Path;

use super::boot::prepare;
use super::calibrate::calibrate;
use super::command::{Emulator, Options};
use super::count;
use super::elf;
use super::failure::Failure;

/// Messages of the shorter counted run; the longer one has eleven times as many.
const MESSAGES: u32 = 20;

/// A figure beside the most that it may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// How much it is.
    pub value: u64,
    /// Of what.
    pub unit: &'static str,
    /// The most that it may be, where there is a limit.
    pub limit: Option<u64>,
}

impl Figure {
    /// True where the figure is beyond its limit.
    pub fn is_too_much(&self) -> bool {
        self.limit.is_some_and(|limit| self.value > limit)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.name, self.value, self.unit)?;
        match self.limit {
            Some(limit) => write!(f, " (at most {limit})"),
            None => Ok(()),
        }
    }
}

/// What is measured, and where.
pub struct Bench<'a> {
    /// How the shipped image boots.
    pub options: Options<'a>,
    /// The ELF file of that image.
    pub elf: &'a Path,
    /// A directory of the benchmark's own.
    pub work: &'a Path,
    /// Where the normal world is entered, once the SPMC and its partitions have initialised.
    pub normal_world: u64,
    /// Packs a scenario that sends this many direct messages to a partition that answers each at once.
    pub pack: &'a dyn Fn(u32, &Path) -> Result<(), String>,
}

impl Bench<'_> {
    /// Measures everything that needs QEMU, giving each figure to `tell` as it is known.
    ///
    /// # Errors
    /// When a scenario does not boot, or the count is proved wrong.
    pub fn run(&self, emulator: &Emulator, tell: &mut dyn FnMut(Figure)) -> Result<(), Failure> {
        calibrate(emulator, &self.work.join("calibrate"))?;
        let image = elf::read(self.elf)?;

        let few = self.count(emulator, MESSAGES, &image, None)?;
        let many = self.count(emulator, 11 * MESSAGES, &image, None)?;
        let more = many
            .checked_sub(few)
            .ok_or_else(|| Failure::Count("more messages took fewer instructions".into()))?;
        tell(Figure {
            name: "direct message round trip",
            value: more / u64::from(10 * MESSAGES),
            unit: "S-EL2 instructions",
            limit: Some(1_500),
        });
        let boot = self.count(emulator, MESSAGES, &image, Some(self.normal_world))?;
        tell(Figure {
            name: "boot to first FFA_MSG_WAIT",
            value: boot,
            unit: "S-EL2 instructions",
            limit: Some(400_000),
        });
        let size = fs::metadata(self.options.spmc).map_err(Failure::file(self.options.spmc))?;
        tell(Figure {
            name: "image size",
            value: size.len(),
            unit: "bytes",
            limit: Some(128 << 10),
        });
        tell(Figure {
            name: "resident memory",
            value: image.resident,
            unit: "bytes",
            limit: Some(384 << 10),
        });
        Ok(())
    }

    /// The image's instructions in a boot with `messages` messages, up to the first at `until`.
    fn count(
        &self,
        emulator: &Emulator,
        messages: u32,
        image: &elf::Image,
        until: Option<u64>,
    ) -> Result<u64, Failure> {
        let directory = self.work.join(format!("messages-{messages}"));
        fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
        (self.pack)(messages, &directory).map_err(Failure::Count)?;
        prepare(&directory, &self.options)?;
        count::instructions(emulator, &directory, &image.code, until)
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;

    #[test]
    fn a_figure_is_one_line_and_knows_its_limit() {
        let mut figure = Figure {
            name: "direct message round trip",
            value: 1_500,
            unit: "S-EL2 instructions",
            limit: Some(1_500),
        };
        assert_eq!(
            figure.to_string(),
            "direct message round trip: 1500 S-EL2 instructions (at most 1500)"
        );
        assert!(!figure.is_too_much());
        figure.value += 1;
        assert!(figure.is_too_much());
    }
}
