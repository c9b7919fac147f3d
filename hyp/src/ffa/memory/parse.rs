//! Reading transaction descriptors.

use arrayvec::ArrayVec;

use super::reader::{Reader, refuse, zero};
use super::{Access, AccessFlags, Attributes, Constituents, Flags, Layout, Permissions, Transaction};
use crate::capacity::MAX_RECEIVERS;
use crate::ffa::call::Transfer;
use crate::ffa::error::Error;
use crate::ffa::ids::{Handle, PartitionId};

/// How many receivers there must be.
const RECEIVERS: &str = "it must be 1 to 32";

/// Reads the descriptor of FFA_MEM_SHARE, FFA_MEM_LEND or FFA_MEM_DONATE, all of it, and nothing more, in `bytes`.
pub fn parse_send(
    layout: Layout,
    transfer: Transfer,
    bytes: &[u8],
) -> Result<(Transaction, Constituents<'_>), Error> {
    let head = Head::parse(layout, Reader(bytes))?;
    check_send(transfer, &head.transaction)?;
    // rule: memory.4
    let composite = head.composite.ok_or(refuse("receiver count", 0, RECEIVERS))?;
    // rule: memory.23
    if (composite as usize) < head.end {
        let found = u64::from(composite);
        return Err(refuse("composite offset", found, "it must be behind the access descriptors"));
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
    zero("composite offset of a retrieve request", u64::from(head.composite.unwrap_or(0)))?;
    // rule: retrieve.2, retrieve.10
    if head.end != bytes.len() {
        return Err(refuse(
            "length of the retrieve request",
            bytes.len() as u64,
            "it must end with the access descriptors",
        ));
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
            zero("a field beside the handle", part.u64(offset)?)?;
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
                return Err(refuse("receiver", id, "it is the sender"));
            }
            // rule: memory.5
            if receivers.iter().any(|earlier| earlier.receiver == access.receiver) {
                return Err(refuse("receiver", id, "it is named twice"));
            }
            let first = *composite.get_or_insert(offset);
            // rule: memory.8
            if first != offset {
                return Err(refuse(
                    "composite offset",
                    u64::from(offset),
                    "it must be the same for all receivers",
                ));
            }
            receivers
                .try_push(access)
                // rule: memory.18
                .map_err(|_| refuse("receiver count", count as u64, RECEIVERS))?;
        }
        let flags = header.u32(4)?;
        Ok(Self {
            transaction: Transaction {
                sender,
                attributes: Attributes::parse(header.u16(2)?)?,
                flags: Flags::from_bits(flags)
                    // rule: retrieve.3
                    .ok_or_else(|| refuse("flags", u64::from(flags), "bits [31:11] must be zero"))?,
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
        zero("reserved field of the header", u64::from(word))?;
        return Ok(layout.header_size());
    }
    // rule: memory.3
    if word as usize != layout.access_size() {
        return Err(refuse(
            "access descriptor size",
            u64::from(word),
            "it must be 16 before version 1.2 and 32 from then on",
        ));
    }
    let offset = header.u32(32)?;
    // rule: memory.16, memory.17
    if (offset as usize) < layout.header_size() || offset % 16 != 0 {
        return Err(refuse(
            "offset of the access descriptors",
            u64::from(offset),
            "it must be a multiple of 16, at least 48",
        ));
    }
    zero("reserved field of the header", u64::from(header.u32(36)?))?;
    zero("reserved field of the header", header.u64(40)?)?;
    Ok(offset as usize)
}

/// An access descriptor and the offset of its composite.
fn access(layout: Layout, bytes: Reader<'_>) -> Result<(Access, u32), Error> {
    let (implementation_defined, reserved) = match layout {
        Layout::V1_0 | Layout::V1_1 => ([0; 2], 8),
        Layout::V1_2 => ([bytes.u64(8)?, bytes.u64(16)?], 24),
    };
    zero("reserved field of an access descriptor", bytes.u64(reserved)?)?;
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
        Transfer::Share => (Flags::empty(), "none may be set for a share"),
        Transfer::Lend | Transfer::Donate => (Flags::ZERO, "only bit 0 (zero the memory) may be set"),
    };
    // rule: send.3, send.12
    if !allowed.contains(flags) {
        return Err(refuse("flags", u64::from(flags.bits()), sentence));
    }
    // rule: send.4
    zero("handle of a send", transaction.handle.0)?;
    let several = transaction.receivers.len() > 1;
    // rule: send.6
    if several && transfer == Transfer::Donate {
        let count = transaction.receivers.len() as u64;
        return Err(refuse("receiver count", count, "a donation has one receiver"));
    }
    check_secure_attributes(transaction)?;
    let attributes = transaction.attributes;
    let typed = several || transfer == Transfer::Share;
    // rule: send.14
    if !typed && !attributes.is_unspecified() {
        return Err(refuse(
            "attributes",
            u64::from(attributes.bits()),
            "a donation or a loan to one leaves the memory type to the receiver",
        ));
    }
    for access in &transaction.receivers {
        // rule: send.13
        zero("access flags of a send", u64::from(access.flags.bits()))?;
        let permissions = access.permissions;
        let refuse = |allowed| refuse("permissions", u64::from(permissions.bits()), allowed);
        // rule: send.7
        if permissions.has_instruction_access() {
            return Err(refuse("instruction access is not the sender's to give"));
        }
        match (transfer, permissions.has_data_access()) {
            // rule: send.16
            (Transfer::Donate, true) => {
                return Err(refuse("a donation does not limit data access"));
            }
            // rule: send.15
            (Transfer::Share | Transfer::Lend, false) => {
                return Err(refuse("data access must be given"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What is asked of a retrieve request.
fn check_retrieve_request(layout: Layout, transaction: &Transaction) -> Result<(), Error> {
    let flags = transaction.flags;
    let refuse = |allowed| refuse("flags", u64::from(flags.bits()), allowed);
    // rule: retrieve.11
    if flags.contains(Flags::TIME_SLICING) {
        return Err(refuse("time slicing (bit 1) is not offered"));
    }
    // rule: retrieve.12
    if flags.intersects(Flags::ALIGNMENT | Flags::ALIGNMENT_VALID) {
        return Err(refuse("an alignment hint (bits [9:5]) is not offered"));
    }
    // rule: retrieve.13, retrieve.14
    if flags.contains(Flags::BYPASS_MULTI_BORROWER_CHECK)
        && (layout == Layout::V1_0 || transaction.receivers.len() != 1)
    {
        return Err(refuse("bit 10 goes with one receiver, from version 1.1 on"));
    }
    // rule: retrieve.4, retrieve.27
    if flags.transfer() == Some(Transfer::Share)
        && flags.intersects(Flags::ZERO | Flags::ZERO_AFTER_RELINQUISH)
    {
        return Err(refuse("shared memory is not zeroed"));
    }
    check_secure_attributes(transaction)
}

/// The SPMC, nobody else, says that memory is non-secure.
fn check_secure_attributes(transaction: &Transaction) -> Result<(), Error> {
    let attributes = transaction.attributes;
    // rule: send.5, retrieve.5
    if attributes.contains(Attributes::NON_SECURE) {
        return Err(refuse("attributes", u64::from(attributes.bits()), "bit 6 (non-secure) must be zero"));
    }
    Ok(())
}
