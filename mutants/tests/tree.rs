//! The copy of a workspace, made again when the workspace has changed.

use std::fs;
use std::path::Path;

/// Writes a workspace of two members at `from`.
fn make_workspace(from: &Path) {
    for (name, text) in [
        ("Cargo.toml", "[workspace]\nmembers = [\"hyp\", \"scenarios\"]\n"),
        ("rules/run.toml", ""),
        ("hyp/src/lib.rs", "#![no_std]\npub mod old;\npub mod room;\n"),
        ("hyp/src/old.rs", ""),
        ("hyp/src/room/mod.rs", ""),
        ("scenarios/Cargo.toml", "name = \"tantalum\"\n"),
    ] {
        let file = from.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

#[test]
fn what_is_gone_from_the_workspace_is_gone_from_its_copy() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree");
    let _ = fs::remove_dir_all(&directory);
    let (from, to) = (directory.join("from"), directory.join("to"));
    make_workspace(&from);
    mutants::copy(&from, &to).unwrap();
    assert!(to.join("hyp/src/old.rs").exists() && to.join("hyp/src/room/mod.rs").exists());
    // A module that was a file is a folder, and the other way round.
    fs::remove_file(from.join("hyp/src/old.rs")).unwrap();
    fs::remove_dir_all(from.join("hyp/src/room")).unwrap();
    fs::create_dir_all(from.join("hyp/src/old")).unwrap();
    fs::write(from.join("hyp/src/old/mod.rs"), "").unwrap();
    fs::write(from.join("hyp/src/room.rs"), "").unwrap();
    mutants::copy(&from, &to).unwrap();
    for (name, is_there) in [
        ("hyp/src/old.rs", false),
        ("hyp/src/room", false),
        ("hyp/src/old/mod.rs", true),
        ("hyp/src/room.rs", true),
        ("hyp/src/mutants.rs", true),
    ] {
        assert_eq!(to.join(name).exists(), is_there, "{name}");
    }
}
