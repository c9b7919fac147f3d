//! The S-EL2 image that traces: events become frames in the semihosting output.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod image {
    use hal_aarch64::{Entry, RealCore, Semihosting, start, start_secondary};
    use hyp::spmc::Spmc;

    static SPMC: Spmc<RealCore<Semihosting>> = Spmc::new();

    // SAFETY: the entry code calls a function of this name and type, and an image has one.
    #[unsafe(no_mangle)]
    extern "C" fn image_main(entry: Entry) -> ! {
        start(entry, Semihosting::open(), |core, token, boot| SPMC.run(core, token, boot))
    }

    // SAFETY: as above.
    #[unsafe(no_mangle)]
    extern "C" fn image_secondary(entry: Entry) -> ! {
        start_secondary(entry, Semihosting::open(), |core, token, index| {
            SPMC.run_secondary(core, token, index)
        })
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for the bare machine: build it with tools/image.");
}
