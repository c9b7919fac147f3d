//! QEMU: TF-A, an image of the monitor, and a packed scenario.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Ending, Run};
use crate::pack::pack;
use crate::qemu::{Emulator, Failure, Options, boot};
use crate::scenario::{Prepared, Scenario};

/// A boot that takes longer has hung: the longest takes a second.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Where everything is that `make qemu` builds.
pub fn build_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../build")
}

/// The directory with TF-A's images.
pub fn firmware() -> PathBuf {
    build_directory().join("tfa")
}

/// The raw image called `name`: `spmc` as shipped, `spmc-traced`.
pub fn image(name: &str) -> PathBuf {
    build_directory().join(format!("images/{name}.bin"))
}

/// Boots `scenario`, prepared as `prepared`, with the traced image.
///
/// # Errors
/// When it does not boot or does not end well.
pub fn run(scenario: &Scenario, prepared: &Prepared) -> Result<Run, Failure> {
    let directory = build_directory().join("run").join(scenario.name);
    let failed = |error| Failure::File { path: directory.clone(), error };
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(failed)?;
    }
    pack(scenario, prepared, &directory).map_err(failed)?;
    let options = Options { firmware: &firmware(), spmc: &image("spmc-traced"), limit: LIMIT };
    let booted = boot(&Emulator::find()?, &directory, &options)?;
    Ok(Run { ending: Ending::PowerOff, stream: booted.stream, findings: Vec::new() })
}
