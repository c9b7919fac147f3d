//! Device trees to test with: the valid ones as lists that a test changes.

use std::string::String;
use std::vec;
use std::vec::Vec;

use vm_fdt::FdtWriter;

/// A node: its name, its properties, the nodes below it.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    name: String,
    properties: Vec<(String, Vec<u8>)>,
    children: Vec<Tree>,
}

/// The bytes of a list of cells.
pub fn cells(cells: &[u32]) -> Vec<u8> {
    cells.iter().flat_map(|cell| cell.to_be_bytes()).collect()
}

/// The bytes of a text.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::from(text.as_bytes());
    bytes.push(0);
    bytes
}

impl Tree {
    /// A node without properties.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The node with a property of `bytes` instead of what it had.
    pub fn set(mut self, property: &str, bytes: Vec<u8>) -> Self {
        self = self.without(property);
        self.properties.push((property.into(), bytes));
        self
    }

    /// The node without the property.
    pub fn without(mut self, property: &str) -> Self {
        self.properties.retain(|(name, _)| name != property);
        self
    }

    /// The node with `child` behind the others.
    pub fn with(mut self, child: Tree) -> Self {
        self.children.push(child);
        self
    }

    /// The node with `change` made to the node at `path`; the path "" is the node itself.
    pub fn at(mut self, path: &str, change: impl FnOnce(Tree) -> Tree) -> Self {
        if path.is_empty() {
            return change(self);
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let index = self.children.iter().position(|child| child.name == name).unwrap();
        let child = self.children.remove(index).at(rest, change);
        self.children.insert(index, child);
        self
    }

    /// The node without the node called `name` below it.
    pub fn without_child(mut self, name: &str) -> Self {
        self.children.retain(|child| child.name != name);
        self
    }

    /// The tree as a blob.
    pub fn blob(&self) -> Vec<u8> {
        let mut writer = FdtWriter::new().unwrap();
        self.write(&mut writer);
        writer.finish().unwrap()
    }

    fn write(&self, writer: &mut FdtWriter) {
        let node = writer.begin_node(&self.name).unwrap();
        for (name, bytes) in &self.properties {
            writer.property(name, bytes).unwrap();
        }
        for child in &self.children {
            child.write(writer);
        }
        writer.end_node(node).unwrap();
    }
}

/// A partition of the monitor's manifest.
pub fn vm(name: &str, debug_name: &str, load_address: u32) -> Tree {
    Tree::new(name)
        .set("is_ffa_partition", vec![])
        .set("debug_name", text(debug_name))
        .set("load_address", cells(&[load_address]))
        .set("vcpu_count", cells(&[1]))
        .set("mem_size", cells(&[0x10_0000]))
}

/// A `memory@…` node.
pub fn memory(name: &str, device_type: &str, reg: &[u32]) -> Tree {
    Tree::new(name).set("device_type", text(device_type)).set("reg", cells(reg))
}

/// A monitor's manifest with two partitions.
pub fn core_manifest() -> Tree {
    let attribute = Tree::new("attribute")
        .set("spmc_id", cells(&[0x8000]))
        .set("maj_ver", cells(&[1]))
        .set("min_ver", cells(&[2]))
        .set("exec_state", cells(&[0]))
        .set("load_address", cells(&[0, 0x0e10_0000]))
        .set("entrypoint", cells(&[0, 0x0e10_0000]))
        .set("binary_size", cells(&[0x20_0000]));
    let hypervisor = Tree::new("hypervisor")
        .set("compatible", text("hafnium,hafnium"))
        .with(vm("vm1", "sp1", 0x0e40_0000))
        .with(vm("vm2", "sp2", 0x0e50_0000));
    Tree::new("")
        .set("compatible", text("arm,ffa-core-manifest-1.0"))
        .set("#address-cells", cells(&[2]))
        .set("#size-cells", cells(&[2]))
        .with(attribute)
        .with(hypervisor)
        .with(Tree::new("cpus"))
        .with(memory("memory@0", "memory", &[0, 0x0e10_0000, 0, 0xf0_0000]))
        .with(memory("memory@1", "ns-memory", &[0, 0x4000_0000, 0, 0x4000_0000]))
        .with(memory("memory@2", "device-memory", &[0, 0x0904_0000, 0, 0x1000]))
}

/// A memory region of a partition's manifest.
pub fn region(name: &str, base: u32) -> Tree {
    Tree::new(name)
        .set("base-address", cells(&[0, base]))
        .set("pages-count", cells(&[1]))
        .set("attributes", cells(&[3]))
}

/// A partition's manifest with a data region and a mailbox.
pub fn partition_manifest() -> Tree {
    let regions = Tree::new("memory-regions")
        .set("compatible", text("arm,ffa-manifest-memory-regions"))
        .with(region("data", 0x0e60_0000).set("description", text("data")))
        .with(region("rx", 0x0e60_1000).set("phandle", cells(&[1])))
        .with(region("tx", 0x0e60_2000).set("phandle", cells(&[2])));
    let mailbox = Tree::new("rx_tx-info")
        .set("compatible", text("arm,ffa-manifest-rx_tx-buffer"))
        .set("rx-buffer", cells(&[1]))
        .set("tx-buffer", cells(&[2]));
    Tree::new("")
        .set("compatible", text("arm,ffa-manifest-1.0"))
        .set("ffa-version", cells(&[0x1_0002]))
        .set("uuid", cells(&[0xb4b5_671e, 0x4a90_4fe1, 0xb81f_fb13, 0xdae1_dacb]))
        .set("messaging-method", cells(&[3]))
        .set("execution-ctx-count", cells(&[1]))
        .set("exception-level", cells(&[2]))
        .set("execution-state", cells(&[0]))
        .set("load-address", cells(&[0, 0x0e50_0000]))
        .set("entrypoint-offset", cells(&[0, 0x4000]))
        .set("xlat-granule", cells(&[0]))
        .set("boot-order", cells(&[1]))
        .set("gp-register-num", cells(&[0]))
        .set("ns-interrupts-action", cells(&[2]))
        .set("some-later-property", text("ignored"))
        .with(regions)
        .with(mailbox)
}
