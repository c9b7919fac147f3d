//! `tantalum run`.

use std::process::ExitCode;

use scenarios::machine::MachineKind;
use scenarios::scenario::{Parameters, Scenario};

use super::{Failure, Format};

pub(super) fn run(
    _: &Scenario,
    _: MachineKind,
    _: Format,
    _: &Parameters,
) -> Result<ExitCode, Failure> {
    Err(Failure("no machine".into()))
}
