//! A stage without a machine: two partitions of one page each, their tables made by hand, and a monitor whose every
//! move a test says.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use hal::cpu::{Exit, GuestRegisters};
use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa, Registers};
use hal_sim::{Bytes, Moment, Observer, View};
use oracle::{Oracle, PartitionSpec, Region, Rights, Scene};

/// SP1 and SP2.
pub const SP1: u16 = 0x8001;
/// The second partition.
pub const SP2: u16 = 0x8002;

pub const SUCCESS: u64 = 0x8400_0061;
pub const INTERRUPT: u64 = 0x8400_0062;
pub const RX_RELEASE: u64 = 0x8400_0065;
pub const RXTX_MAP: u64 = 0xc400_0066;
pub const INFO_GET: u64 = 0x8400_0068;
pub const SECONDARY_EP_REGISTER: u64 = 0xc400_0087;
pub const MSG_WAIT: u64 = 0x8400_006b;
pub const YIELD: u64 = 0x8400_006c;
pub const RUN: u64 = 0x8400_006d;
pub const REQUEST: u64 = 0xc400_006f;
pub const RESPONSE: u64 = 0xc400_0070;
pub const NORMAL_WORLD_RESUME: u64 = 0x8400_007c;
pub const REQUEST_2: u64 = 0xc400_008d;
pub const RESPONSE_2: u64 = 0xc400_008e;
pub const MEM_SHARE: u64 = 0x8400_0073;
pub const MEM_RETRIEVE_REQ: u64 = 0x8400_0074;
pub const MEM_RETRIEVE_RESP: u64 = 0x8400_0075;
pub const MEM_RECLAIM: u64 = 0x8400_0077;

/// The interrupt of a device of each partition.
pub const DEVICE: u64 = 40;

/// Where the only page of a partition is.
pub const fn page_of(id: u16) -> u64 {
    0x10_0000 + id as u64 % 16 * PAGE_SIZE
}

/// Where a partition's tables are: the root of each tree, then two more of the secure one.
const fn tables_of(id: u16) -> u64 {
    0x20_0000 + id as u64 % 16 * 8 * PAGE_SIZE
}

#[derive(Default)]
struct Memory(BTreeMap<Pa, [u8; PAGE_SIZE as usize]>);

impl Bytes for Memory {
    fn read(&self, start: Pa, into: &mut [u8]) -> Option<()> {
        for (address, byte) in (start.address..).zip(into) {
            let page = Pa { address: address & !0xfff, ..start };
            let zero = [0; PAGE_SIZE as usize];
            *byte = self.0.get(&page).unwrap_or(&zero)[(address & 0xfff) as usize];
        }
        Some(())
    }
}

impl Memory {
    fn write(&mut self, at: Pa, value: u64) {
        let page = Pa { address: at.address & !0xfff, ..at };
        let page = self.0.entry(page).or_insert([0; PAGE_SIZE as usize]);
        let offset = (at.address & 0xfff) as usize;
        page[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
    }
}

/// The oracle, and what it watches.
pub struct Stage {
    oracle: RefCell<Oracle>,
    memory: Memory,
    /// The time of the machine.
    pub now: Cell<u64>,
    /// A virtual interrupt is asserted.
    pub asserts: Cell<bool>,
}

impl Stage {
    /// Both partitions have initialised themselves, and the normal world runs.
    pub fn new() -> Self {
        Self::with_vcpus(1)
    }

    /// The same with so many virtual CPUs of each partition, of which the first have initialised themselves.
    pub fn with_vcpus(contexts: u16) -> Self {
        let region = |start, size| PhysicalRange { start: Pa::secure(start), size };
        let partition = |id: u16| PartitionSpec {
            id,
            name: format!("SP{}", id % 16),
            version: 0x1_0002,
            services: vec![[1, 2]],
            contexts,
            entry: page_of(id),
            memory: vec![Region { range: region(page_of(id), PAGE_SIZE), rights: Rights::ALL }],
            interrupts: vec![DEVICE],
            notifications: true,
            buffers: None,
        };
        let scene = Scene {
            logical_partitions: Vec::new(),
            monitor: vec![region(0x20_0000, 0x10_0000)],
            normal_world: vec![PhysicalRange { start: Pa::non_secure(0x4000_0000), size: 0x100_0000 }],
            partitions: vec![partition(SP1), partition(SP2)],
            version: 0x1_0002,
        };
        let mut memory = Memory::default();
        for id in [SP1, SP2] {
            let [root, middle, last] = [0, 2, 3].map(|table| tables_of(id) + table * PAGE_SIZE);
            memory.write(Pa::secure(root), middle | 3);
            memory.write(Pa::secure(middle), last | 3);
            let entry = page_of(id) | 3 << 6 | 1 << 10 | 3;
            memory.write(Pa::secure(last + (page_of(id) >> 12) * 8), entry);
        }
        let stage = Self {
            oracle: RefCell::new(Oracle::new(scene)),
            memory,
            now: Cell::new(0),
            asserts: Cell::new(false),
        };
        stage.enters(0, SP1, &[]);
        stage.exits(0, SP1, &[MSG_WAIT]);
        stage.enters(0, SP2, &[]);
        stage.exits(0, SP2, &[MSG_WAIT]);
        stage.answers(0, &[MSG_WAIT]);
        assert_eq!(stage.findings(), Vec::<String>::new());
        stage
    }

