//! The structure block of a device tree as a sequence of tokens.
//!
//! `dtoolkit` has validated the tree; here every read is checked all the same, and ends the sequence where it fails:
//! so nothing here panics or recurses, and each token is further on than the one before.

/// Words of the header: the offsets of the structure block and of the strings.
const STRUCTURE: usize = 8;
const STRINGS: usize = 12;

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;

/// A token.
pub(super) enum Token<'a> {
    /// A node of this name begins: its properties follow, then the nodes below it.
    Begin(&'a str),
    /// A property of the node that began: its name and value.
    Property(&'a str, &'a [u8]),
    /// A node ends.
    End,
}

/// What is left of a tree's structure block.
#[derive(Clone, Copy)]
pub(super) struct Structure<'a> {
    tree: &'a [u8],
    strings: usize,
    offset: usize,
}

impl<'a> Structure<'a> {
    /// All of the structure block of `tree`.
    pub fn of(tree: &'a [u8]) -> Option<Self> {
        Some(Self { tree, strings: word(tree, STRINGS)? as usize, offset: word(tree, STRUCTURE)? as usize })
    }

    /// The next token; `None` at the end.
    #[inline(never)]
    pub fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let kind = self.word()?;
            match kind {
                BEGIN_NODE => {
                    let name = text(self.tree, self.offset)?;
                    self.skip(name.len().checked_add(1)?)?;
                    return Some(Token::Begin(name));
                }
                END_NODE => return Some(Token::End),
                PROPERTY => {
                    let (size, name) = (self.word()? as usize, self.word()? as usize);
                    let value = self.tree.get(self.offset..)?.get(..size)?;
                    self.skip(size)?;
                    return Some(Token::Property(text(self.tree, self.strings.checked_add(name)?)?, value));
                }
                NOP => {}
                _ => return None,
            }
        }
    }

    fn word(&mut self) -> Option<u32> {
        let word = word(self.tree, self.offset)?;
        self.skip(4)?;
        Some(word)
    }

    /// Goes on behind `bytes` bytes and what aligns them to a word.
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.offset = self.offset.checked_add(bytes)?.checked_next_multiple_of(4)?;
        Some(())
    }
}

/// The big-endian word at `offset`.
fn word(tree: &[u8], offset: usize) -> Option<u32> {
    tree.get(offset..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

/// The text at `offset`, up to the zero byte that ends it.
fn text(tree: &[u8], offset: usize) -> Option<&str> {
    let bytes = tree.get(offset..)?;
    let size = bytes.iter().position(|byte| *byte == 0)?;
    core::str::from_utf8(bytes.get(..size)?).ok()
}
