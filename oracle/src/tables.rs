//! The walk of a partition's real stage-2 tables (DDI 0487, D8.2 and D8.3), from what the core has in its registers.
//!
//! A tree is walked again only where a byte of one of its tables changed since, and every byte is compared each
//! time: what nobody announced is seen too.

use std::collections::BTreeMap;

use hal::{PAGE_SIZE, Pa, Space};
use hal_sim::View;

use crate::rights::Rights;

/// Bytes of a table.
const TABLE: usize = PAGE_SIZE as usize;
/// The bits of an output address in a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// The registers that a partition's two trees hang on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roots {
    vttbr: u64,
    vtcr: u64,
    vsttbr: u64,
    vstcr: u64,
}

impl Roots {
    /// What the core has now.
    pub fn of(view: &View<'_>) -> Self {
        Self { vttbr: view.vttbr, vtcr: view.vtcr, vsttbr: view.vsttbr, vstcr: view.vstcr }
    }

    /// The VMID of both trees.
    pub const fn vmid(&self) -> u16 {
        (self.vttbr >> 48) as u16
    }

    /// Where the two trees begin: the secure one, the non-secure one.
    pub const fn bases(&self) -> [u64; 2] {
        [self.vsttbr & ADDRESS, self.vttbr & ADDRESS]
    }
}

/// How a partition reaches a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// What it may do there.
    pub rights: Rights,
    /// A non-secure intermediate physical address leads there.
    pub by_non_secure: bool,
}

/// Every physical page that a partition reaches.
pub type Reached = BTreeMap<Pa, Reach>;

/// A partition's trees, as they were when last read.
#[derive(Default)]
pub struct Trees {
    tables: Vec<(Pa, Box<[u8; TABLE]>)>,
    reached: Reached,
}

impl Trees {
    /// What the partition reaches.
    pub const fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Reads the tables; true where they changed.
    pub fn refresh(&mut self, view: &View<'_>, roots: &Roots) -> bool {
        let mut now = [0; TABLE];
        let same =
            |(at, then): &(Pa, Box<[u8; TABLE]>)| view.memory.read(*at, &mut now).is_some() && now == **then;
        if !self.tables.is_empty() && self.tables.iter().all(same) {
            return false;
        }
        *self = Self::default();
        let sw = roots.vstcr >> 29 & 1 != 0;
        let sa = sw || roots.vstcr >> 30 & 1 != 0;
        let nsw = sw || roots.vtcr >> 29 & 1 != 0;
        let nsa = sa || nsw || roots.vtcr >> 30 & 1 != 0;
        let [secure, non_secure] = roots.bases();
        self.tree(view, secure, roots.vstcr, [sw, sa], false);
        self.tree(view, non_secure, roots.vtcr, [nsw, nsa], true);
        true
    }

    /// Walks a whole tree; `non_secure` says so of its walks and of its outputs.
    fn tree(&mut self, view: &View<'_>, base: u64, control: u64, non_secure: [bool; 2], by_non_secure: bool) {
        let [walk, output] = non_secure.map(|bit| if bit { Space::NonSecure } else { Space::Secure });
        let level = match control >> 6 & 3 {
            0 => 2,
            1 => 1,
            2 => 0,
            _ => 3,
        };
        let bits = 64 - (control & 0x3f) as u32;
        // Tables side by side at the start level, where the input has more bits than one covers.
        let side_by_side = 1u64 << bits.saturating_sub(12 + 9 * (4 - level)).min(4);
        for number in 0..side_by_side {
            let table = Pa { space: walk, address: base + number * PAGE_SIZE };
            self.table(view, table, level, output, by_non_secure);
        }
    }

    fn table(&mut self, view: &View<'_>, at: Pa, level: u32, output: Space, by_non_secure: bool) {
        let mut bytes = Box::new([0; TABLE]);
        if view.memory.read(at, &mut bytes[..]).is_none() {
            return;
        }
        for entry in bytes.as_chunks::<8>().0 {
            let entry = u64::from_le_bytes(*entry);
            match (entry & 3, level) {
                (3, 0..=2) => {
                    let next = Pa { space: at.space, address: entry & ADDRESS };
                    self.table(view, next, level + 1, output, by_non_secure);
                }
                (1, 1 | 2) | (3, 3) => self.leaf(entry, level, output, by_non_secure),
                _ => {}
            }
        }
        self.tables.push((at, bytes));
    }

    fn leaf(&mut self, entry: u64, level: u32, output: Space, by_non_secure: bool) {
        let size = PAGE_SIZE << (9 * (3 - level));
        let start = entry & ADDRESS & !(size - 1);
        // XN[1:0] = 2 alone keeps both EL1 and EL0 from executing.
        let rights = Rights::READ.when(entry >> 6 & 1 != 0)
            | Rights::WRITE.when(entry >> 7 & 1 != 0)
            | Rights::EXECUTE.when(entry >> 53 & 3 != 2);
        for address in (start..start + size).step_by(TABLE) {
            let page = Pa { space: output, address };
            let reach = self.reached.entry(page).or_insert(Reach { rights: Rights::NONE, by_non_secure });
            reach.rights = reach.rights | rights;
            reach.by_non_secure |= by_non_secure;
        }
    }
}
