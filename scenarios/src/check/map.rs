//! The memory map of a platform, as text and as a picture.

use std::fmt::{self, Write};

use hal::{PAGE_SIZE, Space};
use hyp::manifest::{CoreManifest, MemoryKind, RegionAttributes};

use super::platform::Partition;

/// What is where, by address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map(Vec<Entry>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry {
    space: Space,
    start: u64,
    /// Larger ranges before those inside.
    depth: u8,
    size: u64,
    what: String,
}

impl Map {
    /// The map that `core` and the manifests of `partitions` describe.
    pub(super) fn of(core: &CoreManifest, partitions: &[Partition]) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for memory in &core.memory {
            let what = match memory.kind {
                MemoryKind::Secure => "secure memory",
                MemoryKind::NonSecure => "normal world's memory",
                MemoryKind::Device => "secure devices",
                MemoryKind::NonSecureDevice => "normal world's devices",
            };
            let (start, size) = (memory.range.start, memory.range.size);
            let what = what.to_string();
            entries.push(Entry { space: start.space, start: start.address, depth: 0, size, what });
        }
        for (index, node) in core.partitions.iter().enumerate() {
            let (start, size) = (node.load_address, node.memory_size);
            let what = node.name.to_string();
            entries.push(Entry { space: Space::Secure, start, depth: 1, size, what });
            let Some((_, regions)) = partitions.get(index).and_then(|partition| partition.manifest.as_ref())
            else {
                continue;
            };
            let space = |attributes: RegionAttributes| {
                if attributes.contains(RegionAttributes::NON_SECURE) {
                    Space::NonSecure
                } else {
                    Space::Secure
                }
            };
            for region in &regions.memory {
                let Some(start) = region.start(node.load_address) else { continue };
                let what = format!("{}: region, {}", node.name, rights(region.attributes));
                let space = space(region.attributes);
                entries.push(Entry { space, start, depth: 2, size: region.size(), what });
            }
            for device in &regions.devices {
                let what = format!("{}: device, {}", node.name, rights(device.attributes));
                let (space, size) = (space(device.attributes), u64::from(device.pages) * PAGE_SIZE);
                entries.push(Entry { space, start: device.base, depth: 2, size, what });
            }
        }
        entries.sort();
        Self(entries)
    }

    /// The map as an SVG picture: a column for each world, a box for each range, its height by the logarithm of its size.
    pub fn svg(&self) -> String {
        const WIDTH: u64 = 460;
        let mut boxes = String::new();
        let mut heights = [20u64; 2];
        for entry in &self.0 {
            let column = usize::from(entry.space == Space::NonSecure);
            let height = 18 + 2 * u64::from(entry.size.max(PAGE_SIZE).ilog2() - 12);
            let x = 10 + column as u64 * (WIDTH + 10) + u64::from(entry.depth) * 16;
            let (y, width) = (heights[column], WIDTH - u64::from(entry.depth) * 16);
            let fill = ["#e8eef4", "#cfe3cf", "#f4e3c1"][usize::from(entry.depth)];
            heights[column] += height + 4;
            let text = y + 13;
            let label = entry.to_string().replace('&', "&amp;").replace('<', "&lt;");
            write!(
                boxes,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\" stroke=\"#555\"/>\n\
                 <text x=\"{}\" y=\"{text}\">{}</text>\n",
                x + 6,
                label.trim()
            )
            .expect("a string takes any text");
        }
        let (width, height) = (2 * (WIDTH + 10) + 10, heights.into_iter().max().unwrap_or(0) + 10);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             font-family=\"monospace\" font-size=\"11\">\n{boxes}</svg>\n"
        )
    }
}

fn rights(attributes: RegionAttributes) -> String {
    let letters =
        [(RegionAttributes::READ, 'r'), (RegionAttributes::WRITE, 'w'), (RegionAttributes::EXECUTE, 'x')];
    letters.map(|(right, letter)| if attributes.contains(right) { letter } else { '-' }).into_iter().collect()
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = usize::from(self.depth) * 2;
        let end = self.start.saturating_add(self.size);
        write!(f, "{:indent$}{:#012x} to {end:#012x}  {:>9}  {}", "", self.start, bytes(self.size), self.what)
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (space, name) in [(Space::Secure, "secure"), (Space::NonSecure, "non-secure")] {
            writeln!(f, "{name}:")?;
            for entry in self.0.iter().filter(|entry| entry.space == space) {
                writeln!(f, "  {entry}")?;
            }
        }
        Ok(())
    }
}

/// A number of bytes for people.
fn bytes(size: u64) -> String {
    match size {
        _ if size.is_multiple_of(1 << 30) => format!("{} GiB", size >> 30),
        _ if size.is_multiple_of(1 << 20) => format!("{} MiB", size >> 20),
        _ => format!("{} KiB", size >> 10),
    }
}
