//! Memory that was written through the caches, and accesses that do not look into them.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::boot::Boot;
use hal::memory::{Frames, Memory};
use hal::sysreg::*;
use hal::{Ipa, Pa, Sysregs};
use hal_sim::{Outcome, SimCore};

/// Where the guest keeps its stage-1 table.
const STAGE1: u64 = SECURE_GUEST + 0x1_0000;
/// SCTLR_EL1 with stage 1 off and instruction caches on.
const FETCHES_CACHED: u64 = 0x30d0_0800 | 1 << 12;

/// The page that guests and the monitor write.
fn data(boot: &Boot) -> Frames {
    boot.memory.frames(Pa::secure(SECURE_DATA), 1).expect("a page of memory")
}

/// Runs `guest` until it calls, with the data page mapped, after `prepare`.
fn guest_after(guest: &[u8], prepare: impl FnOnce(&mut SimCore, &Boot)) -> Outcome {
    let mut machine = machine(guest, &off());
    // One gigabyte, mapped to itself, by attribute 0.
    let block: u64 = 1 << 10 | 3 << 8 | 1;
    machine.load(Pa::secure(STAGE1), &block.to_le_bytes());
    machine.run(|core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::All);
        tables.map(core, Ipa::secure(STAGE1), STAGE1, Rights::Read);
        prepare(core, &boot);
        let (esr, far) = enter(core, &mut token, &mut guest_at(SECURE_GUEST));
        assert_eq!(esr >> 26, 0x16, "{esr:#x} at {far:#x}");
        serve(core, &mut token, |_, _, request| request)
    })
}

#[track_caller]
fn assert_found(outcome: &Outcome, words: &[&str]) {
    let [finding] = outcome.findings.as_slice() else { panic!("{:#?}", outcome.findings) };
    for words in words {
        assert!(finding.contains(words), "{words}: {finding}");
    }
}

/// A guest that turns stage 1 and the caches on.
macro_rules! stage1_on {
    ($ops:expr, $mair:expr) => {
        constant!($ops, 1, STAGE1);
        constant!($ops, 2, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23);
        constant!($ops, 3, 0x30d0_0801 | 1 << 2 | 1 << 12);
        constant!($ops, 4, $mair);
        dynasm!($ops
            ; .arch aarch64
            ; msr register::TTBR0_EL1, x1
            ; msr register::TCR_EL1, x2
            ; msr register::MAIR_EL1, x4
            ; isb
            ; msr register::SCTLR_EL1, x3
            ; isb
        );
    };
}

/// A guest that loads from line 1 and then from line 4 of the data page.
fn loads() -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; ldr x0, [x1, 0x40]; nop; ldr x0, [x1, 0x108]; hvc 0);
    })
}

#[test]
fn an_uncached_load_of_a_line_that_the_monitor_wrote_is_found_at_its_instruction() {
    let outcome = guest_after(&loads(), |core, boot| {
        core.write(data(boot), 0x100, &[1; 8]).expect("memory");
    });
    assert_found(
        &outcome,
        &[
            "core 0: dirty line: secure world, VMID 1, the uncached load at 0xe400018 of secure 0xe500108",
            "a clean",
        ],
    );
}

#[test]
fn a_line_that_the_monitor_writes_between_two_loads_is_found() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; again: ; ldr x0, [x1, 8]; hvc 0; b <again);
    });
    for clean in [false, true] {
        let outcome = run(&guest, &off(), |core, mut token, boot| {
            let mut tables = guest_tables(core, &boot, 1);
            tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::Read);
            let mut registers = guest_at(SECURE_GUEST);
            for value in 1..=2 {
                enter(core, &mut token, &mut registers);
                core.write(data(&boot), 8, &[value; 8]).expect("memory");
                if clean {
                    core.clean(data(&boot));
                }
            }
            enter(core, &mut token, &mut registers);
            serve(core, &mut token, |_, _, request| request)
        });
        assert_eq!(outcome.findings.len(), if clean { 0 } else { 2 }, "{:#?}", outcome.findings);
    }
}

