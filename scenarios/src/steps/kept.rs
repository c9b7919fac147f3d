//! What a call leaves to its caller: x8 to x17, which no answer here uses. EL3 passes on what it is given, so the monitor
//! has to keep them for the normal world too, whose compilers count on it.

use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::program::{Arg, Program, Role, Site, args};

/// x8 and on of a call of `role`: each register another value.
fn kept(role: Role) -> impl Iterator<Item = u64> {
    let first = 0x1000 * (u64::from(role.endpoint()) + 1);
    (8..18).map(move |register| first + register)
}

/// `args`, which are fewer than eight, with [`kept`] behind x7.
fn with_kept(role: Role, args: &[Arg]) -> Vec<Arg> {
    let zeros = std::iter::repeat(Arg::Value(0));
    args.iter().copied().chain(zeros).take(8).chain(kept(role).map(Arg::Value)).collect()
}

/// Requires that `role` still has its registers.
fn still_has(site: &mut Site, role: Role) {
    for (register, value) in (8..).zip(kept(role)) {
        site.expect(register, value);
    }
}

/// The normal world and SP1 have x8 to x17 in use while they make calls that are served, refused and sent on.
pub fn kept_registers(stage: &mut Stage) {
    for (title, role) in [("The normal world has x8 to x17 in use", NWD), ("SP1 has x8 to x17 in use", SP1)] {
        stage.alone(title, role, |caller| calls_with_kept(caller, role));
    }
    let (nwd, partitions) = stage.begin("The normal world has x8 to x17 in use while SP1 runs");
    partitions[0].is_asked("is asked", NWD);
    partitions[0].answers("answers", NWD, args![1]);
    let request = with_kept(NWD, &nwd.request(SP1, args![]));
    still_has(nwd.call("asks SP1", &request).expect_response(SP1, NWD), NWD);
}

fn calls_with_kept(caller: &mut Program, role: Role) {
    let served = with_kept(role, args![ffa::FEATURES, ffa::VERSION]);
    still_has(caller.call("asks for a call that everybody has", &served).expect_success(), role);
    let refused = with_kept(role, args![ffa::FEATURES, 0xDEAD]);
    let site = caller.call("asks for a feature that nobody has", &refused);
    still_has(site.expect_error(ffa::NOT_SUPPORTED), role);
}
