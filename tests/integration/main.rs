//! The one integration test binary.
mod inventory;
