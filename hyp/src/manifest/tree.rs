//! Reading a device tree: nodes, and properties that become typed values.
//!
//! A value that is missing or wrong is told, and something harmless is read instead: what a reader returns is good
//! for nothing then, which [`Report::unless_wrong`] sees to.

use arrayvec::ArrayVec;
use dtoolkit::fdt::Fdt;

use super::error::{Problem, Report};
use super::walk::{Structure, Token};
use crate::capacity::{MAX_MANIFEST_SIZE, MAX_NAME, MAX_PROPERTIES};

/// Bytes of a device tree's header that say how long it is: magic and total size.
const TOTAL_SIZE: core::ops::Range<usize> = 4..8;

/// A node.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    name: &'a str,
    /// What follows the node's beginning.
    inside: Structure<'a>,
}

/// Numbers that a property may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowed {
    low: u64,
    high: u64,
    /// The numbers in words, where they mean something.
    words: Option<&'static str>,
}

impl Allowed {
    /// Any number of one cell.
    pub const CELL: Self = Self::within(0, u32::MAX as u64);
    /// Any number.
    pub const ANY: Self = Self::within(0, u64::MAX);

    /// The numbers from `low` to `high`.
    pub const fn within(low: u64, high: u64) -> Self {
        Self { low, high, words: None }
    }

    /// The numbers from `low` to `high`, which `words` explain.
    pub const fn explained(low: u64, high: u64, words: &'static str) -> Self {
        Self { low, high, words: Some(words) }
    }
}

impl<'a> Node<'a> {
    /// The root of the tree at the beginning of `bytes`, which has at most a page.
    pub fn root(bytes: &'a [u8], report: &mut Report<'_>) -> Option<Self> {
        Self::root_within(MAX_MANIFEST_SIZE, bytes, report)
    }

    /// The root of the tree at the beginning of `bytes`, which has at most `limit` bytes.
    pub fn root_within(limit: usize, bytes: &'a [u8], report: &mut Report<'_>) -> Option<Self> {
        let size = bytes
            .get(TOTAL_SIZE)
            .and_then(|size| size.first_chunk())
            .map_or(0, |size| u32::from_be_bytes(*size) as usize);
        if size > limit {
            report.node(Problem::Length { found: size, allowed: "there is room for a page, 4096" });
            return None;
        }
        let Some(tree) = bytes.get(..size) else {
            report.node(Problem::Cut { found: bytes.len(), size });
            return None;
        };
        if let Err(error) = Fdt::new(tree) {
            report.node(Problem::Tree(error.kind));
            return None;
        }
        let root =
            Structure::of(tree).and_then(|mut inside| inside.next().map(|_| Self { name: "", inside }));
        if root.is_none() {
            report.node(Problem::Missing);
        }
        root
    }

    /// The node's name, with its unit address.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// All nodes below this one.
    pub fn children(&self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let (mut structure, mut depth) = (self.inside, 0);
        core::iter::from_fn(move || Self::next_child(&mut structure, &mut depth))
    }

    /// The next node that begins one below where `depth` is 0.
    #[inline(never)]
    fn next_child(structure: &mut Structure<'a>, depth: &mut u32) -> Option<Self> {
        loop {
            match structure.next()? {
                Token::Begin(name) => {
                    *depth += 1;
                    if *depth == 1 {
                        return Some(Self { name, inside: *structure });
                    }
                }
                // Behind this the node itself has ended.
                Token::End => *depth = depth.checked_sub(1)?,
                Token::Property(..) => {}
            }
        }
    }

    /// The properties of the present node, of which only those in `known` mean something.
    #[inline(never)]
    pub fn properties(&self, known: &'static [&'static str], report: &mut Report<'_>) -> Properties<'a> {
        let mut values = ArrayVec::new_const();
        values.extend(core::iter::repeat_n(None, known.len().min(MAX_PROPERTIES)));
        let mut properties = Properties { known, values };
        let mut structure = self.inside;
        while let Some(Token::Property(name, value)) = structure.next() {
            match properties.place(name) {
                Some(Some(_)) => report.unexpected(name, "it is there twice"),
                Some(place) => *place = Some(value),
                None => report.property(if is_line(name) { name } else { "?" }, Problem::Ignored),
            }
        }
        properties
    }
}

/// The properties of one node.
pub struct Properties<'a> {
    known: &'static [&'static str],
    values: ArrayVec<Option<&'a [u8]>, MAX_PROPERTIES>,
}

