//! Mutations of device trees: what people get wrong, what overlaps, and what only an attacker writes.

use super::blob::Token;
use super::vocabulary::{ADDRESSES, CELLS, NODES, PROPERTIES, TEXTS};
use crate::soak::random::Random;

/// Changes the tree `tokens` one way or another.
pub(super) fn mutate(tokens: &mut Vec<Token>, random: &mut Random) {
    match random.below(100) {
        0..32 => change_value(tokens, random),
        32..42 => copy_value(tokens, random),
        42..50 => resize(tokens, random),
        50..58 => drop_property(tokens, random),
        58..70 => insert_property(tokens, random),
        70..74 => rename_property(tokens, random),
        74..77 => repeat_property(tokens, random),
        77..81 => drop_node(tokens, random),
        81..88 => repeat_node(tokens, random),
        88..94 => rename_node(tokens, random),
        94..97 => nest(tokens, random),
        _ => break_structure(tokens, random),
    }
}

/// The place of a token that is as `wanted`, by chance.
fn some(tokens: &[Token], random: &mut Random, wanted: fn(&Token) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..tokens.len()).filter(|place| wanted(&tokens[*place])).collect();
    (!places.is_empty()).then(|| random.pick(&places))
}

fn is_property(token: &Token) -> bool {
    matches!(token, Token::Property(..))
}

fn is_node(token: &Token) -> bool {
    matches!(token, Token::Begin(_))
}

fn is_node_below(token: &Token) -> bool {
    matches!(token, Token::Begin(name) if !name.is_empty())
}

/// The places of a node that begins at `begin`, its end included.
fn extent(tokens: &[Token], begin: usize) -> std::ops::Range<usize> {
    let mut depth = 0usize;
    for (place, token) in tokens.iter().enumerate().skip(begin) {
        match token {
            Token::Begin(_) => depth += 1,
            Token::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return begin..place + 1;
        }
    }
    begin..tokens.len()
}

/// A value of any kind.
fn value(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => Vec::new(),
        1 | 2 => random.pick(CELLS).to_be_bytes().to_vec(),
        3 | 4 => random.pick(ADDRESSES).to_be_bytes().to_vec(),
        5 => [random.pick(TEXTS).as_bytes(), &[0]].concat(),
        6 => (0..random.below(90)).flat_map(|_| random.pick(CELLS).to_be_bytes()).collect(),
        _ => (0..random.below(40)).map(|_| random.number() as u8).collect(),
    }
}

/// Another value: of the same kind mostly.
fn change_value(tokens: &mut [Token], random: &mut Random) {
    let Some(place) = some(tokens, random, is_property) else { return };
    let Token::Property(_, bytes) = &mut tokens[place] else { return };
    if bytes.len() == 8 && random.percent(70) {
        *bytes = random.pick(ADDRESSES).to_be_bytes().to_vec();
    } else if bytes.len() >= 4 && bytes.len() % 4 == 0 && random.percent(80) {
        let cell = random.below(bytes.len() / 4) * 4;
        let number = if random.percent(50) { random.pick(CELLS) } else { random.pick(ADDRESSES) as u32 };
        bytes[cell..cell + 4].copy_from_slice(&number.to_be_bytes());
    } else {
        *bytes = value(random);
    }
}

/// The value of another property of the same name, where there is one: two have what one may have.
fn copy_value(tokens: &mut [Token], random: &mut Random) {
    let Some(to) = some(tokens, random, is_property) else { return };
    let Token::Property(name, _) = tokens[to].clone() else { return };
    let twins: Vec<Vec<u8>> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Property(other, value) if *other == name => Some(value.clone()),
            _ => None,
        })
        .collect();
    let twin = &twins[random.below(twins.len())];
    if let Token::Property(_, bytes) = &mut tokens[to] {
        bytes.clone_from(twin);
    }
}

/// The same value, with more bytes or fewer.
fn resize(tokens: &mut [Token], random: &mut Random) {
    let Some(place) = some(tokens, random, is_property) else { return };
    let Token::Property(_, bytes) = &mut tokens[place] else { return };
    let by = random.pick(&[1, 2, 3, 4, 8, 12, 16, 64]);
    let to = if random.percent(50) { bytes.len() + by } else { bytes.len().saturating_sub(by) };
    bytes.resize(to, random.number() as u8);
}

