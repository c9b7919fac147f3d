//! One source file: the comments in it, and the text that goes in beside them.

use std::ops::Range;

use crate::shapes;

/// How the line below a comment was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A condition is what it was not.
    Condition,
    /// A statement is left out.
    Statement,
    /// A value is not there.
    Value,
    /// Another error code comes back.
    Code,
}

impl Kind {
    /// Its name in the list of changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Statement => "statement",
            Self::Value => "value",
            Self::Code => "code",
        }
    }
}

/// A change of one line for one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The rule's id.
    pub rule: String,
    /// The number of the changed line, from 1.
    pub line: usize,
    /// How it was changed.
    pub kind: Kind,
}

/// A source file in which rules can be switched off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    /// The new text.
    pub text: String,
    /// What was changed.
    pub changes: Vec<Change>,
    /// The rules and lines that could not be changed.
    pub cannot: Vec<(String, usize)>,
}

/// A comment's rules and the line below it.
pub(crate) struct Mark {
    pub rules: Vec<String>,
    /// The line's number, from 1.
    pub line: usize,
    /// The column of its first character, from 0.
    pub column: usize,
}

/// Text to be put in somewhere, and ranges to be taken out.
#[derive(Default)]
pub(crate) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts `before` before `range` and `behind` behind it.
    pub fn around(&mut self, range: Range<usize>, before: String, behind: String) {
        self.0.push((range.start..range.start, before));
        self.0.push((range.end..range.end, behind));
    }

    /// Takes `range` out.
    pub fn remove(&mut self, range: Range<usize>) {
        let edit = (range, String::new());
        if !self.0.contains(&edit) {
            self.0.push(edit);
        }
    }

    /// `source` with all edits.
    fn apply(mut self, source: &str) -> String {
        // Stable: what was put in first at a place stands first.
        self.0.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(source.len() * 2);
        let mut at = 0;
        for (range, new) in self.0 {
            text.push_str(&source[at..range.start]);
            text.push_str(&new);
            at = range.end;
        }
        text + &source[at..]
    }
}

/// The comments of `source` that name rules.
pub(crate) fn marks(source: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut rules = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let code = line.trim_start();
        if let Some(ids) = code.strip_prefix("// rule: ") {
            rules.extend(ids.split(',').map(|id| id.trim().to_string()));
        } else if !code.starts_with("//") && !rules.is_empty() {
            let rules = std::mem::take(&mut rules);
            marks.push(Mark { rules, line: index + 1, column: line.len() - code.len() });
        }
    }
    marks
}

/// `source` with every rule that a comment names switched by [`crate::RUNTIME`]; `refuses` says of a rule whether its
/// result is a refusal.
pub fn rewrite(source: &str, refuses: impl Fn(&str) -> bool) -> syn::Result<Rewritten> {
    let file = syn::parse_file(source)?;
    let mut edits = Edits::default();
    let (mut changes, mut cannot) = (Vec::new(), Vec::new());
    for mark in marks(source) {
        let rules: Vec<_> = mark.rules.iter().map(|id| (id.as_str(), refuses(id))).collect();
        match shapes::change(&file, &mark, &rules, &mut edits) {
            Some(kind) => {
                changes.extend(mark.rules.into_iter().map(|rule| Change { rule, line: mark.line, kind }));
            }
            None => cannot.extend(mark.rules.into_iter().map(|rule| (rule, mark.line))),
        }
    }
    Ok(Rewritten { text: edits.apply(source), changes, cannot })
}
