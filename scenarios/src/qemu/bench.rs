//! The figures of the real machine: instructions at S-EL2, and the size of what ships.
//!
//! Instructions, not cycles: QEMU executes one at a time and logs each address, so the same image gives the same
//! figure everywhere.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::boot::lay_out;
use super::calibrate::calibrate;
use super::command::Emulator;
use super::count;
use super::elf;
use super::failure::Failure;
use super::place::{self, Spmc};
use super::profile::Profile;
use crate::machine::layout;
use crate::scenario::{self, Parameters, Prepared, Scenario};

/// The scenario that sends direct messages and nothing else.
const MESSAGING: &str = "echo-bench";

/// What boots are called, their scenarios, and how many partitions these have; eight have all of the memory.
const BOOTS: [(&str, &str, u64); 2] =
    [("boot with 2 partitions", "alternating", 2), ("boot with 8 partitions", "eight-partitions", 8)];

/// The most instructions of a boot, for each partition.
const BOOT_OF_ONE: u64 = 200_000;

/// Messages of the shorter counted run; the longer one has eleven times as many.
const MESSAGES: u64 = 20;

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
            Some(limit) if self.is_too_much() => write!(f, " (too much: at most {limit})"),
            Some(limit) => write!(f, " (at most {limit})"),
            None => Ok(()),
        }
    }
}

/// Measures everything that needs QEMU, giving each figure to `tell` as it is known, and says where the instructions
/// of a round trip are.
///
/// # Errors
/// When the scenario does not boot, or the count is proved wrong.
pub fn figures(emulator: &Emulator, tell: &mut dyn FnMut(Figure)) -> Result<Profile, Failure> {
    calibrate(emulator, &place::work(MESSAGING, "calibration"))?;
    let elf = place::shipped_elf();
    let image = elf::read(&elf)?;

    let few = count(emulator, MESSAGING, MESSAGES, &image, None)?;
    let many = count(emulator, MESSAGING, 11 * MESSAGES, &image, None)?;
    let profile = Profile::new(&image, &few, &many, 10 * MESSAGES);
    let more = many
        .total()
        .checked_sub(few.total())
        .ok_or_else(|| Failure::Count("more messages took fewer instructions".into()))?;
    tell(Figure {
        name: "direct message round trip",
        value: more / (10 * MESSAGES),
        unit: "S-EL2 instructions",
        limit: Some(1_500),
    });
    for (name, scenario, partitions) in BOOTS {
        // Up to the normal world's first instruction: by then every partition has initialised itself.
        let booted = count(emulator, scenario, MESSAGES, &image, Some(layout::NORMAL_WORLD))?;
        tell(Figure {
            name,
            value: booted.total(),
            unit: "S-EL2 instructions",
            limit: Some(partitions * BOOT_OF_ONE),
        });
    }
    let raw = Spmc::Shipped.raw();
    tell(Figure {
        name: "image size",
        value: fs::metadata(&raw).map_err(Failure::file(&raw))?.len(),
        unit: "bytes",
        limit: Some(128 << 10),
    });
    tell(Figure { name: "resident memory", value: image.resident, unit: "bytes", limit: None });
    Ok(profile)
}

/// The image's instructions in a run of the scenario `name` with `messages` messages, up to the first instruction at
/// `until`.
fn count(
    emulator: &Emulator,
    name: &str,
    messages: u64,
    image: &elf::Image,
    until: Option<u64>,
) -> Result<count::Counts, Failure> {
    let (directory, _) = lay_out_with(name, &Parameters { messages, ..Parameters::default() })?;
    count::instructions(emulator, &directory, &image.code, until)
}

/// The directory, filled, in which the scenario `name` boots with the image that ships, to be counted; and what it boots.
pub(super) fn lay_out_with(name: &str, parameters: &Parameters) -> Result<(PathBuf, Prepared), Failure> {
    let scenario = named(name)?;
    let directory = place::work(name, "count");
    let prepared = scenario.prepare(parameters);
    lay_out(&directory, scenario, &prepared, Spmc::Shipped)?;
    Ok((directory, prepared))
}

/// The scenario `name`.
pub(super) fn named(name: &str) -> Result<&'static Scenario, Failure> {
    scenario::find(name).map_err(|_| Failure::Count(format!("there is no scenario {name}")))
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
        assert_eq!(figure.to_string(), "direct message round trip: 1500 S-EL2 instructions (at most 1500)");
        assert!(!figure.is_too_much());
        figure.value += 1;
        assert!(figure.is_too_much());
        assert!(figure.to_string().ends_with(" (too much: at most 1500)"));
    }
}
