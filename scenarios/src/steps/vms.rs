//! A hypervisor in the normal world that speaks for its VMs: it names their buffers, acquires and releases them.

use super::descriptor::Transaction;
use super::lending::{self, HANDLE};
use super::{NWD, SP1, Stage};
use crate::ffa;
use crate::machine::layout::{GICD, PAGE, SHARED_PAGE, partition_base};
use crate::program::{Program, Site, args, layout_of};

/// A VM, another, one that has no buffers, and a partition that there is not.
pub(crate) const VM1: u16 = 1;
pub(crate) const VM2: u16 = 2;
const VM3: u16 = 3;
const NO_VM: u16 = 0x7FFF;
const NO_PARTITION: u16 = 0x8042;

/// How many VMs can have buffers.
const MOST: u16 = 16;

/// The page that VM `id` writes; what it reads is behind.
pub(crate) const fn tx_of(id: u16) -> u64 {
    SHARED_PAGE + 8 * PAGE * id as u64
}

/// The descriptor of a VM's buffers, as an endpoint RX/TX descriptor; fields wrong on purpose are put in as they are.
#[derive(Clone, Copy)]
pub(crate) struct Buffers {
    id: u16,
    /// The first byte, and the pages.
    tx: (u64, u32),
    rx: (u64, u32),
    /// Where the composite descriptors are, or are not.
    offsets: [u32; 2],
    /// How many ranges each has.
    ranges: u32,
}

impl Buffers {
    const RX: usize = 16;
    const TX: usize = 48;
    const COMPOSITE: usize = 32;
    const SIZE: usize = 96;

    /// The buffers of VM `id`.
    pub(crate) fn of(id: u16) -> Self {
        let tx = tx_of(id);
        let offsets = [Self::TX as u32, Self::RX as u32];
        Self { id, tx: (tx, 1), rx: (tx + PAGE, 1), offsets, ranges: 1 }
    }

    /// The same with another page to receive in.
    pub(crate) fn receiving_at(self, rx: u64) -> Self {
        Self { rx: (rx, 1), ..self }
    }

    /// Its bytes, in the hypervisor's TX buffer.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; Self::SIZE];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        let [tx, rx] = self.offsets;
        put(0, &self.id.to_le_bytes());
        put(4, &rx.to_le_bytes());
        put(8, &tx.to_le_bytes());
        let room = Self::RX..=Self::SIZE - Self::COMPOSITE;
        for (said, usual, (start, pages)) in [(rx, Self::RX, self.rx), (tx, Self::TX, self.tx)] {
            let said = said as usize;
            let at = if room.contains(&said) { said } else { usual };
            put(at, &pages.to_le_bytes());
            put(at + 4, &self.ranges.to_le_bytes());
            put(at + 16, &start.to_le_bytes());
            put(at + 24, &pages.to_le_bytes());
        }
        bytes
    }
}

/// FFA_RXTX_MAP of what `buffers` says; refused with `code`, or not where that is 0.
pub(super) fn maps(nwd: &mut Program, label: &str, buffers: Buffers, code: u64, rule: &'static str) {
    nwd.places(&buffers.bytes(), layout_of(NWD).tx);
    let site = nwd.call(label, args![ffa::RXTX_MAP_64]);
    if code == 0 { site.expect_success() } else { site.expect_error(code) }.shows(rule);
}

/// The hypervisor has named buffers of the VM `id`.
pub(super) fn knows(nwd: &mut Program, id: u16) {
    maps(nwd, &format!("names the buffers of VM {id}"), Buffers::of(id), 0, "rxtx.44");
}

/// What `who` says of the buffers of `id`, by a call that names it in w1.
pub(super) fn says<'a>(
    who: &'a mut Program,
    label: &str,
    function: u64,
    id: u16,
    code: u64,
    rule: &'static str,
) -> &'a mut Site {
    let word = if function == ffa::RXTX_UNMAP { u64::from(id) << 16 } else { id.into() };
    let site = who.call(label, args![function, word]);
    if code == 0 { site.expect_success() } else { site.expect_error(code) }.shows(rule)
}

