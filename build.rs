//! Rebuilds when a check is added or removed: the pack is embedded by directory, which cargo does not watch by itself.

fn main() {
    println!("cargo::rerun-if-changed=checks");
    println!("cargo::rerun-if-changed=build.rs");
}
