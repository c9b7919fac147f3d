//! `tantalum check`: files that a platform boots with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use platforms::Platform;
use scenarios::{check, out};

use super::Failure;

/// Reads the name of a platform.
pub(super) fn platform(name: &str) -> Result<&'static Platform, String> {
    let names = || platforms::ALL.map(|platform| platform.name).join(", ");
    Platform::named(name).ok_or_else(|| format!("the platforms are {}", names()))
}

/// Checks `files`, for `platform` if there is one, prints what is found and the memory map, and puts a picture of that
/// into the file `svg`.
pub(super) fn check(
    files: &[PathBuf],
    platform: Option<&'static Platform>,
    svg: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let checked = check::check(files, platform).map_err(Failure)?;
    checked.findings.iter().for_each(out::line);
    if let Some(map) = &checked.map {
        out::text(map);
    }
    match (svg, &checked.map) {
        (None, _) => {}
        (Some(file), Some(map)) => {
            fs::write(file, map.svg()).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        }
        (Some(_), None) => {
            return Err(Failure(
                "--svg needs the monitor's manifest among the files, and it must be right".into(),
            ));
        }
    }
    let (errors, all) = (checked.errors(), checked.findings.len());
    out::line(format_args!("{} files: {errors} errors, {} notes", files.len(), all - errors));
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
