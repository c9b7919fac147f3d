//! A device tree as the tokens of its structure block, written as a blob without a question: nodes that never end,
//! properties that are there twice, names that are none.

use std::collections::HashMap;

use crate::manifest::Node;

const MAGIC: u32 = 0xD00D_FEED;
const HEADER: usize = 40;
/// The list of reserved memory: its end only.
const RESERVED: usize = 16;

/// A token of the structure block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// A node of this name begins.
    Begin(Vec<u8>),
    /// A property of the node that began: its name and value.
    Property(Vec<u8>, Vec<u8>),
    /// A node ends.
    End,
    /// A word that is neither.
    Word(u32),
}

/// The tokens of `node` and of everything below it.
pub(super) fn tokens_of(node: &Node) -> Vec<Token> {
    let mut tokens = Vec::new();
    add(node, &mut tokens);
    tokens
}

fn add(node: &Node, tokens: &mut Vec<Token>) {
    tokens.push(Token::Begin(node.name().into()));
    tokens.extend(node.properties().map(|(name, value)| Token::Property(name.into(), value)));
    node.children().iter().for_each(|child| add(child, tokens));
    tokens.push(Token::End);
}

/// The tokens as a blob.
pub(super) fn blob(tokens: &[Token]) -> Vec<u8> {
    let (mut structure, mut strings) = (Vec::new(), Vec::<u8>::new());
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    for token in tokens {
        match token {
            Token::Begin(name) => {
                word(&mut structure, 1);
                padded(&mut structure, &[name, &[0][..]].concat());
            }
            Token::Property(name, value) => {
                let at = *places.entry(name.as_slice()).or_insert_with(|| {
                    let at = strings.len();
                    strings.extend(name.iter().chain(&[0]));
                    at
                });
                [3, value.len() as u32, at as u32].iter().for_each(|number| word(&mut structure, *number));
                padded(&mut structure, value);
            }
            Token::End => word(&mut structure, 2),
            Token::Word(number) => word(&mut structure, *number),
        }
    }
    word(&mut structure, 9);
    let begins = HEADER + RESERVED;
    let ends = begins + structure.len();
    let all = ends + strings.len();
    let header = [MAGIC as usize, all, begins, ends, HEADER, 17, 16, 0, strings.len(), structure.len()];
    let header = header.iter().flat_map(|number| (*number as u32).to_be_bytes());
    header.chain([0; RESERVED]).chain(structure).chain(strings).collect()
}

fn word(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_be_bytes());
}

fn padded(bytes: &mut Vec<u8>, more: &[u8]) {
    bytes.extend(more);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyp::manifest::{CoreManifest, Report};

    #[test]
    fn a_tree_that_nobody_broke_is_read_as_the_one_that_was_written_with_care() {
        let node = crate::manifest::core_manifest(&[], 2, crate::ffa::VERSION_1_2);
        let read = |blob: &[u8]| {
            let mut core = CoreManifest::EMPTY;
            core.read(blob, &mut Report::new("", &mut |finding| panic!("{finding}"))).unwrap();
            core
        };
        assert_eq!(read(&blob(&tokens_of(&node))), read(&node.dtb()));
    }
}
