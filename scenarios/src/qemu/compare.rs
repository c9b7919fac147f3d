//! Boots scenarios in QEMU and compares what their programs saw with what the simulator's snapshot says.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::boot::boot;
use super::command::{Emulator, Options};
use super::diff::differences;
use super::failure::Failure;

/// Machines that run at once.
const AT_ONCE: usize = 2;

/// Puts a scenario's files into a directory.
pub type Pack<'a> = Box<dyn Fn(&Path) -> Result<(), String> + Sync + Send + 'a>;

/// Reads the guests' lines out of a boot's stream.
pub type GuestLines<'a> = Box<dyn Fn(&[u8]) -> Result<Vec<String>, String> + Sync + Send + 'a>;

/// A scenario that can be packed, booted and judged.
pub struct Case<'a> {
    /// The scenario's name.
    pub name: String,
    /// The guests' lines of its snapshot, or `None` where it has none because it runs only in QEMU: then it has to
    /// end well and no more.
    pub expected: Option<Vec<String>>,
    /// Packs the scenario into an empty directory.
    pub pack: Pack<'a>,
    /// The guests' lines of a boot's stream.
    pub guest_lines: GuestLines<'a>,
}

/// An SPMC to boot the scenarios with.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// What the report calls it.
    pub name: &'a str,
    /// How it boots.
    pub options: Options<'a>,
}

/// How the scenarios did.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Scenarios whose guests saw with each image what the snapshot says.
    pub same: usize,
    /// Scenarios that differ, hang or do not boot.
    pub differ: usize,
    /// Scenarios that only the simulator can run.
    pub simulator_only: usize,
    /// Scenarios that only QEMU can run, and that ended well.
    pub qemu_only: usize,
}

impl Tally {
    /// True when nothing differs.
    pub fn is_clean(&self) -> bool {
        self.differ == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} scenarios: {} same, {} differ, {} simulator only, {} QEMU only",
            self.same + self.differ,
            self.same,
            self.differ,
            self.simulator_only,
            self.qemu_only
        )
    }
}

/// Boots each of `cases` with each of `images` in directories below `work`, prints a line a scenario and the
/// differences of those that have any, and counts. `simulator_only` is the number of scenarios not in `cases`.
pub fn compare(
    emulator: &Emulator,
    cases: &[Case<'_>],
    images: &[Image<'_>],
    work: &Path,
    simulator_only: usize,
) -> Tally {
    let queue: Mutex<VecDeque<&Case<'_>>> = Mutex::new(cases.iter().collect());
    let tally = Mutex::new(Tally {
        simulator_only,
        ..Tally::default()
    });
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next(&queue) {
                    let verdict = judge(emulator, case, images, work);
                    // One scenario's words are printed in one piece.
                    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                    println!("  {:width$}  {}", case.name, verdict.words);
                    match (verdict.well, &case.expected) {
                        (false, _) => tally.differ += 1,
                        (true, Some(_)) => tally.same += 1,
                        (true, None) => tally.qemu_only += 1,
                    }
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The next scenario that nobody has begun.
fn next<'a, 'b>(queue: &Mutex<VecDeque<&'a Case<'b>>>) -> Option<&'a Case<'b>> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop_front()
}

/// How a scenario did with all images.
struct Verdict {
    well: bool,
    words: String,
}

/// Boots `case` with each image; stops at the first that does not do well.
fn judge(emulator: &Emulator, case: &Case<'_>, images: &[Image<'_>], work: &Path) -> Verdict {
    let mut times = Vec::new();
    for image in images {
        match attempt(emulator, case, image, work) {
            Ok(took) => times.push(format!("{} {took}", image.name)),
            Err(words) => {
                let words = format!("{} image: {}", image.name, words.trim_end());
                return Verdict {
                    well: false,
                    words: words.replace('\n', "\n    "),
                };
            }
        }
    }
    let kind = match case.expected {
        Some(_) => "same",
        None => "ended well",
    };
    Verdict {
        well: true,
        words: format!("{kind} ({})", times.join(", ")),
    }
}

/// Boots `case` with one image: how long that took, or what is wrong with it.
fn attempt(
    emulator: &Emulator,
    case: &Case<'_>,
    image: &Image<'_>,
    work: &Path,
) -> Result<String, String> {
    let directory = work.join(&case.name).join(image.name);
    let text = |failure: Failure| failure.to_string();
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(|error| error.to_string())?;
    }
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    (case.pack)(&directory)?;
    let booted = boot(emulator, &directory, &image.options).map_err(text)?;
    let found = (case.guest_lines)(&booted.stream)?;
    if let Some(expected) = &case.expected {
        let differences = differences(expected, &found);
        if !differences.is_empty() {
            return Err(format!(
                "differs (- the simulator's snapshot, + QEMU)\n{differences}"
            ));
        }
    }
    Ok(format!("{:.1} s", booted.took.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn the_last_line_counts_what_was_compared_and_what_could_not_be() {
        let tally = Tally {
            same: 3,
            differ: 0,
            simulator_only: 2,
            qemu_only: 1,
        };
        assert_eq!(
            tally.to_string(),
            "3 scenarios: 3 same, 0 differ, 2 simulator only, 1 QEMU only"
        );
        assert!(tally.is_clean());
    }
}
