//! The abstract state: what FF-A says that there is, in the oracle's own words.

use std::collections::BTreeMap;

use hal::cpu::GuestRegisters;
use hal::{PAGE_SIZE, Pa, Space};

use crate::calls::Subject;
use crate::notices::{self, Receiver};
use crate::rights::Rights;
use crate::rules::interrupts::Unseen;
use crate::rules::timers::Timer;
use crate::scene::{PartitionSpec, Scene};
use crate::tables::{Roots, Trees};

/// The normal world's endpoint id.
pub const NORMAL_WORLD: u16 = 0;

/// A virtual CPU of an endpoint. The normal world has one for each core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Who {
    /// The endpoint.
    pub id: u16,
    /// Which of its virtual CPUs.
    pub vcpu: u16,
}

impl Who {
    /// The target-info word that names it.
    pub const fn word(self) -> u64 {
        (self.id as u64) << 16 | self.vcpu as u64
    }

    /// True for the normal world on a core.
    pub const fn is_normal_world(self) -> bool {
        self.id == NORMAL_WORLD
    }

    /// True for a logical partition of EL3.
    pub const fn is_logical(self) -> bool {
        self.id >= 0xffc0 && self.id != 0xffff
    }

    /// True where a call of it may be the endpoint `id`'s: the normal world's hypervisor calls for its VMs.
    pub const fn speaks_for(self, id: u16) -> bool {
        self.id == id || self.is_normal_world() && id & 0x8000 == 0
    }
}

/// What an owner does with memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Owner and borrowers reach it.
    Share,
    /// Only borrowers reach it.
    Lend,
    /// It gets another owner.
    Donate,
}

/// A live memory transaction.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// What the owner does.
    pub kind: Kind,
    /// The owner.
    pub sender: u16,
    /// Who may retrieve it, and with which rights at most.
    pub receivers: Vec<(u16, Rights)>,
    /// Who did, with which rights.
    pub retrieved: BTreeMap<u16, Rights>,
    /// Its pages.
    pub pages: Vec<Pa>,
}

/// RX and TX buffers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffers {
    /// The first page that the endpoint sends from.
    pub tx: Pa,
    /// The first page that it receives in.
    pub rx: Pa,
    /// Pages of each.
    pub pages: u64,
}

impl Buffers {
    /// True when one of the `size` bytes from `start` is in the buffer that begins at `buffer`.
    pub fn overlap(&self, buffer: Pa, start: Pa, size: u64) -> bool {
        buffer.space == start.space
            && buffer.address < start.address.saturating_add(size)
            && start.address < buffer.address + self.pages * PAGE_SIZE
    }
}

/// What every endpoint has.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The version that it speaks.
    pub version: u32,
    /// It made a call that is no FFA_VERSION.
    pub version_fixed: bool,
    /// Its buffers.
    pub buffers: Option<Buffers>,
    /// It, not the monitor, has its RX buffer.
    pub holds_rx: bool,
}

impl Endpoint {
    const fn new(version: u32, buffers: Option<Buffers>) -> Self {
        Self { version, version_fixed: false, buffers, holds_rx: false }
    }
}

/// What a virtual CPU does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    /// It never ran.
    Off,
    /// It waits for a message.
    Waiting,
    /// This core runs it.
    Running(usize),
    /// It waits for an answer.
    Blocked,
    /// An interrupt took the core from it.
    Preempted,
    /// It gave the core back for a while.
    Yielded,
    /// It died, and never runs again.
    Dead,
}

/// Why a virtual CPU has the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// It initialises itself.
    Init,
    /// FFA_RUN gave it cycles.
    Run,
    /// It handles a direct request of this endpoint, which may be a VM.
    Request(Subject, u16),
    /// It handles a secure interrupt, and owes the core to whom that was about to go.
    SecureInterrupt,
}

/// A virtual CPU of a partition.
#[derive(Clone, Debug)]
pub struct Vcpu {
    /// What it does.
    pub state: RunState,
    /// Why.
    pub model: Model,
    /// To whom it owes the core.
    pub owes: Option<Who>,
    /// Its registers when it last gave up the core.
    pub left: GuestRegisters,
    /// What it gets when it is run on, where that is not what it left.
    pub unseen: Option<Unseen>,
    /// An interrupt of the normal world came while it ran, and it goes on.
    pub holds_up: bool,
    /// Its timer.
    pub timer: Timer,
}

/// A partition.
pub struct Partition {
    /// What its manifest says.
    pub spec: PartitionSpec,
    /// What endpoints have.
    pub endpoint: Endpoint,
    /// Its virtual CPUs.
    pub vcpus: Vec<Vcpu>,
    /// The pages that it owns, and its rights there while nobody borrows them.
    pub owned: BTreeMap<Pa, Rights>,
    /// Where its virtual CPUs but the first begin.
    pub secondary_entry: u64,
    /// One of them died, and with it all: none runs again once it gave up the core.
    pub is_dead: bool,
    /// Its tables, once it was entered.
    pub roots: Option<Roots>,
    /// What they hold.
    pub trees: Trees,
}

