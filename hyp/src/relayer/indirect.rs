//! Indirect messages: from a TX buffer into an RX buffer.
//!
//! A message, with its header, is one page at most, however long the buffers are. Who receives it has the header of its
//! own version: the payload moves where that is longer than the sender's. It finds the message when somebody gives
//! it the core.
//!
//! Rules (`rules/`): `send2`.

use hal::Hal;

use super::{Relayer, unknown};
use crate::capacity::SCRATCH;
use crate::core::Core;
use crate::ffa::indirect::{Header, MAX_HEADER};
use crate::ffa::partition_info::Properties;
use crate::ffa::wording::{Clause, Item};
use crate::ffa::{Answer, Error, FunctionId, PartitionId, Version, response};

impl<H: Hal> Relayer<H> {
    /// FFA_MSG_SEND2: the message in the sender's TX buffer goes to the receiver's RX buffer, which is the
    /// receiver's then. `named` is who sends, where a hypervisor calls for a VM, else zero.
    pub fn msg_send2(
        &self,
        core: &mut Core<'_, H>,
        caller: PartitionId,
        named: PartitionId,
        delays: bool,
    ) -> Result<Answer, Error> {
        let sender = if named == PartitionId::NORMAL_WORLD { caller } else { named };
        // rule: send2.43, send2.80
        if named != PartitionId::NORMAL_WORLD && (caller.is_secure() || named.is_secure()) {
            return Err(Error::SpoofedSender { claimed: named, caller });
        }
        // rule: send2.44
        if delays && !caller.is_secure() {
            let (function, allowed) = (FunctionId::MSG_SEND2, Clause::NormalWorldFlagsZero);
            return Err(Error::Register { function, register: Item::W2, found: 1 << 1, allowed });
        }
        let no_buffer = Error::CannotSendIndirect { sender };
        let mut scratch = self.scratch_on(core.index).ok_or(unknown(caller))?.lock(&core.token);
        let (header, payload) = {
            // rule: send2.45
            let mailbox = self.mailbox(&core.token, sender).map_err(|_| no_buffer)?;
            let tx = mailbox.buffers().ok_or(no_buffer)?.tx;
            let mut bytes = [0; MAX_HEADER];
            core.hal.read(tx, 0, &mut bytes)?;
            let header = Header::parse(&bytes, self.version_of(sender), SCRATCH as u32)?;
            let payload = scratch.get_mut(..header.size as usize).unwrap_or_default();
            core.hal.read(tx, u64::from(header.offset), payload)?;
            (header, payload)
        };
        let receiver = header.receiver;
        // rule: send2.46
        if header.sender != sender {
            return Err(Error::SpoofedSender { claimed: header.sender, caller: sender });
        }
        // rule: send2.47
        if receiver == sender {
            return Err(Error::ReceiverIsSender { sender });
        }
        self.indirect_receiver(sender, receiver)?;
        // rule: send2.50
        if !self.has_indirect_messages(sender) {
            return Err(no_buffer);
        }
        // rule: send2.51
        if !self.has_indirect_messages(receiver) {
            return Err(Error::CannotReceiveIndirect { receiver });
        }
        let version = self.version_of(receiver);
        let offset = header.offset.max(Header::size_in(version));
        let told = Header { offset, ..header }.to_bytes(version);
        let end = u64::from(offset) + u64::from(header.size);
        if end > SCRATCH as u64 {
            let allowed = Clause::MessageWithinPageThere;
            return Err(Error::Field { field: Item::MessageEnd, found: end, allowed });
        }
        let mut mailbox = self.mailbox(&core.token, receiver)?;
        let rx = mailbox.free_rx(receiver)?;
        // rule: send2.55
        core.hal.write(rx, 0, &told)?;
        core.hal.write(rx, u64::from(offset), payload)?;
        // rule: rxtx.70
        mailbox.fill();
        let following = self.notify_rx_full(core, sender, receiver);
        drop(mailbox);
        drop(scratch);
        following.follow(core, delays);
        Ok(response::success())
    }

    /// Refuses a `receiver` that is not there, for a message of `sender`. Messages among VMs are their hypervisor's.
    fn indirect_receiver(&self, sender: PartitionId, receiver: PartitionId) -> Result<(), Error> {
        if receiver.is_secure() {
            return self.reach(receiver).map(|_| ());
        }
        // rule: send2.49, send2.81
        if sender.is_secure() { Ok(()) } else { Err(unknown(receiver)) }
    }

    /// True where `id` exchanges indirect messages. The normal world's endpoints do where they have buffers.
    fn has_indirect_messages(&self, id: PartitionId) -> bool {
        self.version_of(id) >= Version::V1_1
            && self
                .partition(id)
                .is_none_or(|(_, loaded)| loaded.messaging.contains(Properties::INDIRECT_MESSAGES))
    }

    /// The version that `id` speaks: a VM the normal world's.
    pub(super) fn version_of(&self, id: PartitionId) -> Version {
        self.endpoint(id).unwrap_or(&self.normal_world).version.get()
    }
}
