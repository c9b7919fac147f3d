//! Memory that manifests give partitions, the order of booting, and many partitions.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::{
    DATA_REGION, PACKAGE_IMAGE, PAGE, PARTITION_SIZE, POOL, SECURE_DRAM, SHARED_PAGE, partition_base,
};
use crate::manifest::{Base, Region};
use crate::program::{Access, Arg, Program, Role, Source, Space, args, layout_of};

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
/// `boot.1`, `boot.2` and `boot.3`.
pub fn memory_regions(stage: &mut Stage) {
    let [constants, buffer, shared] = [CONSTANTS, BUFFER, SHARED].map(|region| region.start(1));
    stage.partitions[0].extras.regions = vec![CONSTANTS, BUFFER, SHARED];
    super::boot(stage);
    lending::introduction(stage);
    stage.alone("SP1 uses the regions of its manifest", SP1, |sp1| {
        sp1.attempts("reads its constants", Access::Read, constants).expect_all([0; 3]);
        sp1.attempts("writes its constants", Access::Write(WRITTEN), constants).expect_all([
            1,
            WRITE | PERMISSION_LEVEL_3,
            constants,
        ]);
        let last = buffer + PAGE;
        sp1.attempts("writes the last page of its buffer", Access::Write(WRITTEN), last).expect_all([0; 3]);
        sp1.testifies("reads it", &[("word", Source::Word(last))]).expect(0, WRITTEN.into());
        sp1.attempts("executes from its buffer", Access::Execute, buffer).expect_all([
            1,
            EXECUTE | PERMISSION_LEVEL_3,
            buffer,
        ]);
        sp1.maps(Space::NonSecure, shared);
        sp1.attempts("writes its page of the normal world", Access::Write(WRITTEN), shared)
            .expect_all([0; 3]);
    });
    stage.alone("SP2 reaches for SP1's buffer", SP2, |sp2| {
        sp2.attempts("reads the buffer of SP1", Access::Read, buffer).expect_all([
            1,
            READ | TRANSLATION_LEVEL_3,
            buffer,
        ]);
    });
    stage.alone("The normal world meets the page that is SP1's", NWD, |nwd| {
        lending::reads(nwd, "reads what SP1 wrote", shared, WRITTEN);
        let share = |page| Transaction::share(&[SP2], &[(page, 1)]).bytes();
        lending::shares(nwd, "shares it with SP2", &share(shared)).expect_error(ffa::DENIED);
        lending::shares(nwd, "shares the page before with SP2", &share(shared - PAGE)).expect_success();
        nwd.keeps_handle(HANDLE);
        lending::reclaims(nwd, "takes that page back", HANDLE, 0).expect_success();
    });
}

/// The page of SP1's image where it begins, and takes its exceptions.
const CODE: Region =
    Region { name: "rx", base: Base::LoadRelative(PACKAGE_IMAGE), pages: 1, attributes: 1 << 0 | 1 << 2 };

/// SP1 has regions with all rights that there are: rule `boot.1` inside of its memory, `boot.2` beside it.
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

/// SP2's manifest has it boot before SP1: rule `boot.4`.
pub fn boot_order(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, SP2 first");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("boot-order", 7u32);
    sp2.extras.set("boot-order", 3u32);
    sp2.initialise();
    sp2.asks("asks SP1, which has not begun", SP1, args![]).expect_error(ffa::BUSY);
    sp1.initialise();
    sp2.is_asked("is asked by SP1, which begins", SP1);
    sp2.answers("answers SP1", SP1, args![1]);
    sp1.asks("asks SP2, which waits", SP2, args![]).expect_response(SP2, SP1).expect(3, 1);
}

