//! Device trees in files, as source or as blob.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// First bytes of a flattened device tree.
const MAGIC: [u8; 4] = 0xD00D_FEEDu32.to_be_bytes();

/// The device tree in `file` as a blob; what is no blob is source, which `dtc` compiles.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let name = file.display();
    let bytes = fs::read(file).map_err(|error| format!("{name}: {error}"))?;
    if bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    let compiled = Command::new("dtc").args(["-q", "-I", "dts", "-O", "dtb"]).arg(file).output();
    let compiled = compiled.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            format!("{name}: `dtc` compiles device trees and is not here; install device-tree-compiler")
        }
        _ => format!("{name}: dtc does not start: {error}"),
    })?;
    if compiled.status.success() {
        return Ok(compiled.stdout);
    }
    Err(format!("{name}: dtc does not compile it:\n{}", String::from_utf8_lossy(&compiled.stderr).trim_end()))
}
