//! What a person types: `tantalum list`, `run`, `pack`, and what needs the real machine.

mod check;
mod conformance;
mod explore;
mod gdb;
mod own;
mod qemu;
mod run;
mod soak;
mod speed;
mod sweep;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use hal_sim::Schedule;
use hal_sim::explore::Exploration;
use platforms::Platform;
use scenarios::machine::MachineKind;
use scenarios::machine::sim::Conditions;
use scenarios::machine::sweep::{Choice, Point};
use scenarios::out;
use scenarios::pack::pack;
use scenarios::program::Role;
use scenarios::scenario::{self, Parameters, RunsOn, Scenario};
use scenarios::soak::Cases;

use self::conformance::Options;
use self::gdb::Gdb;

/// One scenario, two machines, one transcript.
#[derive(Parser)]
#[command(version, name = "tantalum")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Names every scenario, what it shows and where it runs
    List,
    /// Runs a scenario, or partitions of your own, and tells what happened; exit code 1 where anything was not as it must be
    Run {
        /// The scenario's name
        #[arg(required_unless_present = "sp", conflicts_with = "sp")]
        name: Option<String>,
        /// A partition of your own: its raw image; once for each partition
        #[arg(long, value_name = "IMAGE", requires = "manifest")]
        sp: Vec<PathBuf>,
        /// The manifest of each such partition, a device tree (dts or dtb)
        #[arg(long, value_name = "FILE", requires = "sp")]
        manifest: Vec<PathBuf>,
        /// A normal world of your own, a raw image entered at NS-EL2 at 0x60000000, instead of one that sends each partition a number
        #[arg(long, value_name = "IMAGE", requires = "sp")]
        normal_world: Option<PathBuf>,
        /// Waits on this port for gdb (`target remote :PORT`): breakpoints, registers, memory, steps, also backwards
        #[arg(long, value_name = "PORT")]
        gdb: Option<u16>,
        /// Whom gdb debugs: nwd, sp1, sp2 …
        #[arg(long, default_value = "sp1", value_parser = gdb::guest, requires = "gdb")]
        guest: Role,
        /// Where it runs
        #[arg(long, value_enum, default_value = "sim")]
        machine: MachineKind,
        /// How it is told
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        /// Direct messages of the scenarios that count them
        #[arg(long, default_value_t = Parameters::default().messages, value_parser = clap::value_parser!(u64).range(2..))]
        messages: u64,
        /// The junk in registers at reset, in the simulator
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Which core runs when, in the simulator: seeded:SEED, round-robin:STEPS, pct:SEED:DEPTH, or turns
        /// "core:steps core:steps ..."
        #[arg(long, default_value_t)]
        schedule: Schedule,
        /// Guest instructions after which a run in the simulator is taken for hung
        #[arg(long, default_value_t = Conditions::default().budget, hide_default_value = true)]
        budget: u64,
        /// Leaves the oracle out, in the simulator: the guests alone say what is wrong
        #[arg(long)]
        unwatched: bool,
        /// An interrupt from outside, in the simulator, as `tantalum sweep` has them: KIND@STEPS
        #[arg(long, value_name = "POINT", conflicts_with_all = ["sp", "gdb", "seed", "schedule", "budget", "unwatched"])]
        interrupt: Option<Point>,
    },
    /// Runs a scenario in the simulator under every schedule of its cores with a few preemptions; exit code 1 at the
    /// first run that is not as it must be, with the command that repeats it
    Explore {
        /// The scenario's name
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// Every scenario that marks the window in which its cores race, one after the other
        #[arg(long)]
        all: bool,
        /// The most times in a run that a core which could go on must let another run
        #[arg(long, default_value_t = 2)]
        preemptions: usize,
        /// The most runs
        #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
        runs: usize,
        /// Random schedules (pct:SEED:3) to try after that
        #[arg(long, default_value_t = 0)]
        random: u64,
    },
    /// Checks manifests and packages before they boot, each for itself and all together; exit code 1 on an error
    Check {
        /// Partitions' manifests and packages in the order of vm1, vm2 …, the monitor's manifest, TF-A's list of packages;
        /// or a directory with all of it
        #[arg(required_unless_present = "tfa")]
        files: Vec<PathBuf>,
        /// How TF-A is built: the make line, or a file that has it (a script, a log of `make V=1`)
        #[arg(long, value_name = "LINE|FILE")]
        tfa: Option<String>,
        /// Checks them against this platform's memory map, devices and cores too
        #[arg(long, value_name = "NAME", value_parser = check::platform)]
        platform: Option<&'static Platform>,
        /// Draws the memory map into this file
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Writes a scenario into a directory that TF-A boots, with any SPMC
    Pack {
        /// The scenario's name
        name: String,
        /// The directory
        #[arg(long)]
        out: PathBuf,
        /// Direct messages of the scenarios that count them
        #[arg(long, default_value_t = Parameters::default().messages, value_parser = clap::value_parser!(u64).range(2..))]
        messages: u64,
    },
    /// Boots scenarios under TF-A and compares what their guests saw with the stored transcripts
    Qemu {
        /// Only this scenario
        #[arg(long)]
        scenario: Option<String>,
        /// Another SPMC to boot, a raw image
        #[arg(long, value_name = "FILE")]
        bl32: Option<PathBuf>,
    },
    /// Says which rules of FF-A the scenarios show; exit code 1 where one is contradicted
    Conformance {
        /// Boots the scenarios that show rules in QEMU too
        #[arg(long)]
        qemu: bool,
        /// The program whose rules can be switched off, to see whether the scenarios notice
        #[arg(long, value_name = "PROGRAM", requires = "changes")]
        mutants: Option<PathBuf>,
        /// The list of what was changed in that program
        #[arg(long, value_name = "FILE", requires = "mutants")]
        changes: Option<PathBuf>,
        /// Writes the page into this file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Exit code 1 where a rule is missing, too
        #[arg(long)]
        strict: bool,
        /// Only this rule, or this group of rules; may be given several times
        #[arg(long, value_name = "ID", conflicts_with = "out")]
        rule: Vec<String>,
    },
    /// Runs scenarios in the simulator with an interrupt of each kind after each instruction, and at each lock and Hal
    /// call of the monitor; exit code 1 where a run is not as it must be, with the command that repeats it
    Sweep {
        /// Only this scenario
        #[arg(long)]
        scenario: Option<String>,
        /// How long it may take: points are left out then, evenly
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// Which points are taken first
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Every point, however long that takes
        #[arg(long, conflicts_with_all = ["minutes", "seed"])]
        all: bool,
    },
    /// Plays random cases, which it makes itself, until one is not as it must be; exit code 1 then, with the command that
    /// repeats it
    Soak {
        /// Only this campaign: bad-input (broken manifests and packages, and boots with them), histories (random calls
        /// by everybody)
        #[arg(long)]
        campaign: Option<String>,
        /// The seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// The number of the first case
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// How much to try: files of bad-input, calls of histories
        #[arg(long, default_value_t = 1_000_000)]
        count: u64,
    },
    /// Measures what the README states, a line a figure
    Bench {
        /// Also say in which functions the instructions of a message are
        #[arg(long)]
        profile: bool,
    },
    /// Boots a scenario in QEMU, stopped, and waits for gdb
    Debug {
        /// The scenario's name
        name: String,
    },
}

