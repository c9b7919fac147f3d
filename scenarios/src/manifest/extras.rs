//! What a partition's manifest and package have beside, or instead of, what every partition's have.

use super::{Node, Smcs, Value};
use crate::ffa;
use crate::machine::layout;

/// What makes one partition's manifest and package other than the usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extras {
    /// Properties of the root, instead of those of the same name.
    pub properties: Vec<(&'static str, Value)>,
    /// Nodes below the root.
    pub nodes: Vec<Node>,
    /// Memory regions.
    pub regions: Vec<Region>,
    /// Device regions: base addresses of one page each, readable and writable, secure.
    pub devices: Vec<u64>,
    /// The package is a transfer list, and this its list of hand-off blocks.
    pub hob_list: Option<Vec<u8>>,
    /// What the SPMC's manifest lets the partition call.
    pub smcs: Smcs,
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
            Base::LoadRelative(offset) => layout::partition_base(number) + offset,
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
        self.properties.push((name, value.into()));
    }

    /// The version of FF-A that the partition is written for.
    pub fn version(&self) -> u32 {
        let set = self.properties.iter().find(|(name, _)| *name == "ffa-version");
        match set {
            Some((_, Value::Cells(cells))) => cells[0],
            _ => ffa::VERSION_1_2 as u32,
        }
    }

    /// `manifest` with these.
    pub(super) fn applied_to(&self, mut manifest: Node) -> Node {
        for (name, value) in &self.properties {
            manifest = manifest.set(name, value.clone());
        }
        if !self.regions.is_empty() {
            let regions = Node::new("memory-regions").with("compatible", "arm,ffa-manifest-memory-regions");
            manifest =
                manifest.child(self.regions.iter().fold(regions, |node, region| node.child(region.node())));
        }
        if !self.devices.is_empty() {
            let devices = Node::new("device-regions").with("compatible", "arm,ffa-manifest-device-regions");
            let device = |base: &u64| {
                let node = Node::new(format!("device{base:x}")).with("base-address", *base);
                node.with("pages-count", 1u32).with("attributes", 3u32)
            };
            manifest = manifest.child(self.devices.iter().map(device).fold(devices, Node::child));
        }
        self.nodes.iter().cloned().fold(manifest, Node::child)
    }
}
