//! Whether files fit the platform that they are for: what its image would say of them at boot, and what TF-A would not.

use hal::memory::{Frames, PhysicalMemory};
use hal::{PAGE_SIZE, Pa};
use hyp::manifest::tree::{Allowed, Node};
use hyp::manifest::{CoreManifest, MemoryKind, Report};
use platforms::Platform;

use super::Checked;
use super::file::File;

/// A platform, and the memory map that the monitor has there.
pub(super) struct Target {
    platform: &'static Platform,
    map: PhysicalMemory,
}

impl Target {
    /// The platform that a build calls so.
    pub fn new(platform: &'static Platform) -> Self {
        Self { platform, map: platform.physical_memory() }
    }

    /// Checks what the monitor's manifest, `core` in `file`, says of the platform.
    pub fn check(&self, core: &CoreManifest, file: &File, checked: &mut Checked) {
        let Platform { name, manifest, monitor, cores, .. } = self.platform;
        let mut wrong = |words| checked.find(&file.name, true, words);
        if file.bytes.len() as u64 > manifest.size {
            wrong(format!("has {} bytes: TF-A loads at most {} on {name}", file.bytes.len(), manifest.size));
        }
        let start = monitor.start.address;
        if let Some(load) = load_address(&file.bytes).filter(|load| *load != start) {
            wrong(format!(
                "attribute: load_address is {load:#x}: the image of {name} is linked for {start:#x}"
            ));
        }
        if core.cores > *cores {
            wrong(format!("cpus has {} cores: the image of {name} has stacks for {cores}", core.cores));
        }
        for memory in core.memory.iter().filter(|memory| memory.kind == MemoryKind::NonSecure) {
            self.reaches(memory.range.start, memory.range.size, "ns-memory", &file.name, checked);
        }
    }

    /// Finds where `what`, `size` bytes from `start` on, is not memory that the monitor can give away.
    pub fn reaches(&self, start: Pa, size: u64, what: &str, file: &str, checked: &mut Checked) {
        let pool = self.platform.pool;
        let is_pool = |frames: &Frames| {
            self.map.frames(pool.start, pool.size / PAGE_SIZE).is_ok_and(|pool| pool.overlaps(frames))
        };
        let why = match self.map.frames(start, size / PAGE_SIZE) {
            Ok(frames) if is_pool(&frames) => "is the monitor's page pool".to_string(),
            Ok(_) => return,
            Err(problem) => problem.to_string(),
        };
        self.find(start, what, &why, file, checked);
    }

    /// Finds where the `pages` pages of registers from `start` on are not a device that a partition can have.
    pub fn is_device(&self, start: Pa, pages: u64, what: &str, file: &str, checked: &mut Checked) {
        if let Err(problem) = self.map.device(start, pages) {
            self.find(start, what, &problem.to_string(), file, checked);
        }
    }

    fn find(&self, start: Pa, what: &str, why: &str, file: &str, checked: &mut Checked) {
        checked.find(file, true, format!("{what}: on {}, {start} {why}", self.platform.name));
    }
}

/// Where TF-A's SPMD is told that the monitor is.
fn load_address(manifest: &[u8]) -> Option<u64> {
    let mut quiet = |_: &hyp::manifest::Finding<'_>| {};
    let report = &mut Report::new("", &mut quiet);
    let attribute = Node::root(manifest, report)?.children().find(|node| node.name() == "attribute")?;
    attribute.properties(&["load_address"], report).optional("load_address", &Allowed::ANY, report)
}
