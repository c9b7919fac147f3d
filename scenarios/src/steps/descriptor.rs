//! Memory transaction descriptors as FF-A 1.2 lays them out (DEN0140): a header of 48 bytes, access descriptors of
//! 32, a composite of 16 and its ranges of 16.

/// Offset of the handle in a transaction's header; a relinquish descriptor begins with it.
pub const HANDLE: u64 = 8;
/// Bytes of a descriptor that names its memory, one borrower, one range.
pub const SHARE_SIZE: usize = 112;
/// Bytes of a descriptor that names no memory, one borrower.
pub const RETRIEVE_SIZE: usize = 80;
/// Attributes of normal, write-back, inner-shareable memory.
pub const NORMAL_MEMORY: u16 = 2 << 4 | 3 << 2 | 3;
/// The attribute of memory of the normal world, as a retrieve response tells it.
pub const NON_SECURE: u16 = 1 << 6;
/// The flags of a retrieve that expects a share.
pub const TYPE_SHARE: u32 = 1 << 3;

const HEADER: u32 = 48;
const ACCESS: u32 = 32;
const READ_WRITE: u8 = 2;

/// Shares one page at `page` of `owner` with `borrower`, readable and writable.
pub fn share(owner: u16, borrower: u16, page: u64) -> Vec<u8> {
    let mut bytes = transaction(owner, borrower, 0, HEADER + ACCESS);
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(page.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    assert_eq!(bytes.len(), SHARE_SIZE);
    bytes
}

/// Asks as `borrower` for what `owner` shared; the handle is to be filled in.
pub fn retrieve(owner: u16, borrower: u16) -> Vec<u8> {
    let bytes = transaction(owner, borrower, TYPE_SHARE, 0);
    assert_eq!(bytes.len(), RETRIEVE_SIZE);
    bytes
}

/// Gives back what `borrower` retrieved; the handle is to be filled in.
pub fn relinquish(borrower: u16) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes[12..16].copy_from_slice(&1u32.to_le_bytes());
    bytes[16..18].copy_from_slice(&borrower.to_le_bytes());
    bytes
}

/// A header and one access descriptor whose memory is described at `composite`.
fn transaction(owner: u16, borrower: u16, flags: u32, composite: u32) -> Vec<u8> {
    let mut bytes = vec![0; (HEADER + ACCESS) as usize];
    bytes[0..2].copy_from_slice(&owner.to_le_bytes());
    bytes[2..4].copy_from_slice(&NORMAL_MEMORY.to_le_bytes());
    bytes[4..8].copy_from_slice(&flags.to_le_bytes());
    bytes[24..28].copy_from_slice(&ACCESS.to_le_bytes());
    bytes[28..32].copy_from_slice(&1u32.to_le_bytes());
    bytes[32..36].copy_from_slice(&HEADER.to_le_bytes());
    let access = HEADER as usize;
    bytes[access..access + 2].copy_from_slice(&borrower.to_le_bytes());
    bytes[access + 2] = READ_WRITE;
    bytes[access + 4..access + 8].copy_from_slice(&composite.to_le_bytes());
    bytes
}
