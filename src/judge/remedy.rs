//! Remedies with host, stage, path and port filled in.

use minijinja::Value;

use super::RemedyStep;
use crate::{
    catalog::{RemedySpec, TextTemplate},
    inventory::HostName,
    jinja::{Jinja, JinjaError},
    text::Text,
};

/// Renders remedies for one task.
pub(super) struct Renderer<'a> {
    pub(super) jinja: &'a Jinja,
    pub(super) view: &'a Value,
    pub(super) host: &'a HostName,
    pub(super) mother: &'a HostName,
}

impl Renderer<'_> {
    /// A text in both languages.
    pub(super) fn text(&self, template: &TextTemplate) -> Result<Text, JinjaError> {
        Ok(Text {
            en: self.jinja.render(&template.en, self.view)?.trim().to_owned(),
            ja: self.jinja.render(&template.ja, self.view)?.trim().to_owned(),
        })
    }

    /// The steps that apply. A step that cannot be rendered says so in its place, so that the others are still read.
    pub(super) fn steps(&self, specs: &[RemedySpec]) -> Vec<RemedyStep> {
        specs.iter().filter_map(|spec| self.step(spec).unwrap_or_else(|error| Some(broken(&error)))).collect()
    }

    fn step(&self, spec: &RemedySpec) -> Result<Option<RemedyStep>, JinjaError> {
        for condition in &spec.when {
            if !self.jinja.evaluate(condition, self.view)?.is_true() {
                return Ok(None);
            }
        }
        let text = spec.text.as_ref().map(|text| self.text(text)).transpose()?.unwrap_or_default();
        let command = spec.command.as_ref().map(|command| self.jinja.render_shell(command, self.view)).transpose()?;
        let on = match spec.on.as_ref().map(|on| self.jinja.render(on, self.view)).transpose()?.as_deref() {
            None | Some("host") => self.host.to_string(),
            Some("mother") => self.mother.to_string(),
            Some(name) => name.to_owned(),
        };
        let command = command.map(|command| command.trim().to_owned());
        Ok(Some(RemedyStep { text, on: command.is_some().then_some(on), command }))
    }
}

fn broken(error: &JinjaError) -> RemedyStep {
    let en = format!("(this step of the remedy could not be filled in: {error})");
    let ja = format!("（この手順は値を埋め込めませんでした: {error}）");
    RemedyStep { text: Text::new(en, ja), command: None, on: None }
}
