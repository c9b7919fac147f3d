//! What each call costs at S-EL2, with two partitions, with eight and with thirty-two.
//!
//! A program calls by a branch. Counted is what the monitor executes from that branch to the instruction behind it: of
//! a request also what its answer costs, and nothing of what EL3 and the guests do.

use std::fmt;

use super::bench::{lay_out_with, named};
use super::command::Emulator;
use super::compare::judge;
use super::count;
use super::elf;
use super::failure::Failure;
use super::place::{self, Spmc};
use crate::scenario::Parameters;

/// The scenarios that make each call, and how many partitions each has.
const SCENARIOS: [(&str, u64); 3] =
    [("every-call", 2), ("every-call-of-eight", 8), ("every-call-of-thirty-two", 32)];

/// The most that we want calls to cost, by the beginning of their names; those not here have no target yet.
const TARGETS: [(&str, u64); 22] = [
    ("DIRECT_REQ_64", 1_500),
    ("DIRECT_REQ2", 1_050),
    ("FFA_RUN", 1_000),
    ("partition to partition", 900),
    ("FFA_FEATURES", 200),
    ("FFA_ID_GET", 150),
    ("FFA_RXTX_MAP", 2_500),
    ("FFA_RXTX_UNMAP", 1_500),
    ("FFA_RX_RELEASE", 250),
    ("FFA_PARTITION_INFO_GET_REGS", 500),
    ("FFA_PARTITION_INFO_GET", 1_500),
    ("FFA_NOTIFICATION_SET", 400),
    ("FFA_NOTIFICATION_GET", 400),
    ("FFA_NOTIFICATION_INFO_GET", 400),
    ("FFA_MEM_SHARE of 1 page", 3_000),
    ("FFA_MEM_RETRIEVE_REQ of 1 page", 3_000),
    ("FFA_MEM_RELINQUISH of 1 page", 3_000),
    ("FFA_MEM_RECLAIM of 1 page", 3_000),
    ("FFA_MEM_SHARE of 512 contiguous", 4_000),
    ("FFA_MEM_RETRIEVE_REQ of 512 contiguous", 4_000),
    ("FFA_MEM_RELINQUISH of 512 contiguous", 4_000),
    ("FFA_MEM_RECLAIM of 512 contiguous", 4_000),
];

/// A call, and its instructions in each of [`SCENARIOS`].
#[derive(Clone, PartialEq, Eq, Debug)]
struct Cost {
    name: String,
    counts: [u64; SCENARIOS.len()],
}

impl Cost {
    /// How the call grows with partitions: not at all, by so much for each or less, or otherwise.
    fn growth(&self) -> String {
        let more = |from: usize| {
            let partitions = SCENARIOS[from + 1].1 - SCENARIOS[from].1;
            (self.counts[from + 1] as f64 - self.counts[from] as f64) / partitions as f64
        };
        let [few, many] = [more(0), more(1)];
        if few == 0.0 && many == 0.0 {
            "flat".into()
        } else if many <= few * 1.1 {
            format!("at most {:.0} a partition", few.max(many))
        } else {
            "not linear".into()
        }
    }
}

/// What all counted calls cost, as a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Costs(Vec<Cost>);

/// Counts all calls, once the same scenario has shown that they do what they should.
///
/// # Errors
/// When a scenario does not boot, or not all goes as it must in it.
pub fn costs(emulator: &Emulator) -> Result<Costs, Failure> {
    let image = elf::read(&place::shipped_elf())?;
    let [two, eight, all] = SCENARIOS.map(|(name, _)| -> Result<Vec<(String, u64)>, Failure> {
        // A call that is refused is no figure.
        judge(emulator, named(name)?, &[Spmc::Shipped])
            .map_err(|words| Failure::Count(format!("{name} is not to be counted: {words}")))?;
        let (directory, prepared) = lay_out_with(name, &Parameters::default())?;
        let sites = prepared.programs().flat_map(|program| &program.sites);
        let (names, calls): (Vec<_>, Vec<_>) =
            sites.filter_map(|site| Some((site.counted.clone()?, site.made_at?))).unzip();
        let count::Calls { costs, longest } = count::of_calls(emulator, &directory, &image, &calls)?;
        let longest = ("longest with interrupts masked, of all".to_owned(), longest);
        Ok(names.into_iter().zip(costs).chain([longest]).collect())
    });
    let cost = |(((name, two), (_, eight)), (_, all))| Cost { name, counts: [two, eight, all] };
    Ok(Costs(two?.into_iter().zip(eight?).zip(all?).map(cost).collect()))
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:46} {:>7} {:>7} {:>7} {:>7}",
            "S-EL2 instructions of a call, with partitions:", "2", "8", "32", "target"
        )?;
        for cost in &self.0 {
            let Cost { name, counts: [two, eight, all] } = cost;
            let target = TARGETS.iter().find(|(beginning, _)| name.starts_with(beginning));
            let (target, verdict) = match target {
                Some((_, target)) if two.max(eight).max(all) <= target => (target.to_string(), "met"),
                Some((_, target)) => (target.to_string(), "missed"),
                None => ("-".into(), "no target"),
            };
            let growth = cost.growth();
            write!(f, "\n{name:46} {two:7} {eight:7} {all:7} {target:>7}  {verdict}, {growth}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, Costs};

    #[test]
    fn a_call_is_held_against_its_target_and_against_more_partitions() {
        let cost = |name: &str, counts| Cost { name: name.into(), counts };
        let costs = Costs(vec![
            cost("FFA_RX_RELEASE", [250, 250, 250]),
            cost("FFA_PARTITION_INFO_GET", [900, 1_501, 3_900]),
            cost("FFA_RUN", [900, 900, 2_000]),
            cost("FFA_MEM_SHARE of 32 scattered pages", [9, 9, 9]),
        ]);
        let table = costs.to_string();
        let verdicts: Vec<_> = table
            .lines()
            .skip(1)
            .filter_map(|line| line.rsplit_once("  "))
            .map(|(_, verdict)| verdict)
            .collect();
        assert_eq!(
            verdicts,
            ["met, flat", "missed, at most 100 a partition", "missed, not linear", "no target, flat"]
        );
    }
}
