//! FFA_MEM_RETRIEVE_REQ of the normal world: its hypervisor is told what was sent, and nobody's tables change. One that
//! keeps its own note of which pages are shared asks before it reclaims.
//!
//! Rules: `rules/describe.toml`.

use hal::Hal;

use super::retrieve::{attributes, descriptor_for};
use super::{find, owned_by};
use crate::core::Core;
use crate::ffa::memory::{Flags, Layout, Transaction, parse_describe_request};
use crate::ffa::{Answer, Error, PartitionId, response};
use crate::relayer::{Relayer, unknown};

impl<H: Hal> Relayer<H> {
    /// FFA_MEM_RETRIEVE_REQ of the normal world: answers with the descriptor in its RX buffer.
    pub fn mem_describe(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        length: u32,
    ) -> Result<Answer, Error> {
        let endpoint = self.endpoint(caller).ok_or(unknown(caller))?;
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (descriptor, version) =
            self.read_tx(core.hal, &core.token, caller, &mut scratch, length as usize)?;
        let layout = Layout::of(version);
        let handle = parse_describe_request(layout, descriptor)?;

        let mut shares = self.shares.lock(&core.token);
        let share = find(shares.find(handle), handle)?;
        owned_by(share, caller)?;
        let answer = Transaction {
            attributes: attributes(version),
            flags: Flags::SHARE,
            receivers: share.transaction.receivers.clone(),
            ..share.transaction
        };
        let mut mailbox = endpoint.mailbox.lock(&core.token);
        let rx = mailbox.free_rx(caller)?;
        let bytes = descriptor_for(layout, &answer, share, &mut scratch)?;
        core.hal.write(rx, 0, bytes)?;
        mailbox.fill();
        Ok(response::mem_retrieve_response(bytes.len() as u32, bytes.len() as u32))
    }
}
