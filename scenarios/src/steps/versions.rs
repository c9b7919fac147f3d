//! FFA_VERSION and ids: what callers learn before anything else.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::program::{Program, Role, args};

/// Versions as FFA_VERSION spells them.
const V1_0: u64 = 0x1_0000;
const V1_1: u64 = 0x1_0001;
const V1_3: u64 = 0x1_0003;
const V2_0: u64 = 0x2_0000;
/// The bit of a version word that must be zero.
const BIT_31: u64 = 1 << 31;

/// The normal world offers versions; its first other call settles the last that was agreed on.
pub fn version_negotiation(stage: &mut Stage) {
    stage.alone("The normal world offers versions", NWD, |nwd| {
        nwd.call("offers a higher minor version", args![ffa::VERSION, V1_3])
            .expect(0, ffa::NOT_SUPPORTED)
            .shows("version.5");
        nwd.call("offers another major version", args![ffa::VERSION, V2_0])
            .expect(0, ffa::NOT_SUPPORTED)
            .shows("version.4");
        nwd.call("offers no version, bit 31 is set", args![ffa::VERSION, BIT_31 | ffa::VERSION_1_2])
            .expect(0, ffa::NOT_SUPPORTED)
            .shows("version.1");
        nwd.call("offers a lower minor version", args![ffa::VERSION, V1_0]).expect(0, ffa::VERSION_1_2);
        nwd.call("thinks better of it", args![ffa::VERSION, V1_1])
            .expect(0, ffa::VERSION_1_2)
            .shows("version.7");
        nwd.call("makes another call", args![ffa::FEATURES, ffa::VERSION]).expect_success();
        nwd.call("wants another version now", args![ffa::VERSION, ffa::VERSION_1_2])
            .expect(0, ffa::NOT_SUPPORTED)
            .shows("version.2");
        nwd.call("repeats the agreed version", args![ffa::VERSION, V1_1])
            .expect(0, ffa::VERSION_1_2)
            .shows("version.6");
    });
    stage.alone("SP1's manifest says 1.2, and SP1 has made calls", SP1, |sp1| {
        sp1.call("wants another version", args![ffa::VERSION, V1_1])
            .expect(0, ffa::NOT_SUPPORTED)
            .shows("version.2");
        sp1.call("repeats its manifest's version", args![ffa::VERSION, ffa::VERSION_1_2])
            .expect(0, ffa::VERSION_1_2)
            .shows("version.6");
    });
}

/// Everybody asks who it is and who the partition manager is.
pub fn ids(stage: &mut Stage) {
    for (title, role) in
        [("The normal world asks for ids", NWD), ("SP1 asks for ids", SP1), ("SP2 asks for ids", SP2)]
    {
        stage.alone(title, role, |caller| asks_for_ids(caller, role));
    }
}

fn asks_for_ids(caller: &mut Program, role: Role) {
    caller.call("asks who it is", args![ffa::ID_GET]).expect_success().expect(2, role.endpoint().into());
    caller
        .call("asks who the partition manager is", args![ffa::SPM_ID_GET])
        .expect_success()
        .expect(2, ffa::SPMC.into());
}
