//! Gives the images their linker script.

use std::env;

fn main() {
    let crate_root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    println!("cargo:rerun-if-changed=image.ld");
    println!("cargo:rerun-if-changed=src/platform/qemu_virt.ld");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        // The platform's script says where the image lies and includes image.ld, found by -L.
        println!("cargo:rustc-link-arg-bins=-L{crate_root}");
        println!("cargo:rustc-link-arg-bins=-T{crate_root}/src/platform/qemu_virt.ld");
    }
}
