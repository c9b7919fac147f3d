//! Memory transaction descriptors as FF-A lays them out: a header, access descriptors, and where memory is
//! named, a composite of 16 bytes and its ranges of 16.

use crate::program::Role;

/// Offset of the handle in a transaction's header; a relinquish descriptor begins with it.
pub const HANDLE: u64 = 8;
/// Attributes of normal, write-back, inner-shareable memory.
pub const NORMAL_MEMORY: u16 = 2 << 4 | 3 << 2 | 3;
/// The attribute of memory of the normal world, as a retrieve response tells it.
pub const NON_SECURE: u16 = 1 << 6;
/// The flags of a retrieve that expects a share.
pub const TYPE_SHARE: u32 = 1 << 3;

/// Permissions: data may be read.
pub const READ_ONLY: u8 = 1;
/// Permissions: data may be read and written.
pub const READ_WRITE: u8 = 2;
/// Permissions: instructions may not be executed.
pub const NOT_EXECUTABLE: u8 = 1 << 2;
/// Permissions: instructions may be executed.
pub const EXECUTABLE: u8 = 2 << 2;

/// A transaction that is refused: what is wrong with it, the change that makes it so, the error code, the rule.
pub type Case = (&'static str, fn(&mut Transaction), u64, &'static str);

/// Which bytes a descriptor has, by the version of who writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A header of 32 bytes, access descriptors of 16.
    V1_0,
    /// A header of 48 bytes, access descriptors of 16.
    V1_1,
    /// A header of 48 bytes, access descriptors of 32.
    V1_2,
}

/// A transaction: to be sent where it names memory, to be retrieved where it does not. Fields that are wrong on
/// purpose are put in as they are.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub layout: Layout,
    pub sender: u16,
    pub attributes: u16,
    pub flags: u32,
    pub handle: u64,
    pub tag: u64,
    /// Ids and permissions.
    pub receivers: Vec<(u16, u8)>,
    /// The number of pages, and the ranges: address and number of pages.
    pub memory: Option<(u32, Vec<(u64, u32)>)>,
}

impl Transaction {
    /// Shares `ranges` of the normal world with `receivers`, readable and writable.
    pub fn share(receivers: &[Role], ranges: &[(u64, u32)]) -> Self {
        let pages = ranges.iter().map(|(_, pages)| pages).sum();
        let memory = Some((pages, ranges.to_vec()));
        Self { flags: 0, memory, ..Self::retrieve(receivers) }
    }

    /// Asks for what the normal world shared with `receivers`.
    pub fn retrieve(receivers: &[Role]) -> Self {
        Self {
            layout: Layout::V1_2,
            sender: Role::NormalWorld.endpoint(),
            attributes: NORMAL_MEMORY,
            flags: TYPE_SHARE,
            handle: 0,
            tag: 0,
            receivers: receivers.iter().map(|role| (role.endpoint(), READ_WRITE)).collect(),
            memory: None,
        }
    }

    /// This transaction after `change`.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// This transaction with `permissions` for all receivers.
    pub fn permitting(self, permissions: u8) -> Self {
        self.with(|transaction| transaction.receivers.iter_mut().for_each(|access| access.1 = permissions))
    }

    /// The descriptor.
    pub fn bytes(&self) -> Vec<u8> {
        let (header, access) = match self.layout {
            Layout::V1_0 => (32, 16),
            Layout::V1_1 => (48, 16),
            Layout::V1_2 => (48, 32),
        };
        let mut bytes = vec![0; header + access * self.receivers.len()];
        let composite = if self.memory.is_some() { bytes.len() as u32 } else { 0 };
        let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
        put(0, &self.sender.to_le_bytes());
        put(2, &self.attributes.to_le_bytes());
        put(4, &self.flags.to_le_bytes());
        put(8, &self.handle.to_le_bytes());
        put(16, &self.tag.to_le_bytes());
        put(28, &(self.receivers.len() as u32).to_le_bytes());
        if self.layout != Layout::V1_0 {
            put(24, &(access as u32).to_le_bytes());
            put(32, &(header as u32).to_le_bytes());
        }
        for (index, (id, permissions)) in self.receivers.iter().enumerate() {
            let at = header + index * access;
            put(at, &id.to_le_bytes());
            put(at + 2, &[*permissions]);
            put(at + 4, &composite.to_le_bytes());
        }
        if let Some((pages, ranges)) = &self.memory {
            bytes.extend([*pages, ranges.len() as u32, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
            for (address, pages) in ranges {
                bytes.extend(address.to_le_bytes());
                bytes.extend(u64::from(*pages).to_le_bytes());
            }
        }
        bytes
    }
}

/// Gives back as `borrowers` what was retrieved; the handle is to be filled in.
pub fn relinquish(flags: u32, borrowers: &[Role]) -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes[8..12].copy_from_slice(&flags.to_le_bytes());
    bytes[12..16].copy_from_slice(&(borrowers.len() as u32).to_le_bytes());
    for (place, role) in bytes[16..].chunks_exact_mut(2).zip(borrowers) {
        place.copy_from_slice(&role.endpoint().to_le_bytes());
    }
    bytes
}
