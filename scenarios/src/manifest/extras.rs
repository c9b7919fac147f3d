//! What a partition's manifests and package have beside, or instead of, what every partition's have.

use super::{Edits, Format, Node, Smcs, Value, package};
use crate::ffa;
use crate::machine::layout;

/// What makes one partition's manifests and package other than the usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extras {
    /// Memory regions.
    pub regions: Vec<Region>,
    /// The memory regions that are its buffers from the start: TX, RX.
    pub buffers: Option<[Region; 2]>,
    /// Device regions.
    pub devices: Vec<Device>,
    /// What the SPMC's manifest lets the partition call.
    pub smcs: Smcs,
    /// What else is in the manifest, or is there otherwise.
    pub edits: Edits,
    /// What the package is.
    pub format: Format,
    /// Words of the package that are other than they should be, each with its offset.
    pub broken: Vec<(usize, u32)>,
    /// Milliseconds that each virtual CPU has to initialise itself, in the SPMC's manifest.
    pub init_timeout: Option<u32>,
    /// Milliseconds that each has to handle an interrupt, in the SPMC's manifest.
    pub interrupt_timeout: Option<u32>,
}

/// A device region of a partition's manifest: a page, readable and writable; it is called `device` and its address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Where it is.
    pub base: u64,
    /// It is named in the normal world's address space.
    pub non_secure: bool,
    /// Its interrupts, each with its attributes.
    pub interrupts: Vec<[u32; 2]>,
}

impl Device {
    /// Attributes of an interrupt: secure, triggered by the rise of its line, of the most urgent priority.
    pub const EDGE: u32 = 1 << 8;
    /// The same, triggered by the level of its line.
    pub const LEVEL: u32 = 1 << 8 | 1 << 9;

    /// The device whose page is at `base`, without an interrupt.
    pub const fn at(base: u64) -> Self {
        Self { base, non_secure: false, interrupts: Vec::new() }
    }

    fn node(&self) -> Node {
        let attributes = 3 | if self.non_secure { Region::NON_SECURE } else { 0 };
        let node = Node::new(format!("device{:x}", self.base)).with("base-address", self.base);
        let node = node.with("pages-count", 1u32).with("attributes", attributes);
        if self.interrupts.is_empty() { node } else { node.with("interrupts", &self.interrupts.concat()[..]) }
    }
}

/// A memory region of a partition's manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// What the manifest calls it.
    pub name: &'static str,
    /// Where it begins.
    pub base: Base,
    /// 4 KiB pages.
    pub pages: u32,
    /// As the manifest has them: 1 read, 2 write, 4 execute, 8 non-secure.
    pub attributes: u32,
}

/// Where a region begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// At this address.
    Address(u64),
    /// So far behind the partition's load address.
    LoadRelative(u64),
}

impl Region {
    /// The attribute of memory of the normal world.
    pub const NON_SECURE: u32 = 1 << 3;

    /// Its first byte, in the partition with this number.
    pub fn start(&self, number: u16) -> u64 {
        match self.base {
            Base::Address(address) => address,
            // A wrong manifest's may reach beyond the last address.
            Base::LoadRelative(offset) => layout::partition_base(number).wrapping_add(offset),
        }
    }

    fn node(&self) -> Node {
        let node = Node::new(self.name).with("description", self.name);
        let node = match self.base {
            Base::Address(address) => node.with("base-address", address),
            Base::LoadRelative(offset) => node.with("load-address-relative-offset", offset),
        };
        node.with("pages-count", self.pages).with("attributes", self.attributes)
    }
}

impl Extras {
    /// Gives the root this property, instead of one of the same name.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.edits.set("", name, value);
    }

    /// The version of FF-A that the partition is written for.
    pub fn version(&self) -> u32 {
        self.number("ffa-version").unwrap_or(ffa::VERSION_1_2 as u32)
    }

    /// True where it has notifications.
    pub fn receives_notifications(&self) -> bool {
        self.edits.of_root("notification-support").is_some()
    }

    /// Where in its package it is entered.
    pub fn entry_point_offset(&self) -> u32 {
        self.number("entrypoint-offset").unwrap_or(layout::PACKAGE_IMAGE as u32)
    }

    /// What the root's property `name` is instead of what it is usually.
    fn number(&self, name: &str) -> Option<u32> {
        match self.edits.of_root(name)? {
            Value::Cells(cells) => cells.first().copied(),
            _ => None,
        }
    }

    /// The memory regions, buffers included.
    pub fn all_regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter().chain(self.buffers.iter().flatten())
    }

    /// The package of the partition with this manifest and image.
    pub fn package(&self, manifest: &[u8], image: &[u8]) -> Vec<u8> {
        let mut package = package(&self.format, manifest, image);
        for (offset, word) in &self.broken {
            package[*offset..offset + 4].copy_from_slice(&word.to_le_bytes());
        }
        package
    }

    /// `manifest` with these, and the region `own` beside them.
    pub(super) fn applied_to(&self, mut manifest: Node, own: Option<Region>) -> Node {
        let mut regions = self.all_regions().chain(&own).peekable();
        if regions.peek().is_some() {
            let node = Node::new("memory-regions").with("compatible", "arm,ffa-manifest-memory-regions");
            manifest.add(regions.map(Region::node).fold(node, Node::child));
        }
        if let Some(buffers) = &self.buffers {
            for (phandle, region) in (1u32..).zip(buffers) {
                manifest.at("memory-regions").at(region.name).set("phandle", phandle.into());
            }
            let node = Node::new("rx_tx-info").with("compatible", "arm,ffa-manifest-rx_tx-buffer");
            manifest.add(node.with("tx-buffer", 1u32).with("rx-buffer", 2u32));
        }
        if !self.devices.is_empty() {
            let devices = Node::new("device-regions").with("compatible", "arm,ffa-manifest-device-regions");
            manifest.add(self.devices.iter().map(Device::node).fold(devices, Node::child));
        }
        self.edits.applied_to(manifest)
    }
}
