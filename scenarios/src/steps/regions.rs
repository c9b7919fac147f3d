//! Memory that manifests give partitions.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::{PACKAGE_IMAGE, PAGE};
use crate::manifest::{Base, Region};
use crate::program::{Access, Program, Source, Space};

/// A page of SP1's own memory that it may only read.
const CONSTANTS: Region =
    Region { name: "constants", base: Base::LoadRelative(0x8_0000), pages: 1, attributes: 1 };
/// Memory behind that of all partitions.
const BUFFER: Region = Region { name: "buffer", base: Base::Address(0x0E70_0000), pages: 2, attributes: 3 };
/// A page of the normal world's memory.
const SHARED: Region =
    Region { name: "shared", base: Base::Address(0x6014_0000), pages: 1, attributes: 3 | Region::NON_SECURE };

const WRITTEN: u32 = 0x600D_DA7A;

/// ESR_EL1 of an abort without a change of exception level, IL: a load, a store, a fetch; and level 3's faults.
const READ: u64 = 0x25 << 26 | 1 << 25;
const WRITE: u64 = READ | 1 << 6;
const EXECUTE: u64 = 0x21 << 26 | 1 << 25;
const TRANSLATION_LEVEL_3: u64 = 0b00_0111;
const PERMISSION_LEVEL_3: u64 = 0b00_1111;

/// SP1 has a region in its own memory, one beside it and one of the normal world, and SP2 has none of them: rules
/// `boot.6`, `boot.7` and `boot.8`.
pub fn memory_regions(stage: &mut Stage) {
    let [constants, buffer, shared] = [CONSTANTS, BUFFER, SHARED].map(|region| region.start(1));
    stage.partitions[0].extras.regions = vec![CONSTANTS, BUFFER, SHARED];
    super::boot(stage);
    lending::introduction(stage);
    stage.alone("SP1 uses the regions of its manifest", SP1, |sp1| {
        sp1.attempts("reads its constants", Access::Read, constants).expect_all([0; 3]);
        sp1.attempts("writes its constants", Access::Write(WRITTEN), constants)
            .expect_all([1, WRITE | PERMISSION_LEVEL_3, constants])
            .shows("boot.6");
        let last = buffer + PAGE;
        sp1.attempts("writes the last page of its buffer", Access::Write(WRITTEN), last).expect_all([0; 3]);
        sp1.testifies("reads it", &[("word", Source::Word(last))]).expect(0, WRITTEN.into());
        sp1.attempts("executes from its buffer", Access::Execute, buffer)
            .expect_all([1, EXECUTE | PERMISSION_LEVEL_3, buffer])
            .shows("boot.7");
        let unnamed = constants + PAGE;
        sp1.attempts("writes memory of its own that is no region", Access::Write(WRITTEN), unnamed)
            .expect_all([0; 3])
            .shows("boot.1");
        sp1.maps(Space::NonSecure, shared);
        sp1.attempts("writes its page of the normal world", Access::Write(WRITTEN), shared)
            .expect_all([0; 3]);
    });
    stage.alone("SP2 reaches for SP1's buffer", SP2, |sp2| {
        sp2.attempts("reads the buffer of SP1", Access::Read, buffer)
            .expect_all([1, READ | TRANSLATION_LEVEL_3, buffer])
            .shows("boot.8");
    });
    stage.alone("The normal world meets the page that is SP1's", NWD, |nwd| {
        lending::reads(nwd, "reads what SP1 wrote", shared, WRITTEN);
        let share = |page| Transaction::share(&[SP2], &[(page, 1)]).bytes();
        lending::shares(nwd, "shares it with SP2", &share(shared)).expect_error(ffa::DENIED).shows("share.4");
        lending::shares(nwd, "shares the page before with SP2", &share(shared - PAGE)).expect_success();
        nwd.keeps_handle(HANDLE);
        lending::reclaims(nwd, "takes that page back", HANDLE, 0).expect_success();
    });
}

/// The page of SP1's image where it begins, and takes its exceptions.
const CODE: Region =
    Region { name: "rx", base: Base::LoadRelative(PACKAGE_IMAGE), pages: 1, attributes: 1 << 0 | 1 << 2 };

/// SP1 has regions with all rights that there are, inside of its memory and beside it: rules `boot.1` and `boot.6`.
pub fn region_rights(stage: &mut Stage) {
    let page =
        |name, address, attributes| Region { name, base: Base::Address(address), pages: 1, attributes };
    let secure = [page("r", 0x0E90_0000, 1), page("rw", 0x0E90_2000, 3), page("rwx", 0x0E90_4000, 7), CODE];
    let non_secure = [
        page("ns-r", 0x6014_0000, 1 | Region::NON_SECURE),
        page("ns-rw", 0x6014_2000, 3 | Region::NON_SECURE),
    ];
    stage.partitions[0].extras.regions = [&secure[..], &non_secure].concat();
    super::boot(stage);
    stage.alone("SP1 tries the regions of its manifest", SP1, |sp1| {
        for region in secure {
            tries(sp1, &region);
        }
        for region in non_secure {
            sp1.maps(Space::NonSecure, region.start(1));
            tries(sp1, &region);
        }
    });
}

/// SP1 reads the region, and writes it back where it may.
fn tries(sp1: &mut Program, region: &Region) {
    let (name, start) = (region.name, region.start(1));
    sp1.attempts(&format!("reads the region {name}"), Access::Read, start).expect_all([0; 3]);
    let writes = sp1.attempts(&format!("writes the region {name}"), Access::Write(WRITTEN), start);
    if region.attributes & 1 << 1 != 0 {
        writes.expect_all([0; 3]);
    } else {
        writes.expect_all([1, WRITE | PERMISSION_LEVEL_3, start]);
    }
}
