//! The JSON Schema of a check file, from the same structs that read it.

use super::raw::RawCheck;

/// The JSON Schema of a check file, for editors.
#[must_use]
pub fn check_schema() -> serde_json::Value {
    schemars::schema_for!(RawCheck).to_value()
}
