//! The one integration test binary.

mod architecture;
mod cases;
mod demo;
mod docs;
mod faults;
mod frames;
mod lab;
mod report;
mod ssh;
mod support;
