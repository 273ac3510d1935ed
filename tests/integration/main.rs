//! The one integration test binary.

mod architecture;
mod cases;
mod catalog;
mod config;
mod demo;
mod docs;
mod engine;
mod faults;
mod formats;
mod frames;
mod inventory;
mod inventory_views;
mod lab;
mod offline;
mod report;
mod reports;
mod run;
mod ssh;
mod ssh_config;
mod ssh_link;
mod ssh_passphrase;
mod support;
mod variables;
mod vault;
mod waivers;
