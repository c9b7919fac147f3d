//! Why a boot gave no stream to compare.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A boot that did not end as a scenario ends.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no QEMU, or it does not say its version.
    #[error("qemu-system-aarch64 does not run here ({0}); `make qemu` installs it")]
    NoEmulator(String),
    /// QEMU has no S-EL2 that works.
    #[error("QEMU {found} is too old: an SPMC at S-EL2 needs 7.2 or newer")]
    OldEmulator {
        /// Its version, as it says it.
        found: String,
    },
    /// A file that the machine boots from is not there or cannot be used.
    #[error("{}: {error}; `make qemu` builds it", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says of it.
        error: io::Error,
    },
    /// Nothing ended the machine in time.
    #[error("still running after {limit:?}\n{log}\nlast exceptions:\n{exits}")]
    Hung {
        /// How long it ran.
        limit: Duration,
        /// The last lines of both UARTs.
        log: String,
        /// The last exceptions of a second run, one a line.
        exits: String,
    },
    /// TF-A gave up.
    #[error("the firmware stopped: {line}\n{log}")]
    Firmware {
        /// What it said.
        line: String,
        /// The last lines of both UARTs.
        log: String,
    },
    /// The machine ended, and not by a guest's word that all is well.
    #[error("QEMU ended with {status}\n{log}")]
    Ended {
        /// Its exit code or signal.
        status: String,
        /// The last lines of both UARTs and of QEMU.
        log: String,
    },
    /// The machine ended well and no guest had said anything.
    #[error("no guest reported anything\n{log}")]
    Silent {
        /// The last lines of both UARTs.
        log: String,
    },
    /// An instruction count that cannot be right.
    #[error("{0}")]
    Count(String),
    /// An image that is not an AArch64 ELF file.
    #[error("{}: not an AArch64 ELF file", .0.display())]
    NotElf(PathBuf),
}

impl Failure {
    /// For `map_err`: an error of the system at `path`.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Failure + '_ {
        move |error| Failure::File { path: path.to_owned(), error }
    }
}
