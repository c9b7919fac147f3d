//! The monitor's manifest and the partitions: each for itself, and whether they fit together.

use hal::{PAGE_SIZE, Pa};
use hyp::manifest::{
    CoreManifest, ExceptionLevel, MemoryKind, Package, PartitionConfig, PartitionNode, Problem,
    RegionAttributes, Regions, Report,
};

use super::Checked;
use super::file::{File, Kind};
use super::target::Target;
use crate::manifest::{Said, said};

/// A partition, as far as its files could be read.
pub(super) struct Partition {
    /// The file's name.
    pub file: String,
    /// Its manifest.
    pub manifest: Option<(PartitionConfig, Regions)>,
}

/// Where memory regions may be: of the secure world, of the normal world.
const MEMORY: [MemoryKind; 2] = [MemoryKind::Secure, MemoryKind::NonSecure];
/// Where device regions may be, likewise.
const DEVICES: [MemoryKind; 2] = [MemoryKind::Device, MemoryKind::NonSecureDevice];

/// Reads `file` with `read`, which tells a report; what it tells is found.
fn told<T>(file: &File, checked: &mut Checked, read: impl FnOnce(&mut Report<'_>) -> T) -> T {
    let (result, all) = said("", read);
    for Said { is_error, words } in all {
        checked.find(&file.name, is_error, words.trim_start_matches([' ', ':', '/']).to_string());
    }
    result
}

/// The monitor's manifest in `file`.
pub(super) fn core_manifest(file: &File, checked: &mut Checked) -> Option<Box<CoreManifest>> {
    let mut core = Box::new(CoreManifest::EMPTY);
    told(file, checked, |report| core.read(&file.bytes, report)).ok().map(|()| core)
}

/// The partition in `file`, which is a manifest or a package; `node` is what the monitor's manifest says of it.
pub(super) fn partition(file: &File, node: Option<&PartitionNode>, checked: &mut Checked) -> Partition {
    let memory = node.map_or(u64::MAX, |node| node.memory_size);
    if let Some(node) = node.filter(|node| node.memory_size < file.bytes.len() as u64) {
        let words =
            format!("the package has {} bytes: {} has {}", file.bytes.len(), node.name, node.memory_size);
        checked.find(&file.name, true, words);
    }
    let mut regions = Regions::default();
    let config = told(file, checked, |report| {
        let manifest = manifest_in(file, memory, report)?;
        PartitionConfig::read(manifest, &mut regions, report).ok()
    });
    if let Some((node, load)) = node.zip(config.as_ref().and_then(|config| config.load_address))
        && node.load_address != load
    {
        let words =
            format!("load-address is {load:#x}: {} is at {:#x}, which counts", node.name, node.load_address);
        checked.find(&file.name, false, words);
    }
    Partition { file: file.name.clone(), manifest: config.map(|config| (config, regions)) }
}

/// The manifest that `file` is, or has as a package for a partition with so much `memory`.
pub(super) fn manifest_in<'f>(file: &'f File, memory: u64, report: &mut Report<'_>) -> Option<&'f [u8]> {
    if file.kind != Kind::Package {
        return Some(&file.bytes);
    }
    let mut source = |offset: u64, into: &mut [u8]| {
        let from = usize::try_from(offset).ok().and_then(|offset| file.bytes.get(offset..));
        let bytes = from.and_then(|bytes| bytes.get(..into.len()));
        bytes.map(|bytes| into.copy_from_slice(bytes)).is_some()
    };
    let package = Package::read(&mut source, memory, report).ok()?;
    let [found, size] = [file.bytes.len(), package.image.end() as usize];
    if found < size {
        report.node(Problem::Cut { found, size });
    }
    let end = package.manifest.end().min(found as u64) as usize;
    file.bytes.get(package.manifest.offset as usize..end)
}

/// Checks `partitions` against the monitor's manifest, `core` in `file`, and all of them against the platform that they
/// are for.
pub(super) fn fit(
    core: &CoreManifest,
    file: &File,
    partitions: &[Partition],
    target: Option<&Target>,
    checked: &mut Checked,
) {
    let name = &file.name;
    if let Some(target) = target {
        target.check(core, file, checked);
    }
    let (nodes, files) = (core.partitions.len(), partitions.len());
    if files != 0 && nodes != files {
        checked.find(name, true, format!("hypervisor has {nodes} partitions: {files} were given"));
    }
    for node in &core.partitions {
        if !core.has(MemoryKind::Secure, Pa::secure(node.load_address), node.memory_size) {
            let words = format!(
                "hypervisor/{}: load_address {:#x} with mem_size {:#x} is not memory of the secure world",
                node.name, node.load_address, node.memory_size
            );
            checked.find(name, true, words);
        }
        if let Some(target) = target {
            let (start, what) = (Pa::secure(node.load_address), format!("hypervisor/{}", node.name));
            target.reaches(start, node.memory_size, &what, name, checked);
        }
    }
    let mut orders: Vec<(u32, &str)> = Vec::new();
    for (partition, node) in partitions.iter().zip(&core.partitions) {
        let Some((config, regions)) = &partition.manifest else { continue };
        let (contexts, cores) = (config.execution_contexts, core.cores);
        if contexts != 1 && contexts as usize != cores {
            let words =
                format!("execution-ctx-count is {contexts}: it must be 1, or one for each core, {cores}");
            checked.find(&partition.file, true, words);
        }
        let (entry, size) = (config.entrypoint_offset, node.memory_size);
        if entry >= size {
            let words = format!(
                "entrypoint-offset is {entry:#x}: it must be below {size:#x}, the partition's memory"
            );
            checked.find(&partition.file, true, words);
        }
        if config.exception_level != ExceptionLevel::SecureEl1 {
            let words = "exception-level is not 2 (S-EL1): only that is served";
            checked.find(&partition.file, true, words.into());
        }
        let twin = orders.iter().find(|(order, _)| *order == config.boot_order);
        if let Some((order, other)) = twin.filter(|(order, _)| *order != PartitionConfig::BOOTS_LAST) {
            checked.find(&partition.file, true, format!("boot-order is {order}: {other} has it"));
        }
        orders.push((config.boot_order, &partition.file));
        let memory = regions.memory.iter().filter_map(|region| {
            let start = region.start(node.load_address)?;
            Some(("memory-regions", MEMORY, region.attributes, start, region.pages))
        });
        let devices = (regions.devices.iter())
            .map(|device| ("device-regions", DEVICES, device.attributes, device.base, device.pages));
        for (node, [secure, normal], attributes, start, pages) in memory.chain(devices) {
            let (kind, at) = match attributes.contains(RegionAttributes::NON_SECURE) {
                true => (normal, Pa::non_secure(start)),
                false => (secure, Pa::secure(start)),
            };
            let size = u64::from(pages) * PAGE_SIZE;
            if !core.has(kind, at, size) {
                let words = format!("{node}: {at} with {pages} pages is not memory of that kind");
                checked.find(&partition.file, true, words);
            }
            match target {
                Some(target) if DEVICES.contains(&kind) => {
                    target.is_device(at, pages.into(), node, &partition.file, checked);
                }
                Some(target) => target.reaches(at, size, node, &partition.file, checked),
                None => {}
            }
        }
    }
}
