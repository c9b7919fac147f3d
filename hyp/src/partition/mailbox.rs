//! The RX and TX buffers of an endpoint.

use hal::memory::Frames;

use crate::ffa::{Error, PartitionId};

/// The pair of buffers, as memory that the monitor may reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffers {
    /// What the endpoint writes for the monitor.
    pub tx: Frames,
    /// What the monitor writes for the endpoint.
    pub rx: Frames,
}

/// An endpoint's buffers and who holds the RX buffer.
#[derive(Debug)]
pub struct Mailbox {
    buffers: Option<Buffers>,
    /// True from a write by the monitor, or the hypervisor's FFA_RX_ACQUIRE, to FFA_RX_RELEASE.
    full: bool,
}

impl Mailbox {
    /// No buffers, the empty value.
    pub const EMPTY: Self = Self { buffers: None, full: false };

    /// The buffers, if there are any.
    pub const fn buffers(&self) -> Option<Buffers> {
        self.buffers
    }

    /// Makes `buffers` the endpoint's.
    pub fn map(&mut self, buffers: Buffers) {
        *self = Self { buffers: Some(buffers), full: false };
    }

    /// Takes the buffers away from the endpoint.
    pub fn unmap(&mut self, owner: PartitionId) -> Result<(), Error> {
        // rule: rxtx.9
        self.buffers.ok_or(Error::RxTxNotMapped { owner })?;
        *self = Self::EMPTY;
        Ok(())
    }

    /// The endpoint is gone, and with it its buffers.
    pub fn abandon(&mut self) {
        *self = Self::EMPTY;
    }

    /// The TX buffer.
    pub fn tx(&self, owner: PartitionId) -> Result<Frames, Error> {
        // rule: send.17, rxtx.49
        Ok(self.buffers.ok_or(Error::TxNotMapped { owner })?.tx)
    }

    /// The RX buffer, if the monitor may write it now.
    pub fn free_rx(&self, owner: PartitionId) -> Result<Frames, Error> {
        // rule: info.5, send2.52
        let buffers = self.buffers.ok_or(Error::RxNotMapped { owner })?;
        // rule: info.3, retrieve.9, describe.4, send2.52
        if self.full { Err(Error::RxFull { owner }) } else { Ok(buffers.rx) }
    }

    /// Gives the RX buffer, which [`Mailbox::free_rx`] returned, to the endpoint.
    pub fn fill(&mut self) {
        self.full = true;
    }

    /// True while the endpoint, or its hypervisor, has the RX buffer.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// Gives the RX buffer to the endpoint's hypervisor, which writes it and hands it on to the endpoint.
    pub fn acquire(&mut self, owner: PartitionId) -> Result<(), Error> {
        self.buffers.ok_or(Error::RxTxNotMapped { owner })?;
        // rule: rxtx.55
        if self.full {
            return Err(Error::RxHeld { owner });
        }
        self.full = true;
        Ok(())
    }

    /// Takes the RX buffer back from the endpoint.
    pub fn release(&mut self, owner: PartitionId) -> Result<(), Error> {
        // rule: rxtx.11, rxtx.62
        if !self.full {
            return Err(Error::RxNotOwned { owner });
        }
        self.full = false;
        Ok(())
    }

    /// True when a buffer is in `frames`.
    pub fn overlaps(&self, frames: &Frames) -> bool {
        self.buffers.is_some_and(|buffers| buffers.tx.overlaps(frames) || buffers.rx.overlaps(frames))
    }
}