/// How a transcript is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// A sequence diagram
    Mermaid,
    /// Every number, for tools
    Json,
}

/// A sentence that says what went wrong and what to do next.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::List => {
            list();
            Ok(ExitCode::SUCCESS)
        }
        Command::Run {
            name,
            sp,
            manifest,
            normal_world,
            machine,
            format,
            messages,
            gdb,
            guest,
            seed,
            schedule,
            budget,
            unwatched,
            interrupt,
        } => {
            let conditions =
                Conditions { seed, schedule, budget, oracle: !unwatched, ..Conditions::default() };
            let gdb = gdb.map(|port| Gdb { port, guest });
            match name {
                Some(name) => find(&name).and_then(|scenario| {
                    if let Some(point) = interrupt {
                        return run::run_interrupted(scenario, format, point);
                    }
                    run::run(
                        scenario,
                        machine,
                        format,
                        &Parameters { messages, ..Parameters::default() },
                        &conditions,
                        gdb,
                    )
                }),
                None => own::run_own(&sp, &manifest, normal_world.as_deref(), format, &conditions, gdb),
            }
        }
        Command::Explore { name, all: _, preemptions, runs, random } => {
            let exploration = Exploration { runs, ..Exploration::with_preemptions(preemptions) };
            match name {
                Some(name) => find(&name).map(|scenario| explore::explore(scenario, &exploration, random)),
                None => Ok(explore::explore_all(&exploration, random)),
            }
        }
        Command::Check { files, platform, tfa, svg } => {
            check::check(&files, platform, tfa.as_deref(), svg.as_deref())
        }
        Command::Pack { name, out, messages } => find(&name).and_then(|scenario| {
            pack_into(scenario, &out, &Parameters { messages, ..Parameters::default() })
        }),
        Command::Qemu { scenario, bl32 } => {
            let only = scenario.as_deref().map(find).transpose();
            only.and_then(|only| qemu::compare(only, bl32.as_deref()))
        }
        Command::Conformance { qemu, mutants, changes, out, strict, rule } => {
            let mutants = mutants.as_deref().zip(changes.as_deref());
            conformance::conformance(&Options { qemu, mutants, out: out.as_deref(), strict, only: &rule })
        }
        Command::Sweep { scenario, minutes, seed, all } => {
            let choice = if all { Choice::All } else { Choice::Spread(seed) };
            let minutes = (!all).then_some(minutes);
            let only = scenario.as_deref().map(find).transpose();
            only.map(|only| sweep::sweep(&sweep::Options { only, choice, minutes }))
        }
        Command::Soak { campaign, seed, first, count } => {
            soak::soak(campaign.as_deref(), Cases { seed, first, count })
        }
        Command::Bench { profile } => qemu::bench(profile),
        Command::Debug { name } => find(&name).and_then(qemu::debug),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("tantalum: {failure}");
        ExitCode::FAILURE
    })
}

fn list() {
    let width = scenario::all().iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    for scenario in scenario::all() {
        let machines = match scenario.runs_on {
            RunsOn::Both => String::new(),
            RunsOn::Only(machine, why) => format!(" (only {machine:?}: {why})"),
        };
        out::line(format_args!("{:width$}  {}{machines}", scenario.name, scenario.shows));
    }
}

fn find(name: &str) -> Result<&'static Scenario, Failure> {
    scenario::find(name).map_err(|nearest| {
        let nearest: Vec<_> = nearest.into_iter().take(3).collect();
        Failure(format!(
            "there is no scenario \"{name}\"; nearest are {}; `tantalum list` shows all",
            nearest.join(", ")
        ))
    })
}

fn pack_into(scenario: &Scenario, directory: &Path, parameters: &Parameters) -> Result<ExitCode, Failure> {
    pack(scenario, &scenario.prepare(parameters), directory).map_err(|error| {
        Failure(format!("{}: {error}; give a directory that can be written with --out", directory.display()))
    })?;
    out::line(format_args!("{}: packed; README.txt in it says how it boots", directory.display()));
    Ok(ExitCode::SUCCESS)
}
