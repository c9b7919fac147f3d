//! The stored transcripts: one file a scenario, written by the simulator's tests and reviewed by people.

use std::fs;
use std::path::{Path, PathBuf};

use super::text::guests_of;

/// Where the snapshots are: beside the crates, for everybody to see.
pub fn snapshot_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots")
}

/// The guests' lines of the snapshot of scenario `name`.
///
/// # Errors
/// When there is no such snapshot, a sentence that says how one is made.
pub fn snapshot_guest_lines(name: &str) -> Result<Vec<String>, String> {
    let path = snapshot_directory().join(format!("{name}.snap"));
    let file = fs::read_to_string(&path).map_err(|error| {
        format!("{}: {error}; `make test` writes it, `cargo insta review` accepts it", path.display())
    })?;
    Ok(guests_of(contents(&file)))
}

/// What a snapshot file holds after its header, which lies between two lines of three dashes.
fn contents(file: &str) -> &str {
    file.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(file, |(_, contents)| contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshots_header_and_the_monitors_lines_are_no_testimony() {
        let file =
            "---\nsource: a\nexpression: b\n---\n1. Boot\nNWd   calls\n    · the monitor\n\nNWd   says\n";
        assert_eq!(guests_of(contents(file)), ["1. Boot", "NWd   calls", "NWd   says"]);
    }
}
