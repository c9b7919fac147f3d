//! The lines of `hyp` that enforce a rule: each below a comment `// rule: ` and ids.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The places, as `file:line`, by rule.
pub type Lines = BTreeMap<String, Vec<String>>;

/// The lines in the source files of `directory`.
///
/// # Errors
/// When a file cannot be read: a sentence.
pub fn read(directory: &Path) -> Result<Lines, String> {
    let mut lines = Lines::new();
    let mut folders = vec![directory.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let list = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for path in list.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text =
                    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let name = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
                add(&mut lines, &name, &text);
            }
        }
    }
    lines.values_mut().for_each(|places| places.sort());
    Ok(lines)
}

/// Adds the lines of the file `name`, which holds `text`.
pub(super) fn add(lines: &mut Lines, name: &str, text: &str) {
    let mut ids: Vec<&str> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        if let Some(named) = line.strip_prefix("// rule: ") {
            ids.extend(named.split(',').map(str::trim));
        } else if !line.starts_with("//") {
            for id in ids.drain(..) {
                lines.entry(id.to_string()).or_default().push(format!("{name}:{number}"));
            }
        }
    }
}
