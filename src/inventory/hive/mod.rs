//! hive-builder's own inventory plugins.
use super::{
    HiveSite, Inventory,
    error::{Problem, SourceText, Warning},
    source::SourceFault,
    structure::Builder,
    tree::{Mark, Node},
};
use std::path::Path;
/// Why a file is no hive definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HiveFault {
    /// x
    #[error("x")]
    X,
}
impl HiveFault {
    pub(super) fn hint(&self) -> Option<&'static str> {
        None
    }
}
pub(super) struct Context {
    root: String,
}
impl Context {
    pub(super) fn new(root: Option<&Path>, _stage: Option<&str>) -> Result<Self, Problem> {
        Ok(Self { root: root.unwrap_or(Path::new(".")).display().to_string() })
    }
    pub(super) fn inventory_path(&self) -> String {
        format!("{}/inventory", self.root)
    }
    pub(super) fn into_site(self, _i: &Inventory, _w: &mut Vec<Warning>) -> Option<HiveSite> {
        None
    }
}
pub(super) fn read(
    source: &SourceText,
    _root: Option<Node>,
    _json: bool,
    _b: &mut Builder,
    _c: &mut Context,
) -> Vec<Problem> {
    vec![source.problem(Mark { line: 1, column: 1 }, SourceFault::UnknownPlugin("x".to_owned()))]
}
