//! The mailbox that a partition finds mapped: `rx_tx-info`.

use super::error::Report;
use super::memory_region::MemoryRegion;
use super::tree::{Allowed, Node};
use crate::capacity::MAX_BUFFER_PAGES;

/// The two regions of a partition's mailbox, by their places among its memory regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mailbox {
    /// What the partition reads.
    pub rx: usize,
    /// What the partition writes.
    pub tx: usize,
}

/// Reads the present node, whose buffers are two of `regions`.
pub(super) fn read(node: &Node<'_>, regions: &[MemoryRegion], report: &mut Report<'_>) -> Option<Mailbox> {
    let properties = node.properties(&["compatible", "rx-buffer", "tx-buffer"], report);
    properties.compatible(&["arm,ffa-manifest-rx_tx-buffer"], report);
    let mut region = |name| {
        let phandle = properties.required(name, &Allowed::CELL, report);
        let region = regions.iter().position(|region| region.phandle.map(u64::from) == Some(phandle));
        if region.is_none() && properties.bytes(name).is_some() {
            report.value(name, phandle, "it must be the phandle of a memory region");
        }
        region
    };
    let (rx, tx) = (region("rx-buffer"), region("tx-buffer"));
    let mailbox = Mailbox { rx: rx?, tx: tx? };
    let pages = |place| regions.get(place).map(|region: &MemoryRegion| region.pages);
    if mailbox.rx == mailbox.tx || pages(mailbox.rx) != pages(mailbox.tx) {
        let found = regions.get(mailbox.tx).and_then(|region| region.phandle).unwrap_or_default();
        let allowed = "it must be another region than rx-buffer's, of the same size";
        report.value("tx-buffer", u64::from(found), allowed);
    }
    if pages(mailbox.rx) > Some(MAX_BUFFER_PAGES) {
        report.unexpected("rx-buffer", "a buffer must have at most 4 pages");
    }
    Some(mailbox)
}
