//! Two physical and two intermediate physical address spaces, and a TLB that remembers.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::memory::Memory;
use hal::tlb::{Tlb, Vmid};
use hal::{Ipa, Pa};

/// Where the guest keeps its stage-1 tables: level 1, level 2, level 3.
const STAGE1: u64 = SECURE_GUEST + 0x1_0000;
/// A virtual address that the guest maps to [`SHARED`] in the secure space.
const SECURE_VIEW: u64 = 0x1000;
/// A virtual address that the guest maps to [`SHARED`] in the non-secure space.
const NORMAL_VIEW: u64 = 0x2000;
/// The address that names a page in each space.
const SHARED: u64 = 0x0e60_0000;

/// Stage-1 tables that map the guest's code to itself and two views of [`SHARED`].
fn stage1() -> Vec<u8> {
    const PAGE: u64 = 1 << 10 | 3 << 8 | 3;
    const NS: u64 = 1 << 5;
    const GUEST_LEVEL2: u64 = 3;
    let mut pages = vec![[0u64; 512]; 5];
    let table = |index: u64| (STAGE1 + index * 0x1000) | 3;
    pages[0][0] = table(1);
    pages[1][0] = table(2);
    pages[2][1] = SHARED | PAGE;
    pages[2][2] = SHARED | PAGE | NS;
    // One block of 2 MiB: the code.
    pages[1][(SECURE_GUEST >> 21) as usize] = SECURE_GUEST | 1 << 10 | 3 << 8 | 1;
    pages[GUEST_LEVEL2 as usize][0] = 0;
    pages.concat().iter().flat_map(|entry| entry.to_le_bytes()).collect()
}

/// Guest code that turns stage 1 on.
macro_rules! stage1_on {
    ($ops:expr) => {
        constant!($ops, 1, STAGE1);
        constant!($ops, 2, 25 | 1 << 23);
        constant!($ops, 3, 0x30d0_0801);
        dynasm!($ops
            ; .arch aarch64
            ; msr register::TTBR0_EL1, x1
            ; msr register::TCR_EL1, x2
            ; isb
            ; msr register::SCTLR_EL1, x3
            ; isb
        );
    };
}

/// Maps the pages of the guest's stage-1 tables and both pages at [`SHARED`].
fn map_all(tables: &mut Tables, core: &mut hal_sim::SimCore) {
    for page in 0..5 {
        let address = STAGE1 + page * 0x1000;
        tables.map(core, Ipa::secure(address), address, Rights::ReadWrite);
    }
    tables.map(core, Ipa::secure(SHARED), SHARED, Rights::ReadWrite);
    // The non-secure space has no RAM at the secure page's address, so its IPA leads elsewhere.
    tables.map(core, Ipa::non_secure(SHARED), NORMAL_DATA, Rights::ReadWrite);
}

#[test]
fn one_address_names_different_bytes_in_each_space_and_stage_1_chooses() {
    let guest = assemble(SECURE_GUEST, |ops| {
        stage1_on!(ops);
        constant!(ops, 4, SECURE_VIEW);
        constant!(ops, 5, NORMAL_VIEW);
        dynasm!(ops; .arch aarch64; ldr x6, [x4]; ldr x7, [x5]; movz x8, 0x99; str x8, [x5, 8]; hvc 0);
    });
    let mut machine = machine(&guest, &off());
    machine.load(Pa::secure(STAGE1), &stage1());
    machine.load(Pa::secure(SHARED), &0x5ec_u64.to_le_bytes());
    machine.load(Pa::non_secure(NORMAL_DATA), &0x2077_u64.to_le_bytes());
    let mut seen = None;
    let outcome = machine.run(|core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        map_all(&mut tables, core);
        let mut registers = guest_at(SECURE_GUEST);
        let (esr, far) = enter(core, &mut token, &mut registers);
        assert_eq!(esr >> 26, 0x16, "{esr:#x} {far:#x}");
        seen = Some((registers.x[6], registers.x[7]));
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, Some((0x5ec, 0x2077)));
    let mut written = [0; 8];
    machine.read(Pa::non_secure(NORMAL_DATA + 8), &mut written);
    assert_eq!(u64::from_le_bytes(written), 0x99);
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn without_stage_1_a_secure_guest_cannot_reach_the_normal_world() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, NORMAL_DATA);
        dynasm!(ops; .arch aarch64; ldr x0, [x1]; hvc 0);
    });
    let mut seen = None;
    run(&guest, &off(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        tables.map(core, Ipa::non_secure(NORMAL_DATA), NORMAL_DATA, Rights::ReadWrite);
        seen = Some(enter(core, &mut token, &mut guest_at(SECURE_GUEST)));
        serve(core, &mut token, |_, _, request| request)
    });
    let (esr, far) = seen.expect("an exit");
    assert_eq!((esr >> 26, far), (0x24, NORMAL_DATA));
}

#[test]
fn a_stage_1_walk_that_stage_2_refuses_says_so() {
    let guest = assemble(SECURE_GUEST, |ops| {
        stage1_on!(ops);
        dynasm!(ops; .arch aarch64; hvc 0);
    });
    let mut machine = machine(&guest, &off());
    machine.load(Pa::secure(STAGE1), &stage1());
    let mut seen = None;
    machine.run(|core, mut token, boot| {
        guest_tables(core, &boot, 1);
        seen = Some(enter(core, &mut token, &mut guest_at(SECURE_GUEST)));
        serve(core, &mut token, |_, _, request| request)
    });
    let (esr, _) = seen.expect("an exit");
    const S1PTW: u64 = 1 << 7;
    assert_eq!((esr >> 26, esr & S1PTW), (0x20, S1PTW));
}