#[test]
fn a_line_beside_those_that_are_loaded_may_be_dirty() {
    let outcome = guest_after(&loads(), |core, boot| {
        core.write(data(boot), 0x80, &[1; 0x80]).expect("memory");
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn a_line_that_the_monitor_cleaned_or_a_guest_did_may_be_loaded_uncached() {
    let outcome = guest_after(&loads(), |core, boot| {
        core.zero(data(boot)).expect("memory");
        core.clean(data(boot));
    });
    assert_eq!(outcome.findings, [""; 0]);
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA + 0x100);
        dynasm!(ops; .arch aarch64; dc civac, x1; dsb sy; ldr x0, [x1]; hvc 0);
    });
    let outcome = guest_after(&guest, |core, boot| core.zero(data(boot)).expect("memory"));
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn a_store_past_the_caches_is_found_too() {
    let guest = assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; stp x0, x0, [x1, 0x30]; hvc 0);
    });
    let outcome = guest_after(&guest, |core, boot| core.zero(data(boot)).expect("memory"));
    assert_found(&outcome, &["the uncached store at", "secure 0xe500030"]);
}

#[test]
fn a_cached_load_sees_what_the_monitor_wrote() {
    for (mair, uncached) in [(0xff, false), (0x44, true)] {
        let guest = assemble(SECURE_GUEST, |ops| {
            stage1_on!(ops, mair);
            constant!(ops, 1, SECURE_DATA);
            dynasm!(ops; .arch aarch64; ldr x0, [x1]; hvc 0);
        });
        let outcome = guest_after(&guest, |core, boot| core.zero(data(boot)).expect("memory"));
        if uncached {
            assert_found(&outcome, &["dirty line", "the uncached load", "secure 0xe500000"]);
        } else {
            assert_eq!(outcome.findings, [""; 0]);
        }
    }
}

#[test]
fn tables_walked_past_the_caches_must_be_clean() {
    const UNCACHED_WALKS: u64 = 25 | 1 << 6 | 1 << 30;
    for clean in [false, true] {
        let outcome = guest_after(&loads(), |core, boot| {
            core.write_sysreg::<VTCR_EL2>(UNCACHED_WALKS);
            if clean {
                core.clean(boot.pool);
            }
        });
        if clean {
            assert_eq!(outcome.findings, [""; 0]);
        } else {
            let words = "dirty line: secure world, VMID 1, an uncached table walk reads secure 0xe2";
            assert!(outcome.findings[0].contains(words), "{:#?}", outcome.findings);
        }
    }
}

/// A guest that jumps to the data page, where code is that calls.
fn jumps() -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        constant!(ops, 1, SECURE_DATA + 0x200);
        dynasm!(ops; .arch aarch64; br x1);
    })
}

/// Writes that code.
fn write_code(core: &mut SimCore, boot: &Boot) {
    let code = assemble(SECURE_DATA + 0x200, |ops| {
        dynasm!(ops; .arch aarch64; nop; hvc 0);
    });
    core.write(data(boot), 0x200, &code).expect("memory");
}