impl Partition {
    fn new(spec: &PartitionSpec) -> Self {
        let mut owned = BTreeMap::new();
        for region in spec.memory.iter().rev() {
            let start = region.range.start;
            for address in (start.address..start.address + region.range.size).step_by(PAGE_SIZE as usize) {
                owned.insert(Pa { address, ..start }, region.rights);
            }
        }
        let left = GuestRegisters::ZERO;
        let vcpu = Vcpu {
            state: RunState::Off,
            model: Model::Init,
            owes: None,
            left,
            unseen: None,
            holds_up: false,
            timer: Timer::default(),
        };
        Self {
            endpoint: Endpoint::new(spec.version, spec.buffers),
            vcpus: vec![vcpu; spec.contexts.max(1).into()],
            owned,
            secondary_entry: spec.entry,
            is_dead: false,
            roots: None,
            trees: Trees::default(),
            spec: spec.clone(),
        }
    }
}

/// Everything that the oracle believes.
pub struct State {
    /// What it was told.
    pub scene: Scene,
    /// The normal world.
    pub normal_world: Endpoint,
    /// Its VMs that have buffers.
    pub vms: BTreeMap<u16, Endpoint>,
    /// The partitions, in the scene's order.
    pub partitions: Vec<Partition>,
    /// The live transactions by their handles.
    pub transactions: BTreeMap<u64, Transaction>,
    /// The notifications of those that have some.
    pub receivers: BTreeMap<u16, Receiver>,
}

impl State {
    /// The state before the first partition runs.
    pub fn new(scene: Scene) -> Self {
        Self {
            normal_world: Endpoint::new(0x1_0000, None),
            vms: BTreeMap::new(),
            partitions: scene.partitions.iter().map(Partition::new).collect(),
            transactions: BTreeMap::new(),
            receivers: notices::of_partitions(&scene),
            scene,
        }
    }

    /// The endpoint `id`.
    pub fn endpoint(&mut self, id: u16) -> Option<&mut Endpoint> {
        if id == NORMAL_WORLD {
            return Some(&mut self.normal_world);
        }
        if self.vms.contains_key(&id) {
            return self.vms.get_mut(&id);
        }
        self.partition(id).map(|partition| &mut partition.endpoint)
    }

    /// The endpoint `id`, which is new where it is a VM's that had no buffers.
    pub fn endpoint_or_vm(&mut self, id: u16) -> Option<&mut Endpoint> {
        if id != NORMAL_WORLD && id & 0x8000 == 0 {
            return Some(self.vms.entry(id).or_insert(Endpoint::new(0, None)));
        }
        self.endpoint(id)
    }

    /// The partition `id`.
    pub fn partition(&mut self, id: u16) -> Option<&mut Partition> {
        self.partitions.iter_mut().find(|partition| partition.spec.id == id)
    }

    /// The virtual CPU `who` of a partition.
    pub fn vcpu(&mut self, who: Who) -> Option<&mut Vcpu> {
        self.partition(who.id)?.vcpus.get_mut(usize::from(who.vcpu))
    }

    /// The partitions that died.
    pub fn dead(&self) -> Vec<u16> {
        let dead = self.partitions.iter().filter(|partition| partition.is_dead);
        dead.map(|partition| partition.spec.id).collect()
    }

    /// Every endpoint with its id.
    pub fn endpoints(&self) -> impl Iterator<Item = (u16, &Endpoint)> {
        let partitions = self.partitions.iter().map(|partition| (partition.spec.id, &partition.endpoint));
        let vms = self.vms.iter().map(|(id, vm)| (*id, vm));
        std::iter::once((NORMAL_WORLD, &self.normal_world)).chain(vms).chain(partitions)
    }

    /// What findings call the endpoint `id`.
    pub fn name(&self, id: u16) -> String {
        let named = self.partitions.iter().find(|partition| partition.spec.id == id);
        match named {
            Some(partition) => format!("{} ({id:#x})", partition.spec.name),
            None if id == NORMAL_WORLD => "the normal world".into(),
            None if self.scene.logical_partitions.contains(&id) => format!("EL3's partition {id:#x}"),
            None if id & 0x8000 == 0 => format!("VM {id:#x}"),
            None => format!("the endpoint {id:#x}"),
        }
    }

    /// Who owns the page at `page`, if an endpoint does.
    pub fn owner(&self, page: Pa) -> Option<u16> {
        let partition = self.partitions.iter().find(|partition| partition.owned.contains_key(&page));
        if let Some(partition) = partition {
            return Some(partition.spec.id);
        }
        let inside = |range: &hal::memory::PhysicalRange| {
            page.address >= range.start.address && page.address - range.start.address < range.size
        };
        let normal = page.space == Space::NonSecure && self.scene.normal_world.iter().any(inside);
        normal.then_some(NORMAL_WORLD)
    }

    /// The live transaction that names the page at `page`.
    pub fn transaction_of(&self, page: Pa) -> Option<(u64, &Transaction)> {
        let mut all = self.transactions.iter();
        all.find(|(_, transaction)| transaction.pages.contains(&page)).map(|(handle, one)| (*handle, one))
    }
}
