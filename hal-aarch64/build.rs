//! Chooses the platform and tells the linker where its image lies.

use std::env;

use platforms::{ALL, Platform};

/// Names the platform that the images are built for.
const VARIABLE: &str = "TANTALUM_PLATFORM";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=image.ld");
    let name = env::var(VARIABLE).unwrap_or_else(|_| platforms::qemu_virt::PLATFORM.name.into());
    let Some(platform) = Platform::named(&name) else {
        let names = ALL.map(|platform| platform.name).join(", ");
        println!("cargo::error={VARIABLE} is \"{name}\": the platforms are {names}");
        return;
    };
    println!("cargo::rustc-env={VARIABLE}={name}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let crate_root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
        let start = platform.monitor.start.address;
        let limit = start + platform.monitor.size;
        for (symbol, address) in [("image_physical", start), ("image_limit", limit)] {
            println!("cargo::rustc-link-arg-bins=--defsym={symbol}={address:#x}");
        }
        println!("cargo::rustc-link-arg-bins=-T{crate_root}/image.ld");
    }
}
