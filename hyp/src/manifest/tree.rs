//! Reading a device tree: nodes that know their path, properties that become typed values or an error.

use core::ops::RangeInclusive;

use arrayvec::ArrayVec;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node as _, Property as _};

use super::error::{Error, Path, Problem, Text, cut};
use crate::capacity::MAX_MANIFEST_SIZE;

/// Bytes of a device tree's header that say how long it is: magic and total size.
const TOTAL_SIZE: core::ops::Range<usize> = 4..8;

/// A node and its path.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    node: FdtNode<'a>,
    path: Path,
}

/// A value that a property can have.
pub trait Value: Sized {
    /// Reads the value from the property's bytes.
    fn read(bytes: &[u8]) -> Result<Self, Problem>;
}

impl<'a> Node<'a> {
    /// The root of the tree at the beginning of `bytes`, called `name` in errors.
    pub fn root(name: &str, bytes: &'a [u8]) -> Result<Self, Error> {
        let fail = |problem| Error { node: cut(name), property: None, problem };
        let size = bytes
            .get(TOTAL_SIZE)
            .and_then(|size| size.first_chunk())
            .map_or(0, |size| u32::from_be_bytes(*size) as usize);
        let tree = bytes.get(..size).filter(|tree| tree.len() <= MAX_MANIFEST_SIZE);
        let tree = tree.ok_or_else(|| {
            fail(Problem::Length { found: size, allowed: "it must be at most 4096, and all be there" })
        })?;
        let fdt = Fdt::new(tree).map_err(|error| fail(Problem::Tree(error.kind)))?;
        Ok(Self { node: fdt.root(), path: cut(name) })
    }

    /// The node's name, with its unit address.
    pub fn name(&self) -> &'a str {
        self.node.name()
    }

    /// The node below this one that is called `name`, if there is one.
    pub fn child(&self, name: &str) -> Option<Self> {
        self.node.child(name).map(|node| self.below(node))
    }

    /// The node below this one that is called `name`.
    pub fn required_child(&self, name: &str) -> Result<Self, Error> {
        self.child(name).ok_or_else(|| Error {
            node: self.path_of(name),
            property: None,
            problem: Problem::Missing,
        })
    }

    /// All nodes below this one.
    pub fn children(&self) -> impl Iterator<Item = Node<'a>> + '_ {
        self.node.children().map(|node| self.below(node))
    }

    /// True when the node has the property, whatever its value.
    pub fn has(&self, property: &'static str) -> bool {
        self.node.property(property).is_some()
    }

    /// The value of `property`, if the node has it.
    pub fn optional<T: Value>(&self, property: &'static str) -> Result<Option<T>, Error> {
        let value = self.node.property(property);
        let value = value.map(|found| T::read(found.value()));
        value.transpose().map_err(|problem| self.error(property, problem))
    }

    /// The value of `property`.
    pub fn required<T: Value>(&self, property: &'static str) -> Result<T, Error> {
        self.optional(property)?.ok_or_else(|| self.error(property, Problem::Missing))
    }

    /// The number in `property`, if the node has it.
    pub fn optional_within(
        &self,
        property: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, Error> {
        let Some(found) = self.optional::<u64>(property)? else {
            return Ok(None);
        };
        match u32::try_from(found) {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                Err(self
                    .error(property, Problem::OutOfRange { found, low: *range.start(), high: *range.end() }))
            }
        }
    }

    /// The number in `property`.
    pub fn required_within(&self, property: &'static str, range: RangeInclusive<u32>) -> Result<u32, Error> {
        self.optional_within(property, range)?.ok_or_else(|| self.error(property, Problem::Missing))
    }

    /// Refuses a node whose `compatible` does not name `wanted`, which `allowed` says in words.
    pub fn compatible(&self, wanted: &str, allowed: &'static str) -> Result<(), Error> {
        const NAME: &str = "compatible";
        let property = self.node.property(NAME);
        let property = property.ok_or_else(|| self.error(NAME, Problem::Missing))?;
        let mut names = property.value().split(|byte| *byte == 0);
        if names.clone().any(|name| name == wanted.as_bytes()) {
            return Ok(());
        }
        let first = names.next().and_then(|name| core::str::from_utf8(name).ok());
        let problem = first.map_or(Problem::NotText, |found| Problem::Text { found: cut(found), allowed });
        Err(self.error(NAME, problem))
    }

    /// What is wrong with a property of this node.
    pub fn error(&self, property: &'static str, problem: Problem) -> Error {
        Error { node: self.path, property: Some(property), problem }
    }

    /// What is wrong with this node.
    pub fn node_error(&self, problem: Problem) -> Error {
        Error { node: self.path, property: None, problem }
    }

    fn below(&self, node: FdtNode<'a>) -> Self {
        Self { path: self.path_of(node.name()), node }
    }

    fn path_of(&self, name: &str) -> Path {
        let mut path = self.path;
        for character in core::iter::once('/').chain(name.chars()) {
            if path.try_push(character).is_err() {
                break;
            }
        }
        path
    }
}

/// A number of one cell or of two.
impl Value for u64 {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if let Ok(cell) = bytes.try_into() {
            return Ok(u64::from(u32::from_be_bytes(cell)));
        }
        bytes
            .try_into()
            .map(u64::from_be_bytes)
            .map_err(|_| Problem::Length { found: bytes.len(), allowed: "a number has 4 or 8" })
    }
}

/// A number of one cell, or of two with the first zero.
impl Value for u32 {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let found = u64::read(bytes)?;
        u32::try_from(found).map_err(|_| Problem::Value { found, allowed: "it must be below 2^32" })
    }
}

impl Value for Text {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let text = bytes.strip_suffix(&[0]).ok_or(Problem::NotText)?;
        let text = core::str::from_utf8(text).map_err(|_| Problem::NotText)?;
        if text.chars().any(char::is_control) {
            return Err(Problem::NotText);
        }
        Text::from(text).map_err(|_| Problem::NotText)
    }
}

/// One to `N` cells.
impl<const N: usize> Value for ArrayVec<u32, N> {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let (cells, rest) = bytes.as_chunks();
        if cells.is_empty() || !rest.is_empty() {
            return Err(Problem::Length {
                found: bytes.len(),
                allowed: "it must be a list of 4-byte numbers",
            });
        }
        if cells.len() > N {
            return Err(Problem::TooMany { found: cells.len(), limit: N });
        }
        Ok(cells.iter().map(|cell| u32::from_be_bytes(*cell)).collect())
    }
}
