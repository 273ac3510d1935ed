//! A value as YAML text that Ansible reads back as the same value.
//!
//! libyaml decides how a scalar looks; which text may stand without quotes is decided by the same YAML 1.1 rules that
//! the reader uses.

use std::io;

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

use super::{super::Value, compose::Tag, scalar};

/// Writes `value` as one document, mappings in the order of their keys, as `ansible-inventory --yaml` does.
///
/// # Errors
/// What keeps `out` from being written.
pub fn write_yaml(out: &mut dyn io::Write, value: &Value) -> io::Result<()> {
    let mut emitter = Emitter::new();
    emitter.set_output(out);
    emitter.set_unicode(true);
    let mut writer = Writer { emitter };
    writer.emit(Event::stream_start(Encoding::Utf8))?;
    writer.emit(Event::document_start(None, &[], true))?;
    writer.value(value)?;
    writer.emit(Event::document_end(true))?;
    writer.emit(Event::stream_end())?;
    writer.emitter.flush().map_err(io::Error::other)
}

struct Writer<'w> {
    emitter: Emitter<'w>,
}

impl Writer<'_> {
    fn emit(&mut self, event: Event) -> io::Result<()> {
        self.emitter.emit(event).map_err(io::Error::other)
    }

    fn value(&mut self, value: &Value) -> io::Result<()> {
        match value {
            Value::Null => self.plain("null"),
            Value::Bool(value) => self.plain(if *value { "true" } else { "false" }),
            Value::Int(value) => self.plain(&value.to_string()),
            Value::BigInt(digits) => self.plain(digits),
            Value::Float(value) => self.plain(&float(*value)),
            Value::String(text) | Value::Unsafe(text) => self.text(text),
            Value::Vault(text) => {
                self.emit(Event::scalar(None, Some("!vault"), text, false, false, ScalarStyle::Literal))
            }
            Value::List(list) => self.list(list),
            Value::Map(map) => {
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                self.map(&entries)
            }
        }
    }

    fn plain(&mut self, text: &str) -> io::Result<()> {
        self.emit(Event::scalar(None, None, text, true, false, ScalarStyle::Plain))
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let is_text = scalar::resolve(text) == Tag::Str;
        self.emit(Event::scalar(None, None, text, is_text, true, ScalarStyle::Any))
    }

    fn list(&mut self, list: &[Value]) -> io::Result<()> {
        let style = if list.is_empty() { SequenceStyle::Flow } else { SequenceStyle::Block };
        self.emit(Event::sequence_start(None, None, true, style))?;
        list.iter().try_for_each(|item| self.value(item))?;
        self.emit(Event::sequence_end())
    }

    fn map(&mut self, entries: &[(&String, &Value)]) -> io::Result<()> {
        let style = if entries.is_empty() { MappingStyle::Flow } else { MappingStyle::Block };
        self.emit(Event::mapping_start(None, None, true, style))?;
        for (key, value) in entries {
            self.text(key)?;
            self.value(value)?;
        }
        self.emit(Event::mapping_end())
    }
}

/// As YAML 1.1 reads a float back: with a dot, also before an exponent.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = super::super::python::float(value);
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        write_yaml(&mut out, value).expect("a vector takes everything");
        String::from_utf8(out).expect("libyaml writes UTF-8")
    }

    fn read(text: &str) -> Value {
        let document = super::super::parse(text).unwrap_or_else(|fault| panic!("{fault:?} in {text}"));
        document.root.map_or(Value::Null, super::super::Node::into_value)
    }

    #[test]
    fn what_yaml_would_read_otherwise_stands_in_quotes() {
        for written in ["yes", "0644", "22:22", "1.10", "~", "null", "2024-01-02", "=", "<<", "", "- a", "a: b"] {
            let value = Value::String(written.to_owned());
            assert_eq!(read(&text(&value)), value, "{written}");
        }
        assert_eq!(text(&Value::String("web".to_owned())), "web\n");
        assert_eq!(text(&Value::String("yes".to_owned())), "'yes'\n");
    }

    #[test]
    fn floats_stay_floats() {
        for number in [1.0, 1e300, -1.5e-7, 0.1] {
            assert_eq!(read(&text(&Value::Float(number))), Value::Float(number));
        }
        assert_eq!(text(&Value::Float(f64::NEG_INFINITY)), "-.inf\n");
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            "[ -~é\n\t]{0,20}".prop_map(Value::String),
            "[0-9:_.+e-]{1,8}".prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map("[a-z0-9:]{1,6}", inner, 0..5)
                    .prop_map(|map| Value::Map(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_comes_back(value in values()) {
            prop_assert_eq!(read(&text(&value)), value);
        }
    }
}
