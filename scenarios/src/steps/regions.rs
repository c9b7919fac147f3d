//! Regions that manifests give partitions, the order of booting, and many partitions.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, SP2, Stage};
use crate::ffa;
use crate::machine::layout::{PAGE, SECURE_UART, SHARED_PAGE, partition_base};
use crate::manifest::{Base, Region};
use crate::program::{Access, Arg, Role, Source, Space, args, layout_of};

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

/// SP1 has a region in its own memory, one beside it and one of the normal world, and SP2 has none of them.
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

/// SP1 has a device.
pub fn device_region(stage: &mut Stage) {
    /// Where a partition's page for mappings at run time has the device.
    const UART: u64 = SHARED_PAGE / 0x20_0000 * 0x20_0000 + SECURE_UART % 0x20_0000;
    stage.partitions[0].extras.devices = vec![SECURE_UART];
    super::boot(stage);
    let identification = |from: u64| [0, 4, 8, 12].map(|offset| Source::Word(from + offset));
    stage.alone("SP1 looks at the UART that its manifest gives it", SP1, |sp1| {
        sp1.maps(Space::Secure, SECURE_UART);
        let values: Vec<_> =
            ["cell 0", "cell 1", "cell 2", "cell 3"].into_iter().zip(identification(UART + 0xFF0)).collect();
        // What every PrimeCell says there.
        sp1.testifies("reads the device's identification", &values).expect_all([0x0D, 0xF0, 0x05, 0xB1]);
    });
    stage.alone("SP2 looks at it", SP2, |sp2| {
        sp2.maps(Space::Secure, SECURE_UART);
        sp2.attempts("reads the device of SP1", Access::Read, UART).expect(0, 1).expect(2, UART);
    });
}

/// SP2's manifest has it boot before SP1, whose has no order at all.
pub fn boot_order(stage: &mut Stage) {
    let (_, partitions) = stage.begin("The partitions boot, SP2 first");
    let [sp1, sp2] = partitions else { panic!("two partitions play") };
    sp1.extras.set("boot-order", 7u32);
    sp2.extras.set("boot-order", 3u32);
    sp2.initialise();
    sp2.asks("asks SP1, which has not begun", SP1, args![]).expect_error(ffa::BUSY).shows("direct.18");
    sp1.initialise();
    sp2.is_asked("is asked by SP1, which begins", SP1);
    sp2.answers("answers SP1", SP1, args![1]);
    sp1.asks("asks SP2, which waits", SP2, args![]).expect_response(SP2, SP1).expect(3, 1).shows("boot.4");
}

/// SP1 aborts while it has borrowed a page: the normal world gets that back.
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
    sp1.aborts_by("aborts", args![ffa::ABORT]).shows("abort.2");
    nwd.asks("hands SP1 the handle", SP1, args![Arg::Handle(HANDLE)])
        .expect_error(ffa::ABORTED)
        .shows("abort.4");
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success().shows("abort.6");
    lending::shares_well(
        nwd,
        "shares the page with SP2",
        &Transaction::share(&[SP2], &[(SHARED_PAGE, 1)]),
        HANDLE,
    );
    lending::reclaims(nwd, "takes the page back", HANDLE, 0).expect_success();
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