/// A VM's buffers: named, refused, acquired, released, no page to share, unmapped.
pub fn buffers_of_vms(stage: &mut Stage) {
    const DENIED: u64 = ffa::DENIED;
    const INVALID: u64 = ffa::INVALID_PARAMETERS;
    let place = layout_of(NWD);
    stage.alone("A hypervisor names its VMs' buffers", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        nwd.call("names a VM's buffers without its own", args![ffa::RXTX_MAP_64])
            .expect_error(INVALID)
            .shows("rxtx.49");
        lending::names_buffers(nwd);
        let vm1 = Buffers::of(VM1);
        let wrong: [(&str, Buffers, u64, &'static str); 13] = [
            (
                "describes a buffer beyond its own",
                Buffers { offsets: [0xFF0, 16], ..vm1 },
                INVALID,
                "rxtx.49",
            ),
            (
                "describes a buffer far beyond",
                Buffers { offsets: [48, 0xFFFF_FFF8], ..vm1 },
                INVALID,
                "rxtx.49",
            ),
            ("describes a buffer in the header", Buffers { offsets: [8, 16], ..vm1 }, INVALID, "rxtx.45"),
            ("describes a buffer at an odd offset", Buffers { offsets: [56, 20], ..vm1 }, INVALID, "rxtx.45"),
            (
                "names buffers of two sizes",
                Buffers { tx: (vm1.tx.0, 2), rx: (vm1.tx.0 + 2 * PAGE, 1), ..vm1 },
                INVALID,
                "rxtx.46",
            ),
            ("names a buffer in two ranges", Buffers { ranges: 2, ..vm1 }, INVALID, "rxtx.46"),
            ("names one page for both", Buffers { rx: vm1.tx, ..vm1 }, INVALID, "rxtx.46"),
            ("names buffers of a partition", Buffers { id: SP1.endpoint(), ..vm1 }, DENIED, "rxtx.48"),
            ("names buffers of who is not there", Buffers { id: NO_PARTITION, ..vm1 }, DENIED, "rxtx.48"),
            ("names its own as a VM's", Buffers { id: 0, ..vm1 }, DENIED, "rxtx.48"),
            (
                "names a page of SP1",
                Buffers { tx: (partition_base(1) + 0x8_0000, 1), ..vm1 },
                DENIED,
                "rxtx.56",
            ),
            ("names a device", Buffers { rx: (GICD, 1), ..vm1 }, DENIED, "rxtx.56"),
            ("names its own RX buffer", Buffers { tx: (place.rx, 1), ..vm1 }, DENIED, "rxtx.50"),
        ];
        for (label, buffers, code, rule) in wrong {
            maps(nwd, label, buffers, code, rule);
        }
        says(nwd, "releases the RX buffer of VM 1, which has none", ffa::RX_RELEASE, VM1, INVALID, "rxtx.51");
        maps(nwd, "names the buffers of VM 1", vm1, 0, "rxtx.44");
        maps(nwd, "names others for VM 1", Buffers { id: VM1, ..Buffers::of(VM3) }, DENIED, "rxtx.57");
        maps(nwd, "names them as VM 2's", Buffers { id: VM2, ..vm1 }, DENIED, "rxtx.50");
        let own = place.tx + 4 * PAGE;
        nwd.call("unmaps its own", args![ffa::RXTX_UNMAP]).expect_success();
        nwd.call("names VM 1's as its own", args![ffa::RXTX_MAP_64, own, vm1.rx.0, 1])
            .expect_error(DENIED)
            .shows("rxtx.50");
        lending::names_buffers(nwd);
        maps(nwd, "names the buffers of VM 2", Buffers::of(VM2), 0, "rxtx.44");
    });
    stage.alone("A hypervisor writes its VMs' RX buffers", NWD, |nwd| {
        says(nwd, "releases VM 1's, which is not full", ffa::RX_RELEASE, VM1, DENIED, "rxtx.62");
        says(nwd, "acquires VM 1's", ffa::RX_ACQUIRE, VM1, 0, "rxtx.59");
        says(nwd, "acquires it again", ffa::RX_ACQUIRE, VM1, DENIED, "rxtx.55");
        says(nwd, "acquires VM 2's meanwhile", ffa::RX_ACQUIRE, VM2, 0, "rxtx.59");
        says(nwd, "releases VM 1's", ffa::RX_RELEASE, VM1, 0, "rxtx.60");
        says(nwd, "acquires VM 1's once more", ffa::RX_ACQUIRE, VM1, 0, "rxtx.59");
        says(nwd, "releases VM 1's once more", ffa::RX_RELEASE, VM1, 0, "rxtx.60");
        says(nwd, "acquires that of a VM without one", ffa::RX_ACQUIRE, NO_VM, INVALID, "rxtx.51");
        says(nwd, "releases that of a VM without one", ffa::RX_RELEASE, NO_VM, INVALID, "rxtx.51");
        says(nwd, "unmaps those of a VM without any", ffa::RXTX_UNMAP, NO_VM, INVALID, "rxtx.51");
        says(nwd, "acquires SP1's", ffa::RX_ACQUIRE, SP1.endpoint(), ffa::NOT_SUPPORTED, "rxtx.54");
        says(nwd, "releases SP1's", ffa::RX_RELEASE, SP1.endpoint(), INVALID, "rxtx.52");
        says(nwd, "unmaps SP1's", ffa::RXTX_UNMAP, SP1.endpoint(), INVALID, "rxtx.52");
    });
    stage.alone("SP1 is no hypervisor", SP1, |sp1| {
        sp1.places(&Buffers::of(VM3).bytes(), layout_of(SP1).tx);
        sp1.call("names a VM's buffers", args![ffa::RXTX_MAP_64]).expect_error(INVALID).shows("rxtx.47");
        says(sp1, "acquires VM 1's RX buffer", ffa::RX_ACQUIRE, VM1, ffa::NOT_SUPPORTED, "rxtx.54");
        says(sp1, "releases VM 1's RX buffer", ffa::RX_RELEASE, VM1, INVALID, "rxtx.18");
        says(sp1, "unmaps VM 1's buffers", ffa::RXTX_UNMAP, VM1, INVALID, "rxtx.10");
    });
    stage.alone("A buffer is not shared, and is once it is none", NWD, |nwd| {
        for (label, page) in [("VM 1's TX", tx_of(VM1)), ("VM 2's RX", tx_of(VM2) + PAGE)] {
            let share = Transaction::share(&[SP1], &[(page, 1)]);
            let label = format!("shares the page of {label} buffer");
            lending::shares(nwd, &label, &share.bytes()).expect_error(DENIED).shows("rxtx.53");
        }
        says(nwd, "unmaps VM 1's buffers", ffa::RXTX_UNMAP, VM1, 0, "rxtx.61");
        says(nwd, "unmaps them again", ffa::RXTX_UNMAP, VM1, INVALID, "rxtx.51");
        let share = Transaction::share(&[SP1], &[(tx_of(VM1), 1)]);
        lending::shares_well(nwd, "shares what was VM 1's TX buffer", &share, HANDLE);
        maps(nwd, "names it as VM 1's again", Buffers::of(VM1), DENIED, "rxtx.56");
        lending::reclaims(nwd, "takes it back", HANDLE, 0).expect_success();
        maps(nwd, "names it as VM 1's once more", Buffers::of(VM1), 0, "rxtx.44");
    });
}

