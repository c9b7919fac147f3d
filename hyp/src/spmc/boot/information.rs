//! Boot information: what a partition is told at its start, written into the first page of its memory.
//!
//! | offset | field of the header (32 bytes, little-endian) |
//! |---|---|
//! | 0 | signature, u32: 0x0ffa |
//! | 4 | version, u32: that of FF-A for which the partition was written |
//! | 8 | bytes of everything, u32: header, descriptors and what they describe |
//! | 12 | bytes of a descriptor, u32: 32 |
//! | 16 | number of descriptors, u32 |
//! | 20 | offset of the first descriptor, u32: 32 |
//! | 24 | zero, u64 |
//!
//! | offset | field of a descriptor (32 bytes) |
//! |---|---|
//! | 0 | name, 16 bytes: zero |
//! | 16 | type, u8: 0 a device tree, 1 a list of hand-off blocks |
//! | 17 | zero, u8 |
//! | 18 | flags, u16: 0, the contents are an address |
//! | 20 | bytes of the contents, u32 |
//! | 24 | the contents' address, u64 |

use hal::Hal;
use hal::memory::Frames;

use super::Boots;
use crate::console::print_line;
use crate::manifest::{Extent, Package, PartitionConfig, Wrong};
use crate::partition::BootInformation;

const SIGNATURE: u32 = 0x0ffa;
const HEADER: usize = 32;
const DESCRIPTOR: usize = 32;
const DEVICE_TREE: u8 = 0;
const HOB_LIST: u8 = 1;

impl<H: Hal> Boots<'_, H> {
    /// Writes what the partition wants to be told into the first page of its `memory`; returns where it finds that.
    #[inline(never)]
    pub(super) fn write_boot_information(
        &mut self,
        memory: Frames,
        package: &Package,
        config: &PartitionConfig,
    ) -> Result<Option<BootInformation>, Wrong> {
        let Some(request) = config.boot_info else { return Ok(None) };
        if !package.has_free_page {
            self.say_unavailable("boot-info needs a package of version 2");
            return Ok(None);
        }
        if request.hob_list && package.hob_list.is_none() {
            self.say_unavailable("the package has no list of hand-off blocks");
        }
        let contents = [
            (DEVICE_TREE, request.manifest.then_some(package.manifest)),
            (HOB_LIST, package.hob_list.filter(|_| request.hob_list)),
        ];
        let mut page = [0; HEADER + 2 * DESCRIPTOR];
        let mut count = 0;
        let mut end = 0;
        for (kind, extent) in contents {
            let Some(extent) = extent else { continue };
            if let Some(bytes) = page.get_mut(HEADER + count * DESCRIPTOR..) {
                descriptor(bytes, kind, memory.start().address, extent);
            }
            count += 1;
            end = extent.end().max(end);
        }
        let described = (HEADER + count * DESCRIPTOR) as u64;
        header(&mut page, config, end.max(described) as u32, count as u32);
        let address = memory.start().address;
        let Some(frames) = memory.part(0, 1) else { return Ok(None) };
        if self.hal.write(frames, 0, &page).is_err() {
            return Err(self.refuse(format_args!("its first page cannot be written")));
        }
        // The partition begins with its caches off.
        self.hal.clean(frames);
        Ok(Some(BootInformation { register: request.register, address }))
    }

    fn say_unavailable(&mut self, what: &str) {
        let subject = self.subject;
        print_line(self.hal, format_args!("{subject}: {what}"));
    }
}

fn header(page: &mut [u8], config: &PartitionConfig, size: u32, count: u32) {
    let words = [SIGNATURE, config.ffa_version.to_word(), size, DESCRIPTOR as u32, count, HEADER as u32];
    for (bytes, word) in page.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
}

fn descriptor(bytes: &mut [u8], kind: u8, base: u64, extent: Extent) {
    let address = base.wrapping_add(extent.offset);
    let words = [u32::from(kind), extent.size as u32, address as u32, (address >> 32) as u32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().skip(4).zip(words) {
        *bytes = word.to_le_bytes();
    }
}
