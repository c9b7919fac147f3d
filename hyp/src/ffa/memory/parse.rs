//! Reading transaction descriptors.

use arrayvec::ArrayVec;

use super::reader::{Reader, refuse, zero};
use super::{Access, AccessFlags, Attributes, Constituents, Flags, Layout, Permissions, Transaction};
use crate::capacity::MAX_RECEIVERS;
use crate::ffa::call::Transfer;
use crate::ffa::error::Error;
use crate::ffa::ids::{Handle, PartitionId};
use crate::ffa::wording::{Clause, Item};

/// How many receivers there must be.
const RECEIVERS: Clause = Clause::UpTo32;

/// Reads the descriptor of FFA_MEM_SHARE, FFA_MEM_LEND or FFA_MEM_DONATE, all of it, and nothing more, in `bytes`.
pub fn parse_send(
    layout: Layout,
    transfer: Transfer,
    bytes: &[u8],
) -> Result<(Transaction, Constituents<'_>), Error> {
    let head = Head::parse(layout, Reader(bytes))?;
    check_send(transfer, &head.transaction)?;
    // rule: memory.4
    let composite = head.composite.ok_or(refuse(Item::ReceiverCount, 0, RECEIVERS))?;
    // rule: memory.23
    if (composite as usize) < head.end {
        let found = u64::from(composite);
        return Err(refuse(Item::CompositeOffset, found, Clause::BehindAccess));
    }
    let constituents = Constituents::parse(Reader(bytes).from(composite as usize)?)?;
    Ok((head.transaction, constituents))
}

/// Reads the descriptor of FFA_MEM_RETRIEVE_REQ, all of it, and nothing more, in `bytes`.
///
/// Whether it matches what was sent is for the relayer to say.
pub fn parse_retrieve_request(layout: Layout, bytes: &[u8]) -> Result<Transaction, Error> {
    let head = Head::parse(layout, Reader(bytes))?;
    check_retrieve_request(layout, &head.transaction)?;
    // rule: retrieve.2
    zero(Item::CompositeOffsetOfRequest, u64::from(head.composite.unwrap_or(0)))?;
    // rule: retrieve.2, retrieve.10
    if head.end != bytes.len() {
        return Err(refuse(Item::RequestLength, bytes.len() as u64, Clause::EndsWithAccess));
    }
    Ok(head.transaction)
}

/// Reads the descriptor of a hypervisor's FFA_MEM_RETRIEVE_REQ, which asks to be told of a transaction: a header in which
/// the handle alone is not zero. What follows it in `bytes`, since 1.1 made headers longer, is zero too.
pub fn parse_describe_request(layout: Layout, bytes: &[u8]) -> Result<Handle, Error> {
    let (before, rest) = Reader(bytes).split(8)?;
    let (handle, after) = rest.split(8)?;
    // rule: describe.2
    after.split(layout.header_size() - 16)?;
    for part in [before, after] {
        for offset in (0..part.length()).step_by(8) {
            // rule: describe.1
            zero(Item::BesideHandle, part.u64(offset)?)?;
        }
    }
    Ok(Handle(handle.u64(0)?))
}

/// Everything before the composite.
struct Head {
    transaction: Transaction,
    /// Offset of the composite, the same for all receivers; zero where there is none. `None` without receivers.
    composite: Option<u32>,
    /// Where the access descriptors end.
    end: usize,
}

impl Head {
    fn parse(layout: Layout, bytes: Reader<'_>) -> Result<Self, Error> {
        let (header, _) = bytes.split(layout.header_size())?;
        let start = access_array(layout, header)?;
        let count = header.u32(28)? as usize;
        // Neither this nor the sum with `start` can overflow: both have 32 bits.
        let size = count * layout.access_size();
        let (array, _) = bytes.from(start)?.split(size)?;

        let sender = PartitionId(header.u16(0)?);
        let mut receivers = ArrayVec::<Access, MAX_RECEIVERS>::new();
        let mut composite = None;
        for descriptor in array.0.chunks_exact(layout.access_size()) {
            let (access, offset) = access(layout, Reader(descriptor))?;
            let id = u64::from(access.receiver.0);
            // rule: memory.19
            if access.receiver == sender {
                return Err(refuse(Item::Receiver, id, Clause::IsSender));
            }
            // rule: memory.5
            if receivers.iter().any(|earlier| earlier.receiver == access.receiver) {
                return Err(refuse(Item::Receiver, id, Clause::NamedTwice));
            }
            let first = *composite.get_or_insert(offset);
            // rule: memory.8
            if first != offset {
                return Err(refuse(Item::CompositeOffset, u64::from(offset), Clause::SameForAll));
            }
            receivers
                .try_push(access)
                // rule: memory.18
                .map_err(|_| refuse(Item::ReceiverCount, count as u64, RECEIVERS))?;
        }
        let flags = header.u32(4)?;
        Ok(Self {
            transaction: Transaction {
                sender,
                attributes: Attributes::parse(header.u16(2)?)?,
                flags: Flags::from_bits(flags)
                    // rule: retrieve.3
                    .ok_or_else(|| refuse(Item::Flags, u64::from(flags), Clause::Bits31To11Zero))?,
                handle: Handle(header.u64(8)?),
                tag: header.u64(16)?,
                receivers,
            },
            composite,
            end: start + size,
        })
    }
}

