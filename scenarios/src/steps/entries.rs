//! FFA_SECONDARY_EP_REGISTER: where the virtual CPUs of a partition begin that are not its first.

use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::manifest::{Base, Region};
use crate::program::{Program, Site, args, layout_of};

/// A page of SP1's own memory that it may only read.
const CONSTANTS: Region =
    Region { name: "constants", base: Base::LoadRelative(0xC_0000), pages: 1, attributes: 1 };

/// SP1 has a virtual CPU for each core, and names instructions of its own until it is ready; nobody else names any.
pub fn entry_points(stage: &mut Stage) {
    let place = layout_of(SP1);
    let (_, partitions) = stage.begin("SP1 and SP2 boot, and say where their vCPUs begin");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.regions = vec![CONSTANTS];
    sp1.call("asks whether it may say so", args![ffa::FEATURES, ffa::SECONDARY_EP_REGISTER_64])
        .expect_success()
        .expect(2, 0)
        .shows("features.13");
    names(sp1, "names half an instruction", place.secondary_entry + 2)
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("secondary.3");
    names(sp1, "names what it may not execute", CONSTANTS.start(1))
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("secondary.6");
    names(sp1, "names memory of SP2", layout_of(SP2).image)
        .expect_error(ffa::INVALID_PARAMETERS)
        .shows("secondary.6");
    names(sp1, "names its own beginning", place.image).expect_success().shows("secondary.5");
    sp1.initialise();
    names(sp2, "names its beginning, and has one vCPU", layout_of(SP2).image)
        .expect_error(ffa::NOT_SUPPORTED)
        .shows("secondary.4");
    sp2.initialise();

    stage.alone("SP1 changes its mind too late", SP1, |sp1| {
        names(sp1, "names its own beginning", place.image).expect_error(ffa::DENIED).shows("secondary.2");
    });
    stage.alone("The normal world names an entry point", NWD, |nwd| {
        names(nwd, "names its own beginning", layout_of(NWD).image)
            .expect_error(ffa::NOT_SUPPORTED)
            .shows("secondary.1");
    });
    stage.alone("SP2 runs the vCPU of a core that is off", SP2, |sp2| {
        sp2.call("runs the second vCPU of SP1", args![ffa::RUN, ffa::target(SP1.endpoint(), 1)])
            .expect_error(ffa::DENIED)
            .shows("run.9");
    });
}

fn names<'p>(caller: &'p mut Program, label: &str, entry: u64) -> &'p mut Site {
    caller.call(label, args![ffa::SECONDARY_EP_REGISTER_64, entry])
}
