//! A directory as a platform: the files in it that boot.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{File, Kind};
use super::firmware;

/// What a file's name may end with, what TF-A loads before what it is made from.
const ENDINGS: [&str; 3] = ["pkg", "dtb", "dts"];

/// Reads what a platform boots with in `directory`: one file of each name, and packages in the order of TF-A's list, or
/// of their names.
pub(super) fn read(directory: &Path) -> Result<Vec<File>, String> {
    let unreadable = |error| format!("{}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(unreadable)?;
    let mut paths: Vec<(usize, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let ending = path.extension()?.to_str()?;
            Some((ENDINGS.iter().position(|known| *known == ending)?, path))
        })
        .collect();
    paths.sort();
    let mut names = Vec::new();
    let mut files = Vec::new();
    for (_, path) in paths {
        let name = stem(&path.to_string_lossy());
        if names.contains(&name) {
            continue;
        }
        let file = File::read(&path)?;
        if file.kind != Kind::Unknown {
            names.push(name);
            files.push(file);
        }
    }
    if files.is_empty() {
        let endings = ENDINGS.join(", .");
        return Err(format!("{}: no manifest and no package is there (.{endings})", directory.display()));
    }
    let list = files.iter().find(|file| file.kind == Kind::Firmware).map(firmware::names).unwrap_or_default();
    files.sort_by_cached_key(|file| {
        let name = stem(&file.name);
        let place = list.iter().position(|listed| *listed == name).unwrap_or(usize::MAX);
        (place, name.len(), name)
    });
    Ok(files)
}

/// The name of a file without directories and ending.
fn stem(name: &str) -> String {
    Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
