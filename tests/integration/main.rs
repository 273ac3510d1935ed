//! The one integration test binary.

mod faults;
mod lab;
mod support;
