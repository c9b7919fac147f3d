//! Monitors that do what FF-A forbids: the oracle must say so, in words that name who, what and where.

mod broken;

use broken::{Bug, findings};
use hal::boot::Boot;
use hal::cpu::GuestRegisters;
use hal::memory::{AccessFault, Frame, Frames};
use hal::{Memory, PAGE_SIZE, Pa, Registers};
use hal_sim::SimCore;
use scenarios::ffa;
use scenarios::machine::layout;
use scenarios::scenario::{Parameters, Prepared, find};

/// The bits of a page's address in a table entry.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// S2AP\[1\] of an entry: stores.
const WRITE: u64 = 1 << 7;
/// XN of an entry: nobody executes.
const EXECUTE_NEVER: u64 = 2 << 53;
/// VTCR_EL2.NSA.
const NON_SECURE_OUTPUT: u64 = 1 << 30;
/// A page in the middle of SP1's memory.
const PAGE_OF_SP1: u64 = layout::partition_base(1) + 0x1_0000;
/// A page in the middle of SP2's.
const PAGE_OF_SP2: u64 = layout::partition_base(2) + 0x1_0000;

fn prepared(name: &str) -> Prepared {
    find(name).expect("a scenario").prepare(&Parameters::default())
}

/// The oracle finds `bug` in a run of scenario `name`, first with these words.
#[track_caller]
fn assert_found(name: &str, mut bug: impl Bug, words: &[&str]) {
    assert_found_in(&prepared(name), &mut bug, words);
}

#[track_caller]
fn assert_found_in(prepared: &Prepared, bug: &mut dyn Bug, words: &[&str]) {
    let found = findings(prepared, bug);
    let first = found.first().map_or("nothing", String::as_str);
    for words in words {
        assert!(first.contains(words), "the oracle does not say {words:?} first:\n{}", found.join("\n"));
    }
}

/// Nothing goes wrong.
struct None;
impl Bug for None {}

#[test]
fn a_monitor_without_a_bug_is_not_accused() {
    assert_eq!(findings(&prepared("flow"), &mut None), Vec::<String>::new());
}

/// Entries stay as they are while one FFA_MEM_RELINQUISH is served.
#[derive(Default)]
struct LeftMapped(bool);

impl Bug for LeftMapped {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        self.0 = registers.x[0] == ffa::MEM_RELINQUISH;
    }

    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        if !self.0 {
            core.write_entry(table, index, entry);
        }
    }
}

#[test]
fn a_page_left_mapped_after_relinquish_is_found() {
    assert_found(
        "share",
        LeftMapped::default(),
        &[
            "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1",
            "no live transaction grants it",
        ],
    );
}

/// The entry of one page is another than it should be.
struct OtherEntry {
    page: u64,
    change: fn(u64) -> u64,
}

impl Bug for OtherEntry {
    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        let is_page = entry & 3 == 3 && entry & ADDRESS == self.page;
        core.write_entry(table, index, if is_page { (self.change)(entry) } else { entry });
    }
}

#[test]
fn a_page_shared_read_only_and_mapped_writable_is_found() {
    let mut prepared = prepared("share");
    // The first access descriptor: SP1, its permissions, no flags.
    let [low, high] = ffa::partition_id(1).to_le_bytes();
    for program in std::iter::once(&mut prepared.normal_world).chain(&mut prepared.partitions) {
        let bytes = &mut program.bytes;
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == [low, high, 2, 0] {
                bytes[at + 2] = 1;
            }
        }
    }
    let mut bug = OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry | WRITE };
    let words = [
        "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
        "handle 0x1 grants it read-only",
    ];
    assert_found_in(&prepared, &mut bug, &words);
}

#[test]
fn a_page_of_the_normal_world_mapped_executable_is_found() {
    let bug = OtherEntry { page: layout::SHARED_PAGE, change: |entry| entry & !EXECUTE_NEVER };
    let words =
        ["SP1 (0x8001) reaches non-secure 0x60100000 read-write-execute", "handle 0x1 grants it read-write"];
    assert_found("share", bug, &words);
}

#[test]
fn a_page_of_one_partition_mapped_to_another_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP2, change: |entry| entry & !ADDRESS | PAGE_OF_SP1 };
    let words = ["SP2 (0x8002) reaches secure 0xe410000 read-write-execute", "it belongs to SP1 (0x8001)"];
    assert_found("chain", bug, &words);
}

#[test]
fn a_page_of_the_monitors_mapped_to_a_partition_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP1, change: |entry| entry & !ADDRESS | layout::POOL.0 };
    let words = ["SP1 (0x8001) reaches secure 0xe200000 read-write-execute", "it is the monitor's own"];
    assert_found("hello", bug, &words);
}

#[test]
fn a_page_of_its_own_that_a_partition_does_not_reach_is_found() {
    let bug = OtherEntry { page: PAGE_OF_SP1, change: |_| 0 };
    let words = ["SP1 (0x8001) does not reach secure 0xe410000", "it owns the page, read-write-execute"];
    assert_found("hello", bug, &words);
}

/// The monitor writes the buffer that it answered in once more, at the next request.
#[derive(Default)]
struct WritesAgain(Option<Frames>);

impl Bug for WritesAgain {
    fn write(
        &mut self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        self.0 = Some(frames);
        core.write(frames, offset, bytes)
    }

    fn requested(&mut self, core: &mut SimCore, _: &mut Registers) {
        if let Some(frames) = self.0.take() {
            core.write(frames, 0, &[0]).expect("it was written before");
        }
    }
}

