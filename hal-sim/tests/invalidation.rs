//! Changes of stage-2 tables: each forgotten or wrong step of break, invalidate, make is found, and named.

mod common;

use common::*;
use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use hal::boot::Boot;
use hal::memory::Memory;
use hal::tlb::{Tlb, Vmid};
use hal::{Ipa, Monitor, Sysregs};
use hal_sim::{Outcome, SimCore};

const PAGE: Ipa = Ipa::secure(SECURE_DATA);

/// A guest that loads from two pages, then calls, for ever; entered at the call at first.
fn guest() -> Vec<u8> {
    assemble(SECURE_GUEST, |ops| {
        dynasm!(ops; .arch aarch64; again: ; hvc 0);
        constant!(ops, 1, SECURE_DATA);
        dynasm!(ops; .arch aarch64; ldr x0, [x1]; ldr x2, [x1, 0x1000]; b <again);
    })
}

/// Maps two pages, lets the guest load from both, unmaps both, and enters the guest again after `invalidate`.
fn unmapped_and_then(invalidate: impl FnOnce(&mut SimCore, &mut dyn FnMut(&mut SimCore))) -> Outcome {
    run(&guest(), &one_call(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        for page in 0..2 {
            let address = SECURE_DATA + page * 0x1000;
            tables.map(core, Ipa::secure(address), address, Rights::ReadWrite);
        }
        let mut registers = guest_at(SECURE_GUEST);
        for _ in 0..2 {
            enter(core, &mut token, &mut registers);
        }
        for page in 0..2 {
            tables.unmap(core, Ipa::secure(SECURE_DATA + page * 0x1000));
        }
        let mut only_call = guest_at(SECURE_GUEST);
        invalidate(core, &mut |core| {
            enter(core, &mut token, &mut only_call);
        });
        enter(core, &mut token, &mut registers);
        serve(core, &mut token, |_, _, request| request)
    })
}

#[track_caller]
fn assert_found(outcome: &Outcome, words: &[&str]) {
    let found = |finding: &&String| words.iter().all(|words| finding.contains(words));
    assert!(outcome.findings.iter().any(|finding| found(&finding)), "{words:?}: {:#?}", outcome.findings);
}

