//! Check and FAQ files as they are written: what serde reads and the JSON Schema describes.
//!
//! Every key is optional here, so that one file's problems can all be told; [`super::validate`] asks for the required
//! ones. Neither `untagged` nor `flatten` is used anywhere: both lose the position of what they could not read.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Effect, Phase,
    shape::{OneOrMany, RawLoop, RawRc, RawSeverity, RawShell, Scalar},
};
use crate::inventory::Rule;

/// A check: one wanted condition of a host, how it is asked, and what to do where it does not hold.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "hive-preflight check")]
#[schemars(extend("oneOf" = [{"required": ["probe", "fail_msg"]}, {"required": ["manual"]}]))]
pub(super) struct RawCheck {
    /// The id, `<topic>/<name>`, equal to the path below the check directory
    #[schemars(required, regex(pattern = r"^[a-z0-9-]+/[a-z0-9-]+$"))]
    pub(super) id: Option<String>,
    /// The wanted condition, in one line
    #[schemars(required)]
    pub(super) title: Option<RawText>,
    /// What goes wrong without it
    #[schemars(required)]
    pub(super) why: Option<RawText>,
    /// An Ansible host pattern; `mother` is always known
    #[schemars(required)]
    pub(super) hosts: Option<String>,
    /// Jinja expressions over inventory values; all must hold, else the check is skipped
    pub(super) when: Option<OneOrMany>,
    /// Checks whose failure blocks this one
    pub(super) needs: Option<OneOrMany>,
    /// Phases of hive that it guards; absent: all
    pub(super) phases: Option<Vec<Phase>>,
    /// Words for `--tags`
    pub(super) tags: Option<OneOrMany>,
    /// Run the probe through `sudo -n`
    pub(super) r#become: Option<bool>,
    /// Seconds for the probe; absent: `--probe-timeout`
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(super) timeout: Option<f64>,
    /// One verdict for each item (`item`): a template of one expression, or a list
    pub(super) r#loop: Option<RawLoop>,
    /// Names for this check's expressions and templates
    pub(super) vars: Option<IndexMap<String, serde_json::Value>>,
    /// What is asked
    pub(super) probe: Option<RawProbe>,
    /// Instead of a probe: a person looks and signs
    pub(super) manual: Option<RawManual>,
    /// Name of the observation; absent: `result`
    pub(super) register: Option<String>,
    /// Further probes, asked along with it
    pub(super) evidence: Option<Vec<RawEvidence>>,
    /// Jinja expressions on what was observed; where one holds the check does not apply and is `skipped`
    pub(super) skip_when: Option<OneOrMany>,
    /// Said then (templates)
    pub(super) skip_msg: Option<RawText>,
    /// Jinja expressions; where one holds the verdict is `error`
    pub(super) error_when: Option<OneOrMany>,
    /// Said then (templates)
    pub(super) error_msg: Option<RawText>,
    /// Jinja expressions; all must hold for a pass (may be absent for a `nagios` probe)
    pub(super) that: Option<OneOrMany>,
    /// How bad a failure is: `error`, `warning`, `info`, or a template that renders to one
    pub(super) severity: Option<RawSeverity>,
    /// The cause, with what was found (templates)
    pub(super) fail_msg: Option<RawText>,
    /// Said of a pass (templates)
    pub(super) success_msg: Option<RawText>,
    /// What to do, step by step
    pub(super) remedy: Option<Vec<RawStep>>,
    /// An entry of `checks/faq/`
    pub(super) faq: Option<String>,
    /// What it asks beyond reading
    pub(super) effect: Option<Effect>,
    /// Whether a waiver may answer for it; absent: true
    pub(super) waivable: Option<bool>,
}

/// A FAQ entry.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "hive-preflight FAQ entry")]
pub(super) struct RawFaq {
    /// The id, equal to the file's name
    #[schemars(required, regex(pattern = r"^[a-z0-9-]+$"))]
    pub(super) id: Option<String>,
    /// The question
    #[schemars(required)]
    pub(super) title: Option<RawText>,
    /// What hive prints
    pub(super) message: Option<String>,
    /// Phases in which it appears
    pub(super) phases: Option<Vec<Phase>>,
    /// The explanation
    #[schemars(required)]
    pub(super) text: Option<RawText>,
    /// Where the original stands
    pub(super) url: Option<String>,
    /// What to do, step by step
    pub(super) remedy: Option<Vec<RawStep>>,
}

/// A text in both languages.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawText {
    /// English
    #[schemars(required)]
    pub(super) en: Option<String>,
    /// Japanese
    #[schemars(required)]
    pub(super) ja: Option<String>,
}

