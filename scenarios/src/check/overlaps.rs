//! Who has what, by the manifests: nobody has a page, or an interrupt, that another has.

use hal::interrupt::Intid;
use hal::memory::PhysicalRange;
use hal::{PAGE_SIZE, Pa, Space};
use hyp::manifest::{CoreManifest, RegionAttributes};

use super::Checked;
use super::platform::Partition;

/// Pages of a partition.
struct Pages<'a> {
    /// The partition's place.
    owner: usize,
    /// What it is called, by its file.
    file: &'a str,
    what: &'static str,
    /// It is the partition's own memory, in which regions may be.
    is_own: bool,
    range: PhysicalRange,
}

/// Finds pages that two have, or one twice.
pub(super) fn check(core: &CoreManifest, partitions: &[Partition], checked: &mut Checked) {
    let mut taken: Vec<Pages<'_>> = Vec::new();
    for (owner, (partition, node)) in partitions.iter().zip(&core.partitions).enumerate() {
        let file = partition.file.as_str();
        let own = PhysicalRange { start: Pa::secure(node.load_address), size: node.memory_size };
        let pages = |what, start, size| Pages {
            owner,
            file,
            what,
            is_own: false,
            range: PhysicalRange { start, size },
        };
        let mut all = vec![Pages { is_own: true, ..pages("its memory", own.start, own.size) }];
        if let Some((_, regions)) = &partition.manifest {
            all.extend(regions.memory.iter().filter_map(|region| {
                let start = at(region.attributes, region.start(node.load_address)?);
                Some(pages("memory region", start, region.size()))
            }));
            all.extend(regions.devices.iter().map(|device| {
                pages(
                    "device region",
                    at(device.attributes, device.base),
                    u64::from(device.pages) * PAGE_SIZE,
                )
            }));
        }
        for pages in all {
            if let Some(other) = taken.iter().find(|other| pages.excludes(other)) {
                let (what, start) = (pages.what, pages.range.start.address);
                let whose = if other.owner == owner { "itself" } else { other.file };
                let words = format!("{what} at {start:#x} overlaps: {} of {whose} is there", other.what);
                checked.find(file, true, words);
            }
            taken.push(pages);
        }
    }
}

/// Finds interrupts that two have: the machine would not boot.
pub(super) fn check_interrupts(partitions: &[Partition], checked: &mut Checked) {
    let mut owners: Vec<(Intid, &str)> = Vec::new();
    for partition in partitions {
        let Some((config, _)) = &partition.manifest else { continue };
        for interrupt in &config.interrupts {
            let Intid(id) = interrupt.intid;
            if let Some((_, other)) = owners.iter().find(|(intid, _)| *intid == interrupt.intid) {
                checked.find(&partition.file, true, format!("interrupt {id} is {other}'s as well"));
            }
            owners.push((interrupt.intid, &partition.file));
        }
    }
}

/// The address of a region with these attributes.
fn at(attributes: RegionAttributes, address: u64) -> Pa {
    let non_secure = attributes.contains(RegionAttributes::NON_SECURE);
    Pa { space: if non_secure { Space::NonSecure } else { Space::Secure }, address }
}

impl Pages<'_> {
    /// True where not both can be.
    fn excludes(&self, other: &Self) -> bool {
        let inside = self.owner == other.owner && (self.is_own || other.is_own);
        let (one, two) = (&self.range, &other.range);
        !inside
            && one.start.space == two.start.space
            && one.start.address < two.start.address.saturating_add(two.size)
            && two.start.address < one.start.address.saturating_add(one.size)
    }
}
