//! The platform that this image is built for.

use platforms::Platform;

/// What the build chose (`build.rs`).
pub(crate) const PLATFORM: &Platform = match Platform::named(env!("TANTALUM_PLATFORM")) {
    Some(platform) => platform,
    None => panic!("the build script has seen that there is such a platform"),
};

/// Cores that the image has stacks for.
pub(crate) const CORES: usize = PLATFORM.cores;

const _: () = assert!(CORES <= hyp::capacity::MAX_CORES, "the monitor knows as many cores as have stacks");
