//! What the walkers make of tables, entry by entry.

use hal::memory::PhysicalRange;
use hal::{Ipa, Pa, Space};

use super::fault::{Fault, Kind};
use super::regime::{Caches, Regime, Stage1, Stage2};
use super::translate::{Mmu, Privilege};
use crate::maintenance::Maintenance;
use crate::ram::Ram;
use crate::unicorn::Access;

/// Where tables are, in both spaces.
const TABLES: u64 = 0x10_0000;
/// The first page that entries map.
const OUTPUT: u64 = 0x4000_0000;
/// An entry's access flag.
const AF: u64 = 1 << 10;
/// Stage 2: loads and stores allowed.
const RW: u64 = 3 << 6;

fn ram() -> Ram {
    let range = |start| PhysicalRange { start, size: 0x2_0000 };
    Ram::new(&[range(Pa::secure(TABLES)), range(Pa::non_secure(TABLES))])
}

fn set(ram: &Ram, space: Space, address: u64, entry: u64) {
    ram.write(Pa { space, address }, &entry.to_le_bytes()).expect("tables are RAM");
}

/// Stage 2 with both roots at [`TABLES`], starting at level 1 with `bits` of input.
fn stage2(bits: u64) -> Stage2 {
    let control = (64 - bits) | 1 << 6;
    Stage2 { vttbr: TABLES, vtcr: control | 5 << 16 | 1 << 30, vsttbr: TABLES, vstcr: control }
}

#[test]
fn a_block_at_level_1_maps_a_gigabyte() {
    let ram = ram();
    set(&ram, Space::Secure, TABLES + 8, OUTPUT | AF | RW | 1);
    let leaf = stage2(39).walk(&ram, Space::Secure, Ipa::secure(0x5234_5678)).expect("mapped");
    assert_eq!((leaf.page, leaf.level), (Pa::secure(0x5234_5000), 1));
}

#[test]
fn concatenated_tables_are_one_long_table() {
    let ram = ram();
    // 42 bits starting at level 1: eight tables; entry 0x7ff is in the last.
    set(&ram, Space::Secure, TABLES + 0x7ff * 8, OUTPUT | AF | RW | 1);
    let ipa = Ipa::secure(0x7ff << 30 | 0x1000);
    let leaf = stage2(42).walk(&ram, Space::Secure, ipa).expect("mapped");
    assert_eq!(leaf.page, Pa::secure(OUTPUT + 0x1000));
}

#[test]
fn an_address_beyond_the_tables_is_a_translation_fault_at_level_0() {
    let ipa = Ipa::secure(1 << 39);
    let fault = stage2(39).walk(&ram(), Space::Secure, ipa).expect_err("outside");
    assert_eq!(fault, Fault::stage2(Kind::Translation, 0, ipa));
}

#[test]
fn an_entry_without_access_flag_faults_at_its_level() {
    let ram = ram();
    set(&ram, Space::Secure, TABLES, OUTPUT | RW | 1);
    let ipa = Ipa::secure(0x1000);
    let fault = stage2(39).walk(&ram, Space::Secure, ipa).expect_err("no access flag");
    assert_eq!(fault, Fault::stage2(Kind::AccessFlag, 1, ipa));
}

#[test]
fn the_space_bits_choose_where_tables_and_output_are() {
    let ram = ram();
    set(&ram, Space::Secure, TABLES, OUTPUT | AF | RW | 1);
    set(&ram, Space::NonSecure, TABLES, (OUTPUT + (1 << 30)) | AF | RW | 1);
    let secure_table = OUTPUT;
    let other_table = OUTPUT + (1 << 30);
    const W: u64 = 1 << 29;
    const A: u64 = 1 << 30;
    use Space::{NonSecure, Secure};
    for (vstcr, vtcr, ipa, space, address) in [
        (0, 0, Secure, Secure, secure_table),
        (A, 0, Secure, NonSecure, secure_table),
        (W, 0, Secure, NonSecure, other_table),
        (0, 0, NonSecure, Secure, secure_table),
        (0, A, NonSecure, NonSecure, secure_table),
        (0, W | A, NonSecure, NonSecure, other_table),
        (0, W, NonSecure, NonSecure, other_table),
        (A, 0, NonSecure, NonSecure, secure_table),
    ] {
        let mut tables = stage2(39);
        tables.vstcr |= vstcr;
        tables.vtcr = tables.vtcr & !(W | A) | vtcr;
        let ipa = Ipa { space: ipa, address: 0 };
        let leaf = tables.walk(&ram, Secure, ipa).expect("mapped");
        assert_eq!(leaf.page, Pa { space, address }, "VSTCR {vstcr:#x}, VTCR {vtcr:#x}, {ipa}");
    }
}

#[test]
fn execute_never_tells_el1_and_el0_apart() {
    let ram = ram();
    for (xn, el1, el0) in [(0, true, true), (1, false, true), (2, false, false), (3, true, false)] {
        set(&ram, Space::Secure, TABLES, OUTPUT | AF | RW | xn << 53 | 1);
        let leaf = stage2(39).walk(&ram, Space::Secure, Ipa::secure(0)).expect("mapped");
        assert_eq!((leaf.execute_el1, leaf.execute_el0), (el1, el0), "XN {xn}");
    }
}