#[test]
fn an_unmap_that_is_invalidated_before_anybody_runs_is_in_order() {
    let outcome = unmapped_and_then(|core, _| core.invalidate(Vmid(1), PAGE, 2));
    assert_eq!(outcome.findings, [""; 0]);
    let outcome = unmapped_and_then(|core, _| core.invalidate_vmid(Vmid(1)));
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn an_invalidation_after_a_guest_ran_is_late() {
    let outcome = unmapped_and_then(|core, run_guest| {
        run_guest(core);
        core.invalidate(Vmid(1), PAGE, 2);
    });
    assert_found(
        &outcome,
        &["core 0", "late TLBI", "secure world, VMID 1", "secure 0xe500000", "a guest ran"],
    );
    assert_found(&outcome, &["late TLBI", "secure 0xe501000"]);
    assert_eq!(outcome.findings.len(), 2, "{:#?}", outcome.findings);
}

#[test]
fn an_invalidation_of_fewer_pages_than_were_changed_is_too_narrow() {
    let outcome = unmapped_and_then(|core, _| core.invalidate(Vmid(1), Ipa::secure(SECURE_DATA + 0x1000), 1));
    assert_found(
        &outcome,
        &[
            "stale translation used",
            "VMID 1, secure 0xe500000",
            "too narrow: it named secure 0xe501000, 1 page",
        ],
    );
}

#[test]
fn an_invalidation_of_the_other_space_is_found() {
    let outcome = unmapped_and_then(|core, _| core.invalidate(Vmid(1), Ipa::non_secure(SECURE_DATA), 2));
    assert_found(
        &outcome,
        &["secure 0xe500000 (rw-), where", "of the wrong space: it named non-secure 0xe500000, 2 pages"],
    );
}

#[test]
fn an_invalidation_of_another_vmid_is_found() {
    let outcome = unmapped_and_then(|core, _| core.invalidate(Vmid(2), PAGE, 2));
    assert_found(&outcome, &["VMID 1, secure 0xe500000", "of the wrong VMID: it named VMID 2"]);
    let outcome = unmapped_and_then(|core, _| core.invalidate_vmid(Vmid(2)));
    assert_found(&outcome, &["VMID 1, secure 0xe500000", "of the wrong VMID: it named VMID 2"]);
}

/// Lets `change` work on tables that map a page.
fn changed(change: impl FnOnce(&mut SimCore, &mut Tables, &Boot)) -> Outcome {
    run(&guest(), &off(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        for page in 0..2 {
            let address = SECURE_DATA + page * 0x1000;
            tables.map(core, Ipa::secure(address), address, Rights::ReadWrite);
        }
        let mut registers = guest_at(SECURE_GUEST);
        for _ in 0..2 {
            enter(core, &mut token, &mut registers);
        }
        change(core, &mut tables, &boot);
        serve(core, &mut token, |_, _, request| request)
    })
}

#[test]
fn rights_and_software_bits_may_change_while_an_entry_is_valid() {
    let outcome = changed(|core, tables, _| {
        let (table, index) = tables.entry_of(core, PAGE);
        let entry = core.read_entry(table, index);
        core.write_entry(table, index, entry ^ 1 << 7);
        core.write_entry(table, index, entry | 3 << 55);
        core.invalidate(Vmid(1), PAGE, 1);
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn another_memory_type_address_or_contiguity_needs_a_break() {
    for (bits, words) in [
        (0b1111 << 2, "another memory type"),
        (1 << 12, "another output address"),
        (1 << 52, "another contiguous bit"),
    ] {
        let outcome = changed(|core, tables, _| {
            let (table, index) = tables.entry_of(core, PAGE);
            let entry = core.read_entry(table, index);
            core.write_entry(table, index, entry ^ bits);
            core.invalidate(Vmid(1), PAGE, 1);
        });
        assert_found(&outcome, &["break before make", words, "while it was valid"]);
        assert_eq!(outcome.findings.len(), 1, "{:#?}", outcome.findings);
    }
}

/// Gives the entry of level 2 above [`PAGE`] another value by way of `steps`.
fn with_block(steps: impl FnOnce(&mut SimCore, hal::memory::Frame, usize, u64)) -> Outcome {
    const BLOCK: u64 = 0x0e40_0000 | 3 << 6 | 1 << 10 | 0b1111 << 2 | 1;
    changed(|core, tables, boot| {
        let (leaf, _) = tables.entry_of(core, PAGE);
        let index = (SECURE_DATA >> 21 & 0x1ff) as usize;
        let level2 = (0..boot.pool.pages())
            .filter_map(|page| boot.pool.frame(page))
            .find(|table| core.read_entry(*table, index) == leaf.start().address | 3);
        steps(core, level2.expect("a table of level 2"), index, BLOCK);
    })
}

#[test]
fn a_table_is_not_replaced_by_a_block_at_once() {
    let outcome = with_block(|core, table, index, block| {
        core.write_entry(table, index, block);
        core.invalidate_vmid(Vmid(1));
    });
    assert_found(&outcome, &["break before make", "another size (block or table)"]);
    let outcome = with_block(|core, table, index, block| {
        core.write_entry(table, index, 0);
        core.invalidate_vmid(Vmid(1));
        core.write_entry(table, index, block);
        core.synchronise();
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn an_entry_made_again_before_the_invalidation_is_found() {
    let outcome = changed(|core, tables, _| {
        tables.unmap(core, PAGE);
        tables.map(core, PAGE, SECURE_DATA + 0x1000, Rights::ReadWrite);
        core.invalidate(Vmid(1), PAGE, 1);
    });
    assert_found(&outcome, &["break before make", "by way of an invalid one", "before a TLBI forgot"]);
    let outcome = changed(|core, tables, _| {
        tables.unmap(core, PAGE);
        core.invalidate(Vmid(1), PAGE, 1);
        tables.map(core, PAGE, SECURE_DATA + 0x1000, Rights::ReadWrite);
    });
    assert_eq!(outcome.findings, [""; 0]);
}

#[test]
fn an_entry_that_is_used_before_its_barrier_is_found() {
    for synchronise in [false, true] {
        let mut class = None;
        let outcome = run(&guest(), &off(), |core, mut token, boot| {
            let mut tables = guest_tables(core, &boot, 1);
            for page in 0..2 {
                let address = SECURE_DATA + page * 0x1000;
                tables.write(core, Ipa::secure(address), address, Rights::ReadWrite);
            }
            if synchronise {
                core.synchronise();
            }
            let mut registers = guest_at(SECURE_GUEST);
            for _ in 0..2 {
                class = Some(enter(core, &mut token, &mut registers).0 >> 26);
            }
            serve(core, &mut token, |_, _, request| request)
        });
        assert_eq!(class, Some(0x16), "the new entries are used all the same");
        if synchronise {
            assert_eq!(outcome.findings, [""; 0]);
        } else {
            let words = [
                "entry written but not yet synchronised",
                "the walk for secure 0xe501000",
                "a DSB is missing",
            ];
            assert_found(&outcome, &words);
            assert_eq!(outcome.findings.len(), 2, "{:#?}", outcome.findings);
        }
    }
}

#[test]
fn a_world_switch_is_no_barrier() {
    let outcome = run(&guest(), &one_call(), |core, mut token, boot| {
        let mut tables = guest_tables(core, &boot, 1);
        tables.write(core, PAGE, SECURE_DATA, Rights::ReadWrite);
        let _ = core.next_request(&mut token, &ready());
        core.write_sysreg::<hal::sysreg::SCTLR_EL12>(0x30d0_0800);
        let mut registers = guest_at(SECURE_GUEST);
        for _ in 0..2 {
            enter(core, &mut token, &mut registers);
        }
        serve(core, &mut token, |_, _, request| request)
    });
    assert_found(&outcome, &["entry written but not yet synchronised", "secure 0xe500000"]);
}
