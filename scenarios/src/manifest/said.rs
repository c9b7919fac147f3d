//! What the monitor's readers say of a manifest or a package, collected.

use hyp::manifest::{Finding, Report};

/// Something that a reader said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// What was read cannot be used.
    pub is_error: bool,
    /// Subject, node, property, what was found, what is allowed.
    pub words: String,
}

/// Has `read` read what is called `subject`; what comes of it, and everything that is said.
pub fn said<T>(subject: &str, read: impl FnOnce(&mut Report<'_>) -> T) -> (T, Vec<Said>) {
    let mut all = Vec::new();
    let mut tell = |finding: &Finding<'_>| {
        all.push(Said { is_error: finding.problem.is_error(), words: finding.to_string() });
    };
    let result = read(&mut Report::new(subject, &mut tell));
    (result, all)
}

/// Has `read` read something of which nobody wants to hear.
pub fn quietly<T>(read: impl FnOnce(&mut Report<'_>) -> T) -> T {
    let mut tell = |_: &Finding<'_>| {};
    read(&mut Report::new("", &mut tell))
}
