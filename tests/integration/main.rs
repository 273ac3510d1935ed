//! The one integration test binary.
mod frames;
