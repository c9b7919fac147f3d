//! A device tree as a value, printed as source (DTS) or as blob (DTB).

use std::fmt;

use vm_fdt::{FdtWriter, FdtWriterResult};

/// What a property holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing: that it is there is what it says.
    Empty,
    /// Cells of 32 bits.
    Cells(Vec<u32>),
    /// A number of two cells.
    Wide(u64),
    /// A string.
    Text(String),
}

impl From<u32> for Value {
    fn from(cell: u32) -> Self {
        Value::Cells(vec![cell])
    }
}

impl From<&[u32]> for Value {
    fn from(cells: &[u32]) -> Self {
        Value::Cells(cells.to_vec())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Wide(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_string())
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Value::Empty
    }
}

impl Value {
    /// The bytes of the value in a blob.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Value::Empty => Vec::new(),
            Value::Cells(cells) => cells.iter().flat_map(|cell| cell.to_be_bytes()).collect(),
            Value::Wide(number) => number.to_be_bytes().to_vec(),
            Value::Text(text) => [text.as_bytes(), &[0]].concat(),
        }
    }
}

/// A node with its properties, then its children.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    name: String,
    properties: Vec<(String, Value)>,
    children: Vec<Node>,
}

impl Node {
    /// An empty node; the root's name is empty.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), properties: Vec::new(), children: Vec::new() }
    }

    /// With this property too.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.push((name.to_string(), value.into()));
        self
    }

    /// With this property instead of one of the same name.
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value.into());
        self
    }

    /// Without this property.
    pub fn without(mut self, name: &str) -> Self {
        self.remove(name);
        self
    }

    /// With this child too.
    pub fn child(mut self, child: Node) -> Self {
        self.children.push(child);
        self
    }

    /// With `change` made to the node at `path` below this one; the path "" is this node.
    ///
    /// # Panics
    /// When no node is there: a mistake in a manifest.
    pub fn changed_at(mut self, path: &str, change: impl FnOnce(Node) -> Node) -> Self {
        let node = self.at(path);
        *node = change(node.clone());
        self
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The node's properties: their names, and their values' bytes.
    pub fn properties(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.properties.iter().map(|(name, value)| (name.as_str(), value.bytes()))
    }

    /// The nodes below this one.
    pub fn children(&self) -> &[Node] {
        &self.children
    }

    /// Gives it this property, instead of one of the same name.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        match self.properties.iter_mut().find(|(other, _)| other == name) {
            Some((_, old)) => *old = value,
            None => self.properties.push((name.to_string(), value)),
        }
    }

    /// Takes this property from it.
    pub(super) fn remove(&mut self, name: &str) {
        self.properties.retain(|(other, _)| other != name);
    }

    /// Puts `child` below it.
    pub(super) fn add(&mut self, child: Node) {
        self.children.push(child);
    }

    /// The node below it with this path.
    ///
    /// # Panics
    /// Where there is none.
    pub(super) fn at(&mut self, path: &str) -> &mut Node {
        path.split('/').filter(|name| !name.is_empty()).fold(self, |node, name| {
            let child = node.children.iter_mut().find(|child| child.name == name);
            child.unwrap_or_else(|| panic!("there is no node {name}"))
        })
    }

    /// The tree whose root this is as a flattened device tree.
    ///
    /// # Panics
    /// When a name is not allowed in a device tree: a mistake in a manifest.
    pub fn dtb(&self) -> Vec<u8> {
        let mut writer = FdtWriter::new().expect("an empty tree");
        self.write(&mut writer).expect("names that a device tree allows");
        writer.finish().expect("every node is ended")
    }

    fn write(&self, writer: &mut FdtWriter) -> FdtWriterResult<()> {
        let node = writer.begin_node(&self.name)?;
        for (name, bytes) in self.properties() {
            writer.property(name, &bytes)?;
        }
        for child in &self.children {
            child.write(writer)?;
        }
        writer.end_node(node)
    }

    /// The tree whose root this is as source.
    pub fn dts(&self) -> String {
        format!("/dts-v1/;\n\n{self}")
    }

    fn print(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "\t".repeat(depth);
        let name = if self.name.is_empty() { "/" } else { &self.name };
        writeln!(f, "{indent}{name} {{")?;
        for (name, value) in &self.properties {
            writeln!(f, "{indent}\t{name}{value};")?;
        }
        for child in &self.children {
            child.print(f, depth + 1)?;
        }
        writeln!(f, "{indent}}};")
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(f, 0)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Empty => Ok(()),
            Value::Cells(cells) => {
                let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:#x}")).collect();
                write!(f, " = <{}>", cells.join(" "))
            }
            Value::Wide(number) => {
                write!(f, " = <{:#x} {:#x}>", number >> 32, number & 0xFFFF_FFFF)
            }
            Value::Text(text) => write!(f, " = \"{text}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_prints_as_source() {
        let tree = Node::new("")
            .with("compatible", "a,b")
            .with("wide", 0x1_0000_0002u64)
            .child(Node::new("child").with("flag", ()).with("cells", &[1u32, 0xff][..]));
        let source = "/dts-v1/;\n\n/ {\n\tcompatible = \"a,b\";\n\twide = <0x1 0x2>;\n\tchild {\n\t\tflag;\n\t\tcells = <0x1 0xff>;\n\t};\n};\n";
        assert_eq!(tree.dts(), source);
    }

    #[test]
    fn a_blob_begins_with_the_magic_and_its_own_size() {
        let blob = Node::new("").with("compatible", "a,b").dtb();
        assert_eq!(blob[0..4], 0xD00D_FEEDu32.to_be_bytes());
        assert_eq!(blob[4..8], (blob.len() as u32).to_be_bytes());
    }
}
