//! What every description must keep to.

extern crate std;

use std::vec::Vec;

use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa, Space};

use super::{ALL, Platform};

/// Bytes that a table at level 3 maps.
const BLOCK: u64 = 2 << 20;

fn inside(range: &PhysicalRange, ranges: &[PhysicalRange]) -> bool {
    ranges.iter().any(|outer| outer.contains(range.start, range.size))
}

fn apart(one: &PhysicalRange, other: &PhysicalRange) -> bool {
    one.start.address + one.size <= other.start.address
        || other.start.address + other.size <= one.start.address
}

#[test]
fn a_platform_has_a_name_of_its_own() {
    for platform in ALL {
        assert_eq!(Platform::named(platform.name).unwrap().name, platform.name);
        assert_eq!(ALL.iter().filter(|other| other.name == platform.name).count(), 1, "{}", platform.name);
    }
    assert!(Platform::named("qemu").is_none() && Platform::named("qemu-virt2").is_none());
}

#[test]
fn ranges_are_whole_pages_and_do_not_overlap_in_their_space() {
    for platform in ALL {
        let ranges: Vec<_> = platform.memory.iter().chain(&platform.devices()).copied().collect();
        for (index, range) in ranges.iter().enumerate() {
            let whole = range.size != 0 && range.size % PAGE_SIZE == 0 && range.start.is_page_aligned();
            assert!(whole, "{}: {range:x?}", platform.name);
            let same_space = |other: &&PhysicalRange| other.start.space == range.start.space;
            for other in ranges[index + 1..].iter().filter(same_space) {
                assert!(apart(range, other), "{}: {range:x?} and {other:x?}", platform.name);
            }
        }
    }
}

#[test]
fn the_monitor_and_its_pool_are_secure_memory_apart_from_each_other() {
    for Platform { name, memory, monitor, pool, .. } in ALL {
        for range in [monitor, pool] {
            assert_eq!(range.start.space, Space::Secure, "{name}");
            assert!(inside(range, memory), "{name}: {range:x?}");
        }
        assert!(apart(monitor, pool), "{name}");
    }
}

#[test]
fn the_image_fits_one_table_of_level_3() {
    for Platform { name, monitor, .. } in ALL {
        let last = monitor.start.address + monitor.size - 1;
        assert_eq!(monitor.start.address / BLOCK, last / BLOCK, "{name}");
    }
}

#[test]
fn the_manifest_is_in_one_page_that_the_monitor_may_read_and_does_not_own() {
    for platform in ALL {
        let Pa { space, address } = platform.manifest.start;
        assert!(address % PAGE_SIZE + platform.manifest.size <= PAGE_SIZE, "{}", platform.name);
        let page = Pa { space, address: address - address % PAGE_SIZE };
        assert!(platform.physical_memory().frames(page, 1).is_ok(), "{}", platform.name);
    }
}

#[test]
fn no_partition_can_have_a_device_of_the_monitor() {
    for platform in ALL {
        for device in platform.devices() {
            for space in [Space::Secure, Space::NonSecure] {
                let start = Pa { space, address: device.start.address };
                assert!(platform.physical_memory().device(start, 1).is_err(), "{}", platform.name);
            }
        }
    }
}

#[test]
fn each_timer_has_a_private_interrupt_of_its_own() {
    for Platform { name, timers, .. } in ALL {
        let all = timers.all();
        assert!(all.iter().all(|intid| (16..32).contains(&intid.0)), "{name}");
        assert!((1..all.len()).all(|index| !all[index..].contains(&all[index - 1])), "{name}");
    }
}