/// One step of a remedy: `text`, `command`, or both.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    /// What to do, in words (templates)
    pub(super) text: Option<RawText>,
    /// A command ready to paste; values are quoted for the shell
    pub(super) command: Option<String>,
    /// Where to type it: `mother`, `host`, or a template for a host name; absent: `host`
    pub(super) on: Option<String>,
    /// Only where all of these hold
    pub(super) when: Option<OneOrMany>,
}

/// What a person does, where no probe can.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawManual {
    /// How to find out whether the condition holds
    #[schemars(required)]
    pub(super) verify: Option<RawText>,
}

/// A further probe.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvidence {
    /// Name of its observation
    #[schemars(required)]
    pub(super) register: Option<String>,
    /// Run it through `sudo -n`
    pub(super) r#become: Option<bool>,
    /// Jinja expressions over inventory values; where one does not hold it is not asked and stays undefined
    pub(super) when: Option<OneOrMany>,
    /// Seconds for it; absent: `--probe-timeout`
    #[schemars(range(min = 0.001, max = 3600.0))]
    pub(super) timeout: Option<f64>,
    /// What is asked
    #[schemars(required)]
    pub(super) probe: Option<RawProbe>,
}

/// A probe: exactly one kind.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct RawProbe {
    /// A program with arguments
    pub(super) command: Option<RawCommand>,
    /// A POSIX `sh` text
    pub(super) shell: Option<RawShell>,
    /// A file beside the check, fed to an interpreter on the host
    pub(super) script: Option<RawScript>,
    /// A monitoring plugin
    pub(super) nagios: Option<RawNagios>,
    /// What `lstat` and `stat` say of a path
    pub(super) file: Option<RawPath>,
    /// What stands at the path of a unix socket
    pub(super) unix_socket: Option<RawPath>,
    /// A unix socket of the host, opened through SSH
    pub(super) stream_local: Option<RawStreamLocal>,
    /// A TCP connection from the host
    pub(super) tcp: Option<RawTcp>,
    /// The host's clock against ours
    pub(super) clock: Option<RawNothing>,
    /// What the connection itself told
    pub(super) connection: Option<RawNothing>,
    /// Nothing: the inventory has the answer
    pub(super) inventory: Option<RawNothing>,
    /// Nothing: a rule about the inventory's own text decides, and each of its findings is an `item`
    pub(super) definition: Option<RawDefinition>,
}

/// Arguments of `command`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCommand {
    /// Program and arguments (templates, one argument each)
    #[schemars(required)]
    pub(super) argv: Option<Vec<Scalar>>,
    /// Working directory
    pub(super) chdir: Option<String>,
    /// Exit statuses that are an answer; absent: 0
    pub(super) rc: Option<RawRc>,
    /// Cap of each stream in bytes; absent: 262144
    pub(super) max_bytes: Option<u64>,
}

/// Arguments of `shell` in its long form.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShellCommand {
    /// The text; values are quoted for the shell
    #[schemars(required)]
    pub(super) cmd: Option<String>,
    /// Working directory
    pub(super) chdir: Option<String>,
    /// Exit statuses that are an answer; absent: 0
    pub(super) rc: Option<RawRc>,
    /// Cap of each stream in bytes; absent: 262144
    pub(super) max_bytes: Option<u64>,
}

/// Arguments of `script`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScript {
    /// Name of a file in the check's directory
    #[schemars(required)]
    pub(super) file: Option<String>,
    /// Its arguments (templates, one argument each)
    pub(super) args: Option<Vec<Scalar>>,
    /// The interpreter, with its own arguments; absent: `sh`
    pub(super) interpreter: Option<OneOrMany>,
    /// Exit statuses that are an answer; absent: 0
    pub(super) rc: Option<RawRc>,
    /// Cap of each stream in bytes; absent: 262144
    pub(super) max_bytes: Option<u64>,
}

/// Arguments of `nagios`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNagios {
    /// Program and arguments (templates, one argument each)
    #[schemars(required)]
    pub(super) argv: Option<Vec<Scalar>>,
}

/// Arguments of `file` and `unix_socket`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPath {
    /// The path (a template)
    #[schemars(required)]
    pub(super) path: Option<String>,
}

/// Arguments of `stream_local`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStreamLocal {
    /// The path of the socket on the host (a template)
    #[schemars(required)]
    pub(super) path: Option<String>,
    /// Path of an HTTP GET to send once it is open
    pub(super) http_get: Option<String>,
}

/// Arguments of `tcp`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTcp {
    /// Name or address (a template)
    #[schemars(required)]
    pub(super) host: Option<String>,
    /// Port (a number or a template)
    #[schemars(required)]
    pub(super) port: Option<Scalar>,
}

/// Arguments of `definition`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDefinition {
    /// The rule
    #[schemars(required)]
    pub(super) rule: Option<Rule>,
}

/// No arguments: `{}`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNothing {}
