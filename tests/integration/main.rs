//! The one integration test binary.

mod architecture;
mod faults;
mod lab;
mod support;