/// Where the access descriptors begin.
fn access_array(layout: Layout, header: Reader<'_>) -> Result<usize, Error> {
    let word = header.u32(24)?;
    if layout == Layout::V1_0 {
        zero(Item::HeaderReserved, u64::from(word))?;
        return Ok(layout.header_size());
    }
    // rule: memory.3
    if word as usize != layout.access_size() {
        return Err(refuse(Item::AccessSize, u64::from(word), Clause::AccessSizeOfVersion));
    }
    let offset = header.u32(32)?;
    // rule: memory.16, memory.17
    if (offset as usize) < layout.header_size() || offset % 16 != 0 {
        return Err(refuse(Item::AccessOffset, u64::from(offset), Clause::AccessOffsetShape));
    }
    zero(Item::HeaderReserved, u64::from(header.u32(36)?))?;
    zero(Item::HeaderReserved, header.u64(40)?)?;
    Ok(offset as usize)
}

/// An access descriptor and the offset of its composite.
fn access(layout: Layout, bytes: Reader<'_>) -> Result<(Access, u32), Error> {
    let (implementation_defined, reserved) = match layout {
        Layout::V1_0 | Layout::V1_1 => ([0; 2], 8),
        Layout::V1_2 => ([bytes.u64(8)?, bytes.u64(16)?], 24),
    };
    zero(Item::AccessReserved, bytes.u64(reserved)?)?;
    let access = Access {
        receiver: PartitionId(bytes.u16(0)?),
        permissions: Permissions::parse(bytes.u8(2)?)?,
        flags: AccessFlags::parse(bytes.u8(3)?)?,
        implementation_defined,
    };
    Ok((access, bytes.u32(4)?))
}

/// What is asked of every send.
fn check_send(transfer: Transfer, transaction: &Transaction) -> Result<(), Error> {
    let flags = transaction.flags;
    let (allowed, sentence) = match transfer {
        Transfer::Share => (Flags::empty(), Clause::NoneForShare),
        Transfer::Lend | Transfer::Donate => (Flags::ZERO, Clause::ZeroMemoryOnly),
    };
    // rule: send.3, send.12
    if !allowed.contains(flags) {
        return Err(refuse(Item::Flags, u64::from(flags.bits()), sentence));
    }
    // rule: send.4
    zero(Item::HandleOfSend, transaction.handle.0)?;
    let several = transaction.receivers.len() > 1;
    // rule: send.6
    if several && transfer == Transfer::Donate {
        let count = transaction.receivers.len() as u64;
        return Err(refuse(Item::ReceiverCount, count, Clause::DonationToOne));
    }
    check_secure_attributes(transaction)?;
    let attributes = transaction.attributes;
    let typed = several || transfer == Transfer::Share;
    // rule: send.14
    if !typed && !attributes.is_unspecified() {
        return Err(refuse(Item::Attributes, u64::from(attributes.bits()), Clause::TypeIsReceivers));
    }
    for access in &transaction.receivers {
        // rule: send.13
        zero(Item::AccessFlagsOfSend, u64::from(access.flags.bits()))?;
        let permissions = access.permissions;
        let refuse = |allowed| refuse(Item::Permissions, u64::from(permissions.bits()), allowed);
        // rule: send.7
        if permissions.has_instruction_access() {
            return Err(refuse(Clause::InstructionAccessNotGiven));
        }
        match (transfer, permissions.has_data_access()) {
            // rule: send.16
            (Transfer::Donate, true) => {
                return Err(refuse(Clause::DonationLimitsNothing));
            }
            // rule: send.15
            (Transfer::Share | Transfer::Lend, false) => {
                return Err(refuse(Clause::DataAccessGiven));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What is asked of a retrieve request.
fn check_retrieve_request(layout: Layout, transaction: &Transaction) -> Result<(), Error> {
    let flags = transaction.flags;
    let refuse = |allowed| refuse(Item::Flags, u64::from(flags.bits()), allowed);
    // rule: retrieve.11
    if flags.contains(Flags::TIME_SLICING) {
        return Err(refuse(Clause::NoTimeSlicing));
    }
    // rule: retrieve.12
    if flags.intersects(Flags::ALIGNMENT | Flags::ALIGNMENT_VALID) {
        return Err(refuse(Clause::NoAlignment));
    }
    // rule: retrieve.13, retrieve.14
    if flags.contains(Flags::BYPASS_MULTI_BORROWER_CHECK)
        && (layout == Layout::V1_0 || transaction.receivers.len() != 1)
    {
        return Err(refuse(Clause::BypassForOne));
    }
    // rule: retrieve.4, retrieve.27
    if flags.transfer() == Some(Transfer::Share)
        && flags.intersects(Flags::ZERO | Flags::ZERO_AFTER_RELINQUISH)
    {
        return Err(refuse(Clause::ShareNotZeroed));
    }
    check_secure_attributes(transaction)
}

/// The SPMC, nobody else, says that memory is non-secure.
fn check_secure_attributes(transaction: &Transaction) -> Result<(), Error> {
    let attributes = transaction.attributes;
    // rule: send.5, retrieve.5
    if attributes.contains(Attributes::NON_SECURE) {
        return Err(refuse(Item::Attributes, u64::from(attributes.bits()), Clause::NonSecureZero));
    }
    Ok(())
}
