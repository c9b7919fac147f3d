//! The descriptor by which a hypervisor names a VM's buffers: in its own TX buffer, for FFA_RXTX_MAP.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 2 | the VM's id |
//! | 2 | 2 | zero |
//! | 4 | 4 | offset of the RX buffer's composite descriptor |
//! | 8 | 4 | offset of the TX buffer's |
//! | 12 | 4 | zero |
//!
//! Each composite has one range, since a buffer is one run of pages.

use super::RANGE_SIZE;
use super::constituents::{Constituents, Range};
use super::reader::{Reader, refuse};
use crate::ffa::call::{BufferPair, Misshapen};
use crate::ffa::error::Error;
use crate::ffa::ids::PartitionId;
use crate::ffa::wording::{Clause, Item};

/// Whose buffers, and where in the TX buffer they are described.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndpointBuffers {
    /// Whose.
    pub owner: PartitionId,
    /// Offset of the composite descriptor of the TX buffer, behind the header, 8-byte aligned.
    pub tx: u64,
    /// The same of the RX buffer.
    pub rx: u64,
}

impl EndpointBuffers {
    /// Bytes of the descriptor without what its offsets point to.
    pub const SIZE: usize = 16;
    /// Bytes of what an offset points to: a composite descriptor with one range.
    pub const BUFFER_SIZE: usize = 2 * RANGE_SIZE;

    /// Reads the descriptor.
    pub fn parse(bytes: &[u8; Self::SIZE]) -> Result<Self, Error> {
        let bytes = Reader(bytes);
        let offset = |field, at| {
            let offset = bytes.u32(at)?;
            // rule: rxtx.45
            if (offset as usize) < Self::SIZE || !offset.is_multiple_of(8) {
                let allowed = Clause::MultipleOf8BehindHeader;
                return Err(refuse(field, u64::from(offset), allowed));
            }
            Ok(u64::from(offset))
        };
        Ok(Self {
            owner: PartitionId(bytes.u16(0)?),
            tx: offset(Item::TxOffset, 8)?,
            rx: offset(Item::RxOffset, 4)?,
        })
    }

    /// The buffers that two composite descriptors name.
    pub fn pair(tx: &[u8; Self::BUFFER_SIZE], rx: &[u8; Self::BUFFER_SIZE]) -> Result<BufferPair, Error> {
        let (tx, rx) = (run(tx)?, run(rx)?);
        // rule: rxtx.46
        if tx.pages != rx.pages {
            return Err(refuse(Item::RxPages, u64::from(rx.pages), Clause::TxPages));
        }
        BufferPair::new([tx.address, rx.address], tx.pages).map_err(|Misshapen { which, found, allowed }| {
            let fields = [Item::TxRange, Item::RxRange];
            refuse(*fields.get(which).unwrap_or(&Item::BufferPairPages), found, allowed)
        })
    }
}

/// The only range of the composite descriptor in `bytes`.
#[inline(never)]
fn run(bytes: &[u8; EndpointBuffers::BUFFER_SIZE]) -> Result<Range, Error> {
    let ranges = Constituents::parse(Reader(bytes))?;
    // There is room for one, so there is one.
    ranges.iter().next().ok_or(refuse(Item::RangeCount, 0, Clause::One))
}
