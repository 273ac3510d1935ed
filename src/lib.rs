//! hive-preflight finds what would stop hive-builder, or any Ansible provisioning, before it is started.
//!
//! The modules are a pipeline, in the order in which a run goes through them:
//!
//! | stage | module | from | to |
//! |---|---|---|---|
//! | who | [`inventory`] | files | [`inventory::Inventory`] |
//! | what | [`catalog`] | `checks/*.yml` | [`catalog::Catalog`] |
//! | which on whom | [`plan`] | both | [`plan::Plan`] |
//! | connect | [`transport`] | an [`transport::Endpoint`] | a [`transport::Session`] |
//! | ask | [`probe`] | a [`probe::Probe`] | a [`probe::Observation`] |
//! | decide | [`judge`] | expectation and observation | a [`judge::Verdict`] |
//! | agree | [`policy`] | a [`judge::Verdict`] | the same, waived where the project lives with it |
//! | tell | [`report`] | [`event::Event`]s | [`report::Report`] and its formats |
//!
//! [`engine`] runs connect, ask and decide over a plan; [`cli`] joins the stages. [`text`], [`location`],
//! [`stop`], [`secret`], [`trust`] and [`jinja`] are the vocabulary that every stage may use.

mod bounded;
mod guard;
pub mod jinja;
pub mod location;
mod nearest;
pub mod secret;
mod shell;
pub mod stop;
pub mod text;
pub mod trust;

pub mod catalog;
pub mod cli;
pub mod engine;
pub mod event;
pub mod inventory;
pub mod judge;
pub mod plan;
pub mod policy;
pub mod probe;
pub mod report;
pub mod transport;