/// A regime of EL1 or EL0 with stage 1 at [`TABLES`], 39 bits in each half, and no stage 2.
fn stage1(el: u64) -> Regime {
    let tcr = 25 | 25 << 16 | 2 << 30 | 5 << 32;
    Regime {
        world: Space::NonSecure,
        el,
        pan: false,
        stage1: Some(Stage1 { ttbr: [TABLES, TABLES + 0x1000], tcr, mair: 0xff, wxn: false, el1: true }),
        stage2: None,
        vmid: 0,
        caches: Caches { data: true, instructions: true, stage2_walks: true, by_default: false },
    }
}

#[test]
fn the_upper_half_has_its_own_tables() {
    let ram = ram();
    set(&ram, Space::NonSecure, TABLES + 0x1000, OUTPUT | AF | 1);
    let address = 0xffff_ff80_0000_3000;
    let mapping = Mmu::default()
        .translate(&ram, &mut Maintenance::default(), &stage1(1), address, Access::Read, Privilege::Own)
        .expect("mapped");
    assert_eq!(mapping.page, Pa::non_secure(OUTPUT + 0x3000));
}

#[test]
fn rights_of_stage_1_depend_on_who_asks() {
    const EL0: u64 = 1 << 6;
    const READ_ONLY: u64 = 1 << 7;
    let ram = ram();
    let allowed = |entry: u64, el, pan, privilege| {
        set(&ram, Space::NonSecure, TABLES, OUTPUT | AF | entry | 1);
        let regime = Regime { pan, ..stage1(el) };
        let may = |access| {
            Mmu::default().translate(&ram, &mut Maintenance::default(), &regime, 0, access, privilege).is_ok()
        };
        (may(Access::Read), may(Access::Write), may(Access::Execute))
    };
    use Privilege::{Own, Unprivileged};
    assert_eq!(allowed(0, 1, false, Own), (true, true, true));
    assert_eq!(allowed(0, 0, false, Own), (false, false, false));
    assert_eq!(allowed(EL0, 0, false, Own), (true, true, true));
    assert_eq!(allowed(EL0, 1, false, Own), (true, true, false), "EL1 executes nothing that EL0 writes");
    assert_eq!(allowed(EL0 | READ_ONLY, 1, false, Own), (true, false, true));
    assert_eq!(allowed(EL0 | READ_ONLY, 1, true, Own), (false, false, true), "PAN");
    assert_eq!(allowed(0, 1, false, Unprivileged), (false, false, false));
    assert_eq!(allowed(3 << 53, 1, false, Own), (true, true, false));
}

#[test]
fn rights_of_tables_limit_what_is_below_them() {
    const NS: u64 = 1 << 63;
    const READ_ONLY: u64 = 1 << 62;
    let ram = ram();
    set(&ram, Space::Secure, TABLES, (TABLES + 0x2000) | NS | READ_ONLY | 3);
    // The next table is in the non-secure space, since NSTable says so.
    set(&ram, Space::NonSecure, TABLES + 0x2000, OUTPUT | AF | 1);
    let regime = Regime { world: Space::Secure, ..stage1(1) };
    let mapping = Mmu::default()
        .translate(&ram, &mut Maintenance::default(), &regime, 0, Access::Read, Privilege::Own)
        .expect("mapped");
    assert_eq!((mapping.page, mapping.write), (Pa::non_secure(OUTPUT), false));
}

#[test]
fn a_permission_fault_of_stage_1_has_no_ipa() {
    let ram = ram();
    set(&ram, Space::NonSecure, TABLES, OUTPUT | AF | 1 << 7 | 1);
    let fault = Mmu::default()
        .translate(&ram, &mut Maintenance::default(), &stage1(1), 0, Access::Write, Privilege::Own)
        .expect_err("read-only");
    assert_eq!(fault, Fault::stage1(Kind::Permission, 1));
    assert_eq!((fault.status(), fault.hpfar()), (0b001101, 0));
}

#[test]
fn pages_of_one_asid_are_not_those_of_another() {
    const NOT_GLOBAL: u64 = 1 << 11;
    let ram = ram();
    let mut mmu = Mmu::default();
    let mut page = |asid: u64, output: u64| {
        set(&ram, Space::NonSecure, TABLES, output | AF | NOT_GLOBAL | 1);
        let mut regime = stage1(1);
        regime.stage1.as_mut().expect("stage 1 is on").ttbr[0] |= asid << 48;
        let mapping = mmu
            .translate(&ram, &mut Maintenance::default(), &regime, 0, Access::Read, Privilege::Own)
            .expect("mapped");
        mapping.page.address
    };
    assert_eq!(page(1, OUTPUT), OUTPUT);
    assert_eq!(page(2, OUTPUT * 2), OUTPUT * 2);
    assert_eq!(page(1, OUTPUT * 2), OUTPUT, "stale, but its own");
    assert_eq!(mmu.findings.len(), 1);
}