/// As many VMs as there is room for, and one more.
pub fn room_for_vms(stage: &mut Stage) {
    stage.alone("A hypervisor has many VMs", NWD, |nwd| {
        nwd.call("agrees on a version", args![ffa::VERSION, ffa::VERSION_1_2]).expect(0, ffa::VERSION_1_2);
        lending::names_buffers(nwd);
        for id in 1..=MOST {
            maps(nwd, &format!("names the buffers of VM {id}"), apart(id), 0, "rxtx.44");
        }
        maps(nwd, "names those of one too many", apart(MOST + 1), ffa::DENIED, "rxtx.63");
        says(nwd, "unmaps those of one", ffa::RXTX_UNMAP, 5, 0, "rxtx.61");
        maps(nwd, "names those of the other now", apart(MOST + 1), 0, "rxtx.44");
        says(nwd, "acquires its RX buffer", ffa::RX_ACQUIRE, MOST + 1, 0, "rxtx.59");
        says(nwd, "acquires that of the first", ffa::RX_ACQUIRE, VM1, 0, "rxtx.59");
    });
}

/// Two pages for each VM.
fn apart(id: u16) -> Buffers {
    let tx = SHARED_PAGE + 2 * PAGE * u64::from(id);
    Buffers { tx: (tx, 1), rx: (tx + PAGE, 1), ..Buffers::of(id) }
}