#[test]
fn an_rx_buffer_written_while_its_owner_holds_it_is_found() {
    let words = ["the RX buffer of the normal world at non-secure 0x600", "holds it until FFA_RX_RELEASE"];
    assert_found("flow", WritesAgain::default(), &words);
}

/// A retrieve fails at its last step, and what it mapped stays.
#[derive(Default)]
struct NotRolledBack {
    retrieving: bool,
    failed: bool,
}

impl Bug for NotRolledBack {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        self.retrieving = registers.x[0] == ffa::MEM_RETRIEVE_REQ;
        self.failed = false;
    }

    fn write(
        &mut self,
        core: &mut SimCore,
        frames: Frames,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), AccessFault> {
        if !self.retrieving {
            return core.write(frames, offset, bytes);
        }
        self.failed = true;
        let Pa { space, address } = frames.start();
        Err(AccessFault { space, address })
    }

    fn entry(&mut self, core: &mut SimCore, table: Frame, index: usize, entry: u64) {
        if !self.failed {
            core.write_entry(table, index, entry);
        }
    }
}

#[test]
fn a_mapping_left_behind_by_a_refused_call_is_found() {
    let words = [
        "SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RETRIEVE_REQ of handle 0x1",
        "refused with ABORTED",
        "a refused call changes nothing",
    ];
    assert_found("share", NotRolledBack::default(), &words);
}

/// A register of an answer to the normal world is changed where it answers a request.
struct OtherAnswer(usize, u64);

impl Bug for OtherAnswer {
    fn answers(&mut self, answer: &mut Registers) {
        if answer.0[0] == ffa::DIRECT_RESP_64 {
            answer.0[self.0] = self.1;
        }
    }
}

#[test]
fn a_response_delivered_in_anothers_name_is_found() {
    let words = [
        "the normal world gets x1 = 0x80020000 after FFA_MSG_SEND_DIRECT_RESP by SP1 (0x8001), who sent 0x80010000",
    ];
    assert_found("hello", OtherAnswer(1, 0x8002_0000), &words);
}

#[test]
fn a_response_with_another_payload_is_found() {
    let words = ["the normal world gets x4 = 0xbad after FFA_MSG_SEND_DIRECT_RESP by SP1"];
    assert_found("hello", OtherAnswer(4, 0xbad), &words);
}

/// The version message is answered with a version that the monitor does not have.
struct OtherVersion;

impl Bug for OtherVersion {
    fn answers(&mut self, answer: &mut Registers) {
        if answer.0[2] == 1 << 31 | 9 {
            answer.0[3] = 0x1_0001;
        }
    }
}

#[test]
fn a_version_that_the_monitor_does_not_have_is_found() {
    let words = ["FFA_VERSION of the normal world", "was answered with 0x10001 where 0x10002 is due"];
    assert_found("flow", OtherVersion, &words);
}

/// A partition's registers are changed where it gets `when` in x0.
struct OtherRegister {
    when: u64,
    index: usize,
    value: u64,
}

impl Bug for OtherRegister {
    fn enters(&mut self, registers: &mut GuestRegisters) {
        if registers.x[0] == self.when {
            registers.x[self.index] = self.value;
        }
    }
}

#[test]
fn a_refusal_with_a_code_that_the_call_does_not_have_is_found() {
    let bug = OtherRegister { when: ffa::ERROR, index: 2, value: 0xffff_fff7 };
    let words =
        ["FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was refused with NO_DATA, a code that it does not have"];
    assert_found("chain", bug, &words);
}

#[test]
fn an_answer_of_a_form_that_the_call_does_not_have_is_found() {
    let bug = OtherRegister { when: ffa::ERROR, index: 0, value: ffa::SUCCESS_32 };
    let words =
        ["FFA_MSG_SEND_DIRECT_REQ of SP2 (0x8002) was answered with FFA_SUCCESS, which is no answer to it"];
    assert_found("chain", bug, &words);
}

#[test]
fn a_register_that_a_partition_kept_and_lost_is_found() {
    let bug = OtherRegister { when: ffa::DIRECT_REQ_64, index: 25, value: 0xdead };
    assert_found("hello", bug, &["SP1 (0x8001) goes on with x25 = 0xdead, and left it as"]);
}

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

/// The monitor writes a page of SP1 while it serves its first call.
#[derive(Default)]
struct WritesElsewhere(bool);

impl Bug for WritesElsewhere {
    fn exited(&mut self, core: &mut SimCore, boot: &Boot, _: &mut GuestRegisters) {
        if !std::mem::replace(&mut self.0, true) {
            let page = boot.memory.frames(Pa::secure(PAGE_OF_SP1 + 8 * PAGE_SIZE), 1).expect("a page");
            core.write(page, 0, &[1]).expect("it is RAM");
        }
    }
}

#[test]
fn a_page_of_a_partition_that_the_monitor_writes_is_found() {
    let words = ["secure 0xe418000 was written", "it belongs to SP1 (0x8001) and is no RX buffer"];
    assert_found("hello", WritesElsewhere::default(), &words);
}

/// FFA_MEM_RELINQUISH is taken for another call, so the monitor forgets it.
struct Forgets;

impl Bug for Forgets {
    fn exited(&mut self, _: &mut SimCore, _: &Boot, registers: &mut GuestRegisters) {
        if registers.x[0] == ffa::MEM_RELINQUISH {
            registers.x[0] = ffa::ID_GET;
        }
    }
}

#[test]
fn a_relinquish_that_succeeded_and_did_nothing_is_found() {
    let words =
        ["SP1 (0x8001) reaches non-secure 0x60100000 read-write after FFA_MEM_RELINQUISH of handle 0x1"];
    assert_found("share", Forgets, &words);
}
