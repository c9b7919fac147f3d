//! Where two lists of lines differ, for a person.

/// Equal lines shown around a difference.
const CONTEXT: usize = 2;

/// One line of a comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Expected(&'a str),
    Found(&'a str),
}

/// The differences between `expected` and `found`: lines only in the first begin with `-`, only in the second with
/// `+`, and a few equal ones around them with a space. Empty when there are none.
pub(super) fn differences(expected: &[String], found: &[String]) -> String {
    let lines = align(expected, found);
    let differs = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let mut text = String::new();
    let mut gap = false;
    for (index, line) in lines.iter().enumerate() {
        let near = index.saturating_sub(CONTEXT)..(index + CONTEXT + 1).min(lines.len());
        if !lines[near].iter().any(differs) {
            gap = true;
            continue;
        }
        if gap && !text.is_empty() {
            text += "  ...\n";
        }
        gap = false;
        let (mark, words) = match line {
            Line::Same(words) => (' ', words),
            Line::Expected(words) => ('-', words),
            Line::Found(words) => ('+', words),
        };
        text += &format!("{mark} {words}\n");
    }
    text
}

/// Both lists as one, by their longest common subsequence.
fn align<'a>(expected: &'a [String], found: &'a [String]) -> Vec<Line<'a>> {
    // longest[i][j]: the length of the longest common subsequence of expected[i..] and found[j..].
    let mut longest = vec![vec![0u32; found.len() + 1]; expected.len() + 1];
    for i in (0..expected.len()).rev() {
        for j in (0..found.len()).rev() {
            longest[i][j] = if expected[i] == found[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < expected.len() || j < found.len() {
        if i < expected.len() && j < found.len() && expected[i] == found[j] {
            lines.push(Line::Same(&expected[i]));
            i += 1;
            j += 1;
        } else if j == found.len() || (i < expected.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            lines.push(Line::Expected(&expected[i]));
            i += 1;
        } else {
            lines.push(Line::Found(&found[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::differences;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn equal_lists_have_no_differences() {
        assert_eq!(differences(&lines("a b c"), &lines("a b c")), "");
    }

    #[test]
    fn a_changed_line_is_shown_between_its_neighbours() {
        let found = differences(&lines("a b c d e f g"), &lines("a b c X e f g"));
        assert_eq!(found, "  b\n  c\n- d\n+ X\n  e\n  f\n");
    }

    #[test]
    fn differences_far_apart_are_shown_apart() {
        let found = differences(&lines("a 1 2 3 4 5 6 b"), &lines("A 1 2 3 4 5 6 b c"));
        assert_eq!(found, "- a\n+ A\n  1\n  2\n  ...\n  6\n  b\n+ c\n");
    }
}
