//! All sentences that the monitor can say of a manifest, a package or a boot: the literals of its source.
//!
//! So a new sentence counts as soon as it is written: the campaign shows whether it was ever said, and a test shows
//! that an example of it is kept.

/// The files of the monitor that say such sentences, by name.
const SOURCES: &[(&str, &str)] = &[
    ("core_manifest.rs", include_str!("../../../../hyp/src/manifest/core_manifest.rs")),
    ("device_region.rs", include_str!("../../../../hyp/src/manifest/device_region.rs")),
    ("error.rs", include_str!("../../../../hyp/src/manifest/error.rs")),
    ("interrupts.rs", include_str!("../../../../hyp/src/manifest/interrupts.rs")),
    ("later.rs", include_str!("../../../../hyp/src/manifest/later.rs")),
    ("mailbox.rs", include_str!("../../../../hyp/src/manifest/mailbox.rs")),
    ("memory_region.rs", include_str!("../../../../hyp/src/manifest/memory_region.rs")),
    ("mod.rs", include_str!("../../../../hyp/src/manifest/mod.rs")),
    ("package.rs", include_str!("../../../../hyp/src/manifest/package.rs")),
    ("partition_manifest.rs", include_str!("../../../../hyp/src/manifest/partition_manifest.rs")),
    ("partition_node.rs", include_str!("../../../../hyp/src/manifest/partition_node.rs")),
    ("services.rs", include_str!("../../../../hyp/src/manifest/services.rs")),
    ("transfer_list.rs", include_str!("../../../../hyp/src/manifest/transfer_list.rs")),
    ("tree.rs", include_str!("../../../../hyp/src/manifest/tree.rs")),
    ("walk.rs", include_str!("../../../../hyp/src/manifest/walk.rs")),
    ("checks.rs", include_str!("../../../../hyp/src/spmc/boot/checks.rs")),
    ("information.rs", include_str!("../../../../hyp/src/spmc/boot/information.rs")),
    ("mod.rs", include_str!("../../../../hyp/src/spmc/boot/mod.rs")),
    ("regions.rs", include_str!("../../../../hyp/src/spmc/boot/regions.rs")),
];

/// A sentence, or a part of one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sentence {
    /// As the source has it.
    pub literal: String,
    /// What is between the names and numbers.
    pieces: Vec<String>,
}

impl Sentence {
    /// True where `words` say it.
    pub fn is_said_in(&self, words: &str) -> bool {
        let mut rest = words;
        self.pieces.iter().all(|piece| {
            let found = rest.split_once(piece.as_str());
            rest = found.map_or("", |(_, behind)| behind);
            found.is_some()
        })
    }
}

/// All of them, once each.
pub fn sentences() -> Vec<Sentence> {
    let literals = SOURCES.iter().flat_map(|(_, source)| literals(source));
    let mut sentences: Vec<Sentence> =
        literals.filter(|literal| is_sentence(literal)).map(sentence).collect();
    sentences.sort();
    sentences.dedup();
    sentences
}

/// The names of the files that are looked through.
pub fn sources() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|(name, _)| *name)
}

/// The string literals of `source`, outside of comments.
fn literals(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !is_aside(line)).collect();
    let code = code.join("\n");
    let mut literals = Vec::new();
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => literals.push(literal(&mut characters)),
            // The character of a quotation mark, or a lifetime.
            '\'' if characters.as_str().starts_with('"') => drop(characters.next()),
            _ => {}
        }
    }
    literals
}

/// True for a line that says nothing to who runs the monitor: comments, and what the compiler says.
fn is_aside(line: &str) -> bool {
    ["//", "#[must_use"].iter().any(|aside| line.trim_start().starts_with(aside))
}

/// What is left of a literal that has begun.
fn literal(characters: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('\n') => {
                    let rest = characters.as_str();
                    let indent = rest.len() - rest.trim_start().len();
                    characters.by_ref().take(indent).for_each(drop);
                }
                Some(escaped) => text.push(escaped),
                None => {}
            },
            _ => text.push(character),
        }
    }
    text
}

/// True for a literal with a word in it and a space before or behind a word.
fn is_sentence(literal: &str) -> bool {
    let plain: String = pieces(literal).join(" ");
    literal.contains(' ') && plain.split_whitespace().any(|word| word.len() > 1 && word.is_ascii())
}

fn sentence(literal: String) -> Sentence {
    Sentence { pieces: pieces(&literal), literal }
}

fn pieces(literal: &str) -> Vec<String> {
    let mut pieces = literal.split('{');
    let first = pieces.next().unwrap_or_default().to_string();
    let behind = pieces.filter_map(|piece| piece.split_once('}')).map(|(_, behind)| behind.to_string());
    std::iter::once(first).chain(behind).filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_said_where_its_pieces_are_in_their_order() {
        let sentence = sentence("is {found}: at most {limit} fit".into());
        assert!(sentence.is_said_in("sp1: reg is 3: at most 2 fit"));
        assert!(!sentence.is_said_in("at most 2 fit: it is 3"));
    }

    #[test]
    fn literals_are_read_as_the_compiler_reads_them() {
        let source = "let a = \"one \\\"two\\\"\"; // \"three\"\n// \"four\"\n'\"' \"five \\\n    six\"";
        assert_eq!(literals(source)[0], "one \"two\"");
        assert_eq!(literals(source).last().unwrap(), "five six");
    }
}
