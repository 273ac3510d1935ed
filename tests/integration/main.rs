//! The one integration test binary.

mod architecture;
mod demo;
mod docs;