    fn tell(&self, core: usize, id: u16, moment: &Moment<'_>) {
        let root = tables_of(id);
        let view = View {
            core,
            now: self.now.get(),
            asserts: self.asserts.get(),
            vttbr: u64::from(id % 16) << 48 | (root + PAGE_SIZE),
            vtcr: 25 | 1 << 6 | 1 << 30,
            vsttbr: root,
            vstcr: 25 | 1 << 6,
            memory: &self.memory,
        };
        self.oracle.borrow_mut().observe(&view, moment);
    }

    /// The monitor of `core` enters the partition `id` with these registers.
    pub fn enters(&self, core: usize, id: u16, x: &[u64]) {
        self.tell(core, id, &Moment::Enters(&guest(id, x)));
    }

    /// The partition `id` calls with these registers.
    pub fn exits(&self, core: usize, id: u16, x: &[u64]) {
        let smc = Exit::Synchronous { esr: 0x17 << 26, far: 0 };
        self.tell(core, id, &Moment::Exits(&smc, &guest(id, x)));
    }

    /// An interrupt of the normal world takes the core from the partition `id`.
    pub fn is_interrupted(&self, core: usize, id: u16, x: &[u64]) {
        self.tell(core, id, &Moment::Exits(&Exit::Fiq, &guest(id, x)));
    }

    /// An interrupt of the secure world takes the core from the partition `id`.
    pub fn is_interrupted_securely(&self, core: usize, id: u16, x: &[u64]) {
        self.tell(core, id, &Moment::Exits(&Exit::Irq, &guest(id, x)));
    }

    /// The partition `id` makes a call by HVC with these registers.
    pub fn exits_by_hvc(&self, core: usize, id: u16, x: &[u64]) {
        let hvc = Exit::Synchronous { esr: 0x16 << 26, far: 0 };
        self.tell(core, id, &Moment::Exits(&hvc, &guest(id, x)));
    }

    /// The partition `id` writes its x0, which is `value`, to the register `op2` of its physical timer.
    pub fn writes_timer(&self, core: usize, id: u16, op2: u64, value: u64) {
        let register = 3 << 20 | op2 << 17 | 3 << 14 | 14 << 10 | 2 << 1;
        let write = Exit::Synchronous { esr: 0x18 << 26 | register, far: 0 };
        self.tell(core, id, &Moment::Exits(&write, &guest(id, &[value])));
    }

    /// The monitor of `core` answers the normal world.
    pub fn answers(&self, core: usize, x: &[u64]) {
        self.tell(core, SP1, &Moment::GivesWay(&words(x)));
    }

    /// The normal world calls.
    pub fn calls(&self, core: usize, x: &[u64]) {
        self.tell(core, SP1, &Moment::Requested(&words(x)));
    }

    /// The monitor writes a page of the normal world's on `core`.
    pub fn monitor_writes(&self, core: usize, start: u64) {
        let start = Pa::non_secure(start);
        self.tell(core, SP1, &Moment::Writes { start, size: PAGE_SIZE, zero: false });
    }

    /// The normal world writes these words at these offsets from `start`.
    pub fn normal_world_writes(&mut self, start: u64, words: &[(u64, u64)]) {
        for (offset, value) in words {
            self.memory.write(Pa::non_secure(start + offset), *value);
        }
    }

    /// The same in a partition's memory.
    pub fn partition_writes(&mut self, start: u64, words: &[(u64, u64)]) {
        for (offset, value) in words {
            self.memory.write(Pa::secure(start + offset), *value);
        }
    }

    /// What was found since the last question.
    pub fn findings(&self) -> Vec<String> {
        self.oracle.borrow_mut().take_findings()
    }

    /// Something was found, first with these words.
    #[track_caller]
    pub fn assert_found(&self, words: &str) {
        let findings = self.findings();
        let first = findings.first().map_or("nothing", String::as_str);
        assert!(first.contains(words), "the oracle does not say {words:?} first: {findings:#?}");
    }
}

fn words(x: &[u64]) -> Registers {
    let mut words = Registers::ZERO;
    words.0[..x.len()].copy_from_slice(x);
    words
}

fn guest(id: u16, x: &[u64]) -> GuestRegisters {
    let mut registers = GuestRegisters { pc: page_of(id), ..GuestRegisters::ZERO };
    registers.x[..x.len()].copy_from_slice(x);
    registers
}
