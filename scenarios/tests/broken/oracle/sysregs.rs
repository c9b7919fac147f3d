//! System registers of the monitor's that hold what they should not.

use super::assert_found;
use crate::machine::Bug;

/// VTCR_EL2.NSA.
const NON_SECURE_OUTPUT: u64 = 1 << 30;

/// A system register gets another value.
struct OtherSysreg(&'static str, fn(u64) -> u64);

impl Bug for OtherSysreg {
    fn register(&mut self, name: &str, value: u64) -> u64 {
        if name == self.0 { (self.1)(value) } else { value }
    }
}

#[test]
fn a_non_secure_address_that_leads_to_secure_memory_is_found() {
    let bug = OtherSysreg("VTCR_EL2", |value| value & !NON_SECURE_OUTPUT);
    let words =
        ["SP1 (0x8001) reaches secure 0x60100000", "a non-secure address must not lead to a secure page"];
    assert_found("share", bug, &words);
}

#[test]
fn two_partitions_with_one_vmid_are_found() {
    let bug = OtherSysreg("VTTBR_EL2", |value| value & !(0xffff << 48) | 1 << 48);
    assert_found("chain", bug, &["SP2 (0x8002) and SP1 (0x8001) have the same VMID 1"]);
}