fn drop_property(tokens: &mut Vec<Token>, random: &mut Random) {
    if let Some(place) = some(tokens, random, is_property) {
        tokens.remove(place);
    }
}

/// A property that a manifest may have, where it may not, or with another value.
fn insert_property(tokens: &mut Vec<Token>, random: &mut Random) {
    let Some(node) = some(tokens, random, is_node) else { return };
    let property = Token::Property(random.pick(PROPERTIES).into(), value(random));
    tokens.insert(node + 1, property);
}

fn rename_property(tokens: &mut [Token], random: &mut Random) {
    let Some(place) = some(tokens, random, is_property) else { return };
    let Token::Property(name, _) = &mut tokens[place] else { return };
    match random.below(4) {
        0 | 1 => *name = random.pick(PROPERTIES).into(),
        2 => name.push(b's'),
        _ => name.iter_mut().for_each(|letter| *letter = letter.wrapping_add(0x60)),
    }
}

fn repeat_property(tokens: &mut Vec<Token>, random: &mut Random) {
    let Some(place) = some(tokens, random, is_property) else { return };
    let twin = tokens[place].clone();
    tokens.insert(place, twin);
}

fn drop_node(tokens: &mut Vec<Token>, random: &mut Random) {
    if let Some(begin) = some(tokens, random, is_node_below) {
        tokens.drain(extent(tokens, begin));
    }
}

/// The same node again, once or too often, perhaps under other names, perhaps elsewhere.
fn repeat_node(tokens: &mut Vec<Token>, random: &mut Random) {
    let Some(begin) = some(tokens, random, is_node_below) else { return };
    let node = tokens[extent(tokens, begin)].to_vec();
    let into = if random.percent(80) { Some(begin) } else { some(tokens, random, is_node).map(|at| at + 1) };
    for copy in 0..random.pick(&[1, 1, 1, 2, 9, 17, 33]) {
        let mut node = node.clone();
        if let Token::Begin(name) = &mut node[0]
            && random.percent(70)
        {
            name.extend(format!("{copy}").bytes());
        }
        let at = into.unwrap_or(begin);
        tokens.splice(at..at, node);
    }
}

fn rename_node(tokens: &mut [Token], random: &mut Random) {
    let Some(place) = some(tokens, random, is_node_below) else { return };
    let Token::Begin(name) = &mut tokens[place] else { return };
    *name = match random.below(10) {
        0 => vec![b'n'; 100],
        1 => "line\nbreak".into(),
        _ => random.pick(NODES).into(),
    };
}

/// Nodes in nodes in nodes.
fn nest(tokens: &mut Vec<Token>, random: &mut Random) {
    let Some(node) = some(tokens, random, is_node) else { return };
    let depth = random.pick(&[1, 10, 50, 100, 150, 200, 250, 1000, 5000]);
    let name = if random.percent(80) { random.pick(NODES) } else { "d" };
    let inside = insert_at(tokens, node);
    let begins = std::iter::repeat_n(Token::Begin(name.into()), depth);
    let nested: Vec<Token> = begins.chain(std::iter::repeat_n(Token::End, depth)).collect();
    tokens.splice(inside..inside, nested);
}

/// Behind the properties of the node that begins at `node`.
fn insert_at(tokens: &[Token], node: usize) -> usize {
    let properties = tokens[node + 1..].iter().take_while(|token| is_property(token)).count();
    node + 1 + properties
}

fn break_structure(tokens: &mut Vec<Token>, random: &mut Random) {
    let place = random.below(tokens.len());
    match random.below(6) {
        0 => drop(tokens.remove(place)),
        1 => tokens.insert(place, Token::End),
        2 => tokens.insert(place, Token::Word(9)),
        3 => tokens.insert(place, Token::Word(random.pick(CELLS))),
        _ => tokens.insert(place, Token::Word(4)),
    }
}
