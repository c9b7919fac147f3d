//! Boots that must not be: each mistake in a manifest or a package keeps the machine from booting (rule `boot.5`), and
//! the console's line says where it is, what was found and what is allowed.
//!
//! All are the same machine with two partitions, which without the mistake boots and is powered off.

mod monitor;
mod packages;
mod properties;
mod regions;

use super::Scenario;
use crate::steps::Manifests;

/// Defines them: name, the rule that it shows, what the monitor says, and what is wrong, in the manifests that are the
/// closure's argument.
macro_rules! wrong_boots {
    ($($name:literal $(shows $rule:literal)?: $why:literal, |$manifests:ident| $change:expr;)*) => {
        pub(super) static ALL: &[$crate::scenario::Scenario] = &[$($crate::scenario::Scenario {
            name: $name,
            shows: concat!("does not boot: ", $why),
            partitions: 2,
            ends: $crate::scenario::Ends::NoBoot($why),
            rules: &[$($rule)?],
            steps: &[
                $crate::steps::boot,
                |stage: &mut $crate::steps::Stage| {
                    let $manifests: &mut $crate::steps::Manifests<'_> = &mut stage.manifests();
                    $change;
                },
                $crate::steps::end,
            ],
            ..$crate::scenario::catalogue::ON_ONE_CORE
        }),*];
    };
}
use wrong_boots;

/// Memory that nobody has.
const FREE: u64 = 0x0E80_0000;

/// All of them.
pub(super) fn all() -> Vec<Scenario> {
    [properties::ALL, regions::ALL, packages::ALL, monitor::ALL].concat()
}
