//! Memory transaction descriptors, read by their own sizes and offsets: `arm-ffa`
//! knows access descriptors of 16 bytes only, and FF-A 1.2 has 32.

use hal::PAGE_SIZE;

use crate::rights::Rights;

/// What a descriptor says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Descriptor {
    /// Who owns the memory.
    pub sender: u16,
    /// Its attributes say that the memory is the normal world's.
    pub non_secure: bool,
    /// Flags of the transaction.
    pub flags: u32,
    /// The transaction's handle; 0 in a send.
    pub handle: u64,
    /// Who may borrow, and how.
    pub receivers: Vec<(u16, Permission)>,
    /// First address and pages of each range; none where the handle names the memory.
    pub ranges: Vec<(u64, u64)>,
}

/// Access of a receiver, bits as in the descriptor; nothing where it is left open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permission(pub u8);

impl Permission {
    /// The rights, `open` where data access is left open.
    pub fn rights(self, open: Rights) -> Rights {
        let data = match self.0 & 3 {
            0 => return open,
            1 => Rights::READ,
            _ => Rights::READ | Rights::WRITE,
        };
        data | Rights::EXECUTE.when(self.0 >> 2 & 3 == 2)
    }
}

/// Reads the descriptor of a VM's buffers: whose, TX address, RX address, pages of each.
pub fn buffers(bytes: &[u8]) -> Option<(u16, u64, u64, u64)> {
    let run = |at: u32| {
        let offset = word(bytes, at)?;
        let pages = word(bytes, offset.checked_add(24)?)?;
        Some((double(bytes, offset.checked_add(16)?)?, pages))
    };
    let ((rx, pages), (tx, _)) = (run(4)?, run(8)?);
    Some((word(bytes, 0)? as u16, tx, rx, pages.into()))
}

/// Reads `bytes`, in the layout of FF-A 1.0 or that of later versions; nothing where it does not hold together.
pub fn parse(bytes: &[u8], version: u32) -> Option<Descriptor> {
    let old = version == 0x1_0000;
    let (size, count, array) =
        if old { (16, word(bytes, 28)?, 32) } else { (word(bytes, 24)?, word(bytes, 28)?, word(bytes, 32)?) };
    // A hypervisor that asks to be told of a transaction names nobody.
    if size < 16 && count != 0 {
        return None;
    }
    let mut descriptor = Descriptor {
        sender: word(bytes, 0)? as u16,
        non_secure: word(bytes, 0)? & 1 << 22 != 0,
        flags: word(bytes, 4)?,
        handle: double(bytes, 8)?,
        ..Descriptor::default()
    };
    let mut composite = 0;
    for index in 0..count {
        let at = array.checked_add(index.checked_mul(size)?)?;
        let first = word(bytes, at)?;
        descriptor.receivers.push((first as u16, Permission((first >> 16) as u8)));
        composite = word(bytes, at.checked_add(4)?)?;
    }
    if composite != 0 {
        let ranges = word(bytes, composite.checked_add(4)?)?;
        for index in 0..ranges {
            let at = composite.checked_add(16)?.checked_add(index.checked_mul(16)?)?;
            let pages = word(bytes, at.checked_add(8)?)?;
            descriptor.ranges.push((double(bytes, at)?, pages.into()));
        }
    }
    Some(descriptor)
}

impl Descriptor {
    /// The address of each page.
    pub fn pages(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().flat_map(|&(start, pages)| {
            (0..pages).map(move |page| start.wrapping_add(page.wrapping_mul(PAGE_SIZE)))
        })
    }
}

fn word(bytes: &[u8], at: u32) -> Option<u32> {
    let bytes = bytes.get(at as usize..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn double(bytes: &[u8], at: u32) -> Option<u64> {
    let bytes = bytes.get(at as usize..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_reaches_beyond_its_bytes_is_nothing() {
        let mut bytes = vec![0; 48];
        bytes[24] = 32;
        bytes[28] = 1;
        bytes[32] = 48;
        assert_eq!(parse(&bytes, 0x1_0002), None);
        bytes.resize(80, 0);
        bytes[48..51].copy_from_slice(&[1, 0x80, 2]);
        let one = parse(&bytes, 0x1_0002).unwrap();
        assert_eq!(one.receivers, [(0x8001, Permission(2))]);
        assert_eq!(one.ranges, []);
    }
}