/// SP4 has the lowest order, SP3 a higher one, SP1 and SP2 have none: rule `boot.4`.
pub fn boot_order_last(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot: SP4, SP3, SP1, SP2");
    let [sp1, sp2, sp3, sp4] = partitions else { panic!("four partitions play") };
    sp1.extras.edits.remove("", "boot-order");
    sp2.extras.edits.remove("", "boot-order");
    sp3.extras.set("boot-order", 9u32);
    sp4.extras.set("boot-order", 2u32);
    let mut begun: Vec<&mut Program> = Vec::new();
    let mut waiting = vec![sp2, sp1, sp3, sp4];
    while let Some(next) = waiting.pop() {
        next.initialise();
        for earlier in &mut begun {
            let role = next.role();
            earlier.is_asked(&format!("is asked by {}, which begins", role.name()), role);
            earlier.answers(&format!("answers {}", role.name()), role, args![]);
            let name = earlier.role().name();
            next.asks(&format!("asks {name}, which waits"), earlier.role(), args![])
                .expect_response(earlier.role(), role);
        }
        for later in waiting.iter().rev() {
            let name = later.role().name();
            next.asks(&format!("asks {name}, which has not begun"), later.role(), args![])
                .expect_error(ffa::BUSY);
        }
        begun.push(next);
    }
}

/// SP1 aborts while it has borrowed a page: the normal world gets that back. Rule `abort.6`.
pub fn aborts_as_borrower(stage: &mut Stage) {
    lending::introduction(stage);
    let (nwd, partitions) = stage.begin("SP1 borrows a page and aborts");
    let sp1 = &mut partitions[0];
    sp1.extras.set("ffa-version", ffa::VERSION_1_3 as u32);
    let share = Transaction::share(&[SP1], &[(SHARED_PAGE, 1)]);
    lending::shares_well(nwd, "shares a page with SP1", &share, HANDLE);
    sp1.is_asked("gets the handle", NWD).handle(3);
    sp1.keeps(HANDLE, 3);
    lending::retrieves(sp1, "retrieves the page", &Transaction::retrieve(&[SP1]))
        .expect(0, ffa::MEM_RETRIEVE_RESP);
    sp1.aborts_by("aborts", args![ffa::ABORT]);
    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)]).expect_error(ffa::ABORTED);
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
    lending::shares_well(
        nwd,
        "shares the page with SP2",
        &Transaction::share(&[SP2], &[(SHARED_PAGE, 1)]),
        HANDLE,
    );
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
}

/// Partitions have all of the secure memory that is not the monitor's: SP1, SP3 and SP8 what lies between, and each
/// writes the last page of what it has.
pub fn eight_partitions(stage: &mut Stage) {
    let between = |name, start: u64, end: u64| Region {
        name,
        base: Base::Address(start),
        pages: ((end - start) / PAGE) as u32,
        attributes: 3,
    };
    let (pool, secure) = (POOL.0 + POOL.1, SECURE_DRAM.0 + SECURE_DRAM.1);
    let regions = [
        (1, between("low", pool, partition_base(1))),
        (3, between("middle", DATA_REGION + PAGE, partition_base(3))),
        (8, between("high", partition_base(8) + PARTITION_SIZE, secure)),
    ];
    for (number, region) in regions {
        stage.partitions[number - 1].extras.regions = vec![region];
    }
    super::boot(stage);
    for (number, region) in regions {
        let last = region.start(number as u16) + u64::from(region.pages - 1) * PAGE;
        let role = Role::Partition(number as u16);
        stage.alone("A partition uses the memory beside its own", role, |partition| {
            partition
                .attempts("writes the last page of its region", Access::Write(WRITTEN), last)
                .expect_all([0; 3]);
            partition.testifies("reads it", &[("word", Source::Word(last))]).expect(0, WRITTEN.into());
        });
    }
}

/// Every partition is asked once, and knows who it is.
pub fn asks_everybody(stage: &mut Stage) {
    let (nwd, partitions) = stage.begin("The normal world asks everybody");
    let count = partitions.len() as u64;
    for (partition, number) in partitions.iter_mut().zip(1..) {
        let role = Role::Partition(number);
        partition.is_asked("is asked", NWD).expect(3, number.into());
        partition.answers("answers", NWD, args![partition_base(number)]);
        nwd.asks(&format!("asks {}", role.name()), role, args![u64::from(number)])
            .expect_response(role, NWD)
            .expect(3, layout_of(role).image - 0x4000);
    }
    nwd.call("counts the partitions", args![ffa::PARTITION_INFO_GET, 0, 0, 0, 0, 1])
        .expect_success()
        .expect(2, count);
}