impl<'a> Properties<'a> {
    fn place(&mut self, name: &str) -> Option<&mut Option<&'a [u8]>> {
        let index = self.known.iter().position(|known| *known == name)?;
        self.values.get_mut(index)
    }

    /// The bytes of the value of `name`, if it is there.
    #[inline(never)]
    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        let index = self.known.iter().position(|known| *known == name)?;
        self.values.get(index).copied().flatten()
    }

    /// True when the flag `name` is there.
    #[inline(never)]
    pub fn flag(&self, name: &str, report: &mut Report<'_>) -> bool {
        let value = self.bytes(name);
        if let Some(found) = value.map(<[u8]>::len).filter(|length| *length != 0) {
            report.property(name, Problem::Length { found, allowed: "it must have none" });
        }
        value.is_some()
    }

    /// The number `name`, if it is there.
    #[inline(never)]
    pub fn optional(&self, name: &str, allowed: &Allowed, report: &mut Report<'_>) -> Option<u64> {
        let bytes = self.bytes(name)?;
        let found = match bytes.len() {
            4 | 8 => bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
            found => {
                report.property(name, Problem::Length { found, allowed: "a number has 4 or 8" });
                return Some(allowed.low);
            }
        };
        let Allowed { low, high, words } = *allowed;
        if (low..=high).contains(&found) {
            return Some(found);
        }
        match words {
            Some(words) => report.value(name, found, words),
            None => report.property(name, Problem::OutOfRange { found, low, high }),
        }
        Some(low)
    }

    /// The number `name`.
    #[inline(never)]
    pub fn required(&self, name: &str, allowed: &Allowed, report: &mut Report<'_>) -> u64 {
        self.optional(name, allowed, report).unwrap_or_else(|| {
            report.missing(name);
            allowed.low
        })
    }

    /// The address or size `name`, a whole number of pages, if it is there.
    #[inline(never)]
    pub fn pages(&self, name: &str, report: &mut Report<'_>) -> Option<u64> {
        let found = self.optional(name, &Allowed::ANY, report)?;
        if !found.is_multiple_of(hal::PAGE_SIZE) {
            report.value(name, found, "it must be a multiple of 4096");
        }
        Some(found)
    }

    /// The list of cells `name`, of which there is room for `limit`; empty where it is not there.
    #[inline(never)]
    pub fn cells(&self, name: &str, limit: usize, report: &mut Report<'_>) -> Cells<'a> {
        let Some(bytes) = self.bytes(name) else { return Cells(&[]) };
        let (cells, rest) = bytes.as_chunks();
        if cells.is_empty() || !rest.is_empty() {
            let allowed = "it must be a list of 4-byte numbers";
            report.property(name, Problem::Length { found: bytes.len(), allowed });
        }
        if cells.len() > limit {
            report.property(name, Problem::TooMany { found: cells.len(), limit });
        }
        Cells(cells.get(..limit).unwrap_or(cells))
    }

    /// The text `name`, if it is there.
    #[inline(never)]
    pub fn text(&self, name: &str, report: &mut Report<'_>) -> Option<&'a str> {
        let bytes = self.bytes(name)?;
        let text = bytes.strip_suffix(&[0]).and_then(|text| core::str::from_utf8(text).ok());
        let text = text.filter(|text| is_line(text));
        if text.is_none() {
            report.property(name, Problem::NotText);
        }
        Some(text.unwrap_or_default())
    }

    /// The one of `wanted` that `compatible` names; tells where it names none.
    #[inline(never)]
    pub fn compatible(&self, wanted: &[&'static str], report: &mut Report<'_>) -> Option<&'static str> {
        const NAME: &str = "compatible";
        let Some(bytes) = self.bytes(NAME) else {
            report.missing(NAME);
            return None;
        };
        let mut names = bytes.split(|byte| *byte == 0);
        let named = |wanted: &&&str| names.clone().any(|name| name == wanted.as_bytes());
        if let Some(named) = wanted.iter().find(named) {
            return Some(named);
        }
        let first =
            names.next().and_then(|name| core::str::from_utf8(name).ok()).filter(|name| is_line(name));
        let text = |found| Problem::Text { found, allowed: wanted };
        report.property(NAME, first.map_or(Problem::NotText, text));
        None
    }
}

/// True for a text of at most [`MAX_NAME`] bytes that does not break a line.
fn is_line(text: &str) -> bool {
    text.len() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// A list of cells.
#[derive(Clone, Copy)]
pub struct Cells<'a>(&'a [[u8; 4]]);

impl Cells<'_> {
    /// How many cells.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cells.
    pub fn iter(&self) -> impl Iterator<Item = u32> + Clone {
        self.0.iter().map(|cell| u32::from_be_bytes(*cell))
    }

    /// The cells, `N` at a time; what is left over is not there.
    pub fn groups<const N: usize>(&self) -> impl Iterator<Item = [u32; N]> {
        self.0.as_chunks::<N>().0.iter().map(|group| group.map(u32::from_be_bytes))
    }
}