#[test]
fn stage_1_faults_are_the_guests_own() {
    let guest = assemble(SECURE_GUEST, |ops| {
        stage1_on!(ops);
        constant!(ops, 4, 0x7000);
        dynasm!(ops; .arch aarch64; strb w9, [x4, 5]; hvc 1; .align 0x800);
        dynasm!(ops; .arch aarch64; .bytes [0u8; 0x200]; mrs x8, register::ESR_EL1; mrs x7, register::FAR_EL1; hvc 2);
    });
    let mut machine = machine(&guest, &off());
    machine.load(Pa::secure(STAGE1), &stage1());
    let mut seen = None;
    machine.run(|core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        map_all(&mut tables, core);
        let mut registers = guest_at(SECURE_GUEST);
        let (esr, ..) = enter(core, &mut token, &mut registers);
        seen = Some((esr & 0xffff, registers.x[7], registers.x[8]));
        serve(core, &mut token, |_, _, request| request)
    });
    // Data abort from the same level, IL, WnR, translation fault at level 3; no instruction details.
    assert_eq!(seen, Some((2, 0x7005, 0x25 << 26 | 1 << 25 | 1 << 6 | 0b000111)));
}

#[test]
fn an_unmapped_page_stays_reachable_until_it_is_invalidated_and_that_is_found() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; again: ; ldr x0, [x1]; hvc 0; b <again);
    });
    for invalidate in [false, true] {
        let mut classes = Vec::new();
        let outcome = run(&guest, &one_call(), |core, mut token, boot| {
            let mut tables = guest_tables(core, &boot, 1);
            let page = Ipa::secure(SECURE_DATA);
            tables.map(core, page, SECURE_DATA, Rights::ReadWrite);
            let mut registers = guest_at(SECURE_GUEST);
            classes.push(enter(core, &mut token, &mut registers).0 >> 26);
            tables.unmap(core, page);
            if invalidate {
                core.invalidate(Vmid(1), page, 1);
            }
            // The world switch between makes the emulator forget, but not the machine.
            let _ = hal::Monitor::next_request(core, &mut token, &ready());
            classes.push(enter(core, &mut token, &mut registers).0 >> 26);
            serve(core, &mut token, |_, _, request| request)
        });
        let words = outcome.findings.join("\n");
        if invalidate {
            assert_eq!((classes, words.as_str()), (vec![0x16, 0x24], ""));
        } else {
            assert_eq!(classes, [0x16, 0x16], "the stale translation is used");
            assert!(
                words.contains("VMID 1, secure 0xe500000") && words.contains("a TLBI is missing"),
                "{words}"
            );
            assert_eq!(outcome.findings.len(), 1, "{words}");
        }
    }
}

#[test]
fn a_valid_entry_replaced_by_another_is_found() {
    let outcome = run(&[], &off(), |core, mut token, boot| {
        let mut tables = Tables::new(&boot, 1);
        let page = Ipa::secure(SECURE_DATA);
        tables.map(core, page, SECURE_DATA, Rights::ReadWrite);
        tables.map(core, page, SECURE_DATA, Rights::Read);
        tables.map(core, page, SECURE_DATA + 0x1000, Rights::Read);
        serve(core, &mut token, |_, _, request| request)
    });
    let words = outcome.findings.join("\n");
    assert!(outcome.findings.len() == 1 && words.contains("break before make"), "{words}");
}

#[test]
fn two_guests_with_their_own_vmid_share_no_translation() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; ldr x0, [x1]; hvc 0);
    });
    let mut machine = machine(&guest, &off());
    machine.load(Pa::secure(SECURE_DATA), &11u64.to_le_bytes());
    machine.load(Pa::secure(SECURE_DATA + 0x1000), &22u64.to_le_bytes());
    let mut seen = Vec::new();
    let outcome = machine.run(|core, mut token, boot| {
        let tables: Vec<_> = (1..=2)
            .map(|vmid| {
                let mut tables = guest_tables(core, &boot, vmid);
                let page = SECURE_DATA + 0x1000 * u64::from(vmid - 1);
                tables.map(core, Ipa::secure(SECURE_DATA), page, Rights::ReadWrite);
                tables
            })
            .collect();
        for tables in tables.iter().chain(&tables) {
            tables.activate(core);
            let mut registers = guest_at(SECURE_GUEST);
            enter(core, &mut token, &mut registers);
            seen.push(registers.x[0]);
        }
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!((seen, outcome.findings), (vec![11, 22, 11, 22], vec![]));
}

#[test]
fn memory_outside_the_frames_or_outside_ram_is_refused() {
    let mut seen = Vec::new();
    run(&[], &off(), |core, mut token, boot| {
        let mut bytes = [0; 16];
        seen.push(core.read(boot.manifest, 0x0ff0, &mut bytes).is_ok());
        seen.push(core.read(boot.manifest, 0x0ff8, &mut bytes).is_ok());
        seen.push(core.write(boot.manifest, 0x1000, &bytes).is_ok());
        serve(core, &mut token, |_, _, request| request)
    });
    assert_eq!(seen, [true, false, false]);
}
