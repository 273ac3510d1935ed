//! The one integration test binary.

mod architecture;
mod cases;
mod catalog;
mod demo;
mod docs;
mod faults;
mod frames;
mod inventory;
mod inventory_differential;
mod inventory_limits;
mod lab;
mod report;
mod run;
mod ssh;
mod ssh_config;
mod ssh_link;
mod ssh_passphrase;
mod support;