#[test]
fn code_that_the_monitor_wrote_must_be_made_executable() {
    let outcome = guest_after(&jumps(), |core, boot| {
        core.write_sysreg::<SCTLR_EL12>(FETCHES_CACHED);
        write_code(core, boot);
        core.clean(data(boot));
    });
    assert_found(
        &outcome,
        &["stale instruction: secure world, VMID 1, the fetch at 0xe500200", "secure 0xe500200"],
    );
    let outcome = guest_after(&jumps(), |core, boot| {
        core.write_sysreg::<SCTLR_EL12>(FETCHES_CACHED);
        write_code(core, boot);
        core.make_executable(data(boot));
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn what_is_made_executable_is_not_yet_clean_for_uncached_fetches() {
    let outcome = guest_after(&jumps(), |core, boot| {
        write_code(core, boot);
        core.make_executable(data(boot));
    });
    assert_found(&outcome, &["dirty line", "the uncached fetch at 0xe500200", "a clean is missing"]);
    let outcome = guest_after(&jumps(), |core, boot| {
        write_code(core, boot);
        core.clean(data(boot));
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn code_beside_lines_that_are_stale_may_run() {
    let outcome = guest_after(&jumps(), |core, boot| {
        core.write_sysreg::<SCTLR_EL12>(FETCHES_CACHED);
        write_code(core, boot);
        core.make_executable(data(boot));
        core.write(data(boot), 0x240, &[0; 64]).expect("memory");
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn a_page_that_one_guest_writes_cached_and_another_uses_uncached_is_found() {
    for clean in [false, true] {
        let guest = assemble(SECURE_GUEST, |ops| {
            dynasm!(ops; .arch aarch64; cbz x9, >uncached);
            stage1_on!(ops, 0xff);
            dynasm!(ops; .arch aarch64; uncached: ; nop);
            constant!(ops, 1, SECURE_DATA);
            dynasm!(ops; .arch aarch64; str x9, [x1]; hvc 0);
        });
        let mut machine = machine(&guest, &off());
        let block: u64 = 1 << 10 | 3 << 8 | 1;
        machine.load(Pa::secure(STAGE1), &block.to_le_bytes());
        let outcome = machine.run(|core, mut token, boot| {
            for (vmid, cached) in [(1, 1), (2, 0)] {
                let mut tables = guest_tables(core, &boot, vmid);
                tables.map(core, Ipa::secure(SECURE_DATA), SECURE_DATA, Rights::ReadWrite);
                tables.map(core, Ipa::secure(STAGE1), STAGE1, Rights::Read);
                let mut registers = guest_at(SECURE_GUEST);
                registers.x[9] = cached;
                enter(core, &mut token, &mut registers);
                if clean {
                    core.clean(data(&boot));
                }
            }
            serve(core, &mut token, |_, _, request| request)
        });
        if clean {
            assert_eq!(outcome.findings, [""; 0]);
        } else {
            let words = "mismatched attributes: secure 0xe500000 is used uncached by secure world, VMID 2, and was \
                         written cached by secure world, VMID 1";
            assert_found(&outcome, &[words]);
        }
    }
}

/// A guest that replaces an instruction of the data page, after `between` jumps there, and is not there at first.
fn writes_code(
    between: impl FnOnce(&mut dynasmrt::VecAssembler<dynasmrt::aarch64::Aarch64Relocation>),
) -> Outcome {
    const NOP: u64 = 0xd503_201f;
    const HVC: u64 = 0xd400_0002;
    let guest = assemble(SECURE_GUEST, |ops| {
        stage1_on!(ops, 0xff);
        constant!(ops, 1, SECURE_DATA + 0x200);
        constant!(ops, 2, HVC << 32 | NOP);
        dynasm!(ops; .arch aarch64; ldr x3, [x1]; str xzr, [x1, 0x100]; str x2, [x1]; dsb ish);
        between(ops);
        dynasm!(ops; .arch aarch64; isb; br x1);
    });
    guest_after(&guest, |_, _| {})
}

#[test]
fn code_that_a_guest_wrote_must_be_invalidated_in_instruction_caches() {
    let outcome = writes_code(|_| {});
    assert_found(
        &outcome,
        &["stale instruction: secure world, VMID 1, the fetch at 0xe500200 of secure 0xe500200"],
    );
    let outcome = writes_code(|ops| {
        dynasm!(ops; .arch aarch64; dc cvau, x1; dsb ish; ic ivau, x1; dsb ish);
    });
    assert_eq!(outcome.findings, [""; 0]);
    let outcome = writes_code(|ops| {
        dynasm!(ops; .arch aarch64; dc cvau, x1; dsb ish; ic iallu; dsb ish);
    });
    assert_eq!(outcome.findings, [""; 0]);
}
