//! A program's stage-1 translation tables: static, part of the image.
//!
//! Identity map, 4 KiB granule, 39-bit addresses, so the walk starts at level 1. Normal memory is write-back
//! cacheable, as the monitor's own view of it is: no two views of one page disagree. Secure partitions map what
//! is theirs secure; the pages that they map at run time have NS set (Arm DDI 0487, D8.3).

use crate::machine::layout;

use super::{Context, Role, Space, layout_of};

/// Bytes of one table.
const TABLE: usize = 4096;

/// Bytes of all tables: level 1, two of level 2, one of level 3.
pub const SIZE: usize = 4 * TABLE;

const L1: usize = 0;
const L2_LOW: usize = 1;
const L2_HIGH: usize = 2;
const L3: usize = 3;

const BLOCK: u64 = 0b01;
const TABLE_OR_PAGE: u64 = 0b11;
const INNER_SHAREABLE: u64 = 0b11 << 8;
const ACCESSED: u64 = 1 << 10;
const NON_SECURE: u64 = 1 << 5;
const DEVICE: u64 = 1 << 2;
const EXECUTE_NEVER: u64 = 1 << 54 | 1 << 53;
const BLOCK_SIZE: u64 = 2 << 20;

/// What the level-3 entry of a page that a partition maps at run time has beside the address: readable, writable.
pub const fn run_time_attributes(space: Space) -> u64 {
    let kind = match space {
        Space::Secure => EXECUTE_NEVER,
        Space::NonSecure => EXECUTE_NEVER | NON_SECURE,
        Space::NonSecureCode => NON_SECURE,
    };
    TABLE_OR_PAGE | INNER_SHAREABLE | ACCESSED | kind
}

/// Bytes from the start of the tables to the level-3 entry of `address`, which must be in the 2 MiB around
/// [`layout::SHARED_PAGE`].
pub const fn run_time_entry(address: u64) -> u64 {
    (L3 * TABLE) as u64 + (address % BLOCK_SIZE) / layout::PAGE * 8
}

/// The tables of the program of `context`, to be placed at `base`.
pub fn tables(context: Context, base: u64) -> Vec<u8> {
    let mut tables = vec![0u64; SIZE / 8];
    let mut set = |table: usize, index: u64, entry: u64| tables[table * 512 + index as usize] = entry;
    let next = |table: usize| (base + (table * TABLE) as u64) | TABLE_OR_PAGE;
    let block = |address: u64, bits: u64| address | BLOCK | ACCESSED | bits;
    let high = layout::NORMAL_RAM.0;
    set(L1, 0, next(L2_LOW));
    set(L1, high >> 30, next(L2_HIGH));
    match context.role {
        Role::NormalWorld => {
            for device in [layout::GICD, layout::GPIO] {
                let start = device / BLOCK_SIZE * BLOCK_SIZE;
                set(L2_LOW, start / BLOCK_SIZE, block(start, DEVICE | EXECUTE_NEVER));
            }
            // Its own memory, and that of the first core, which has what all share.
            for own in [layout::NORMAL_WORLD, layout_of(context).image] {
                set(L2_HIGH, (own - high) / BLOCK_SIZE, block(own, INNER_SHAREABLE));
            }
        }
        Role::Partition(_) => {
            let (start, size) = layout::SECURE_RAM;
            for address in (start..start + size).step_by(BLOCK_SIZE as usize) {
                set(L2_LOW, address / BLOCK_SIZE, block(address, INNER_SHAREABLE));
            }
            let devices = layout::SECURE_GPIO / BLOCK_SIZE * BLOCK_SIZE;
            set(L2_LOW, devices / BLOCK_SIZE, block(devices, DEVICE | EXECUTE_NEVER));
            set(L2_HIGH, (layout::SHARED_PAGE - high) / BLOCK_SIZE, next(L3));
        }
    }
    tables.iter().flat_map(|entry| entry.to_le_bytes()).collect()
}
