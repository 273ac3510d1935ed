//! What expressions and templates mean, told by examples.

mod refused;
mod words_of_shells;

use std::sync::Arc;

use minijinja::{
    Value, context,
    value::{Object, ValueKind},
};

use super::{Jinja, JinjaError, value_of};

fn scope() -> Value {
    value_of(&serde_json::json!({
        "n": 5,
        "none": null,
        "text": "OpenSSH_6.6.1p1, OpenSSL 1.0.1e-fips 11 Feb 2013\n",
        "list": ["a", "b c", "a"],
        "hosts": [{"name": "h0", "up": true}, {"name": "h1", "up": false}],
        "hive": {"stage": "private", "map": {"x": 1}},
        "json": "{\"a\": [1, 2.5, null]}",
    }))
}

fn evaluate(source: &str) -> Result<Value, JinjaError> {
    let jinja = Jinja::new();
    let expression = jinja.expression(source)?;
    jinja.evaluate(&expression, &scope())
}

fn shown(source: &str) -> String {
    match evaluate(source) {
        Ok(value) => value.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

fn shell(source: &str, scope: &Value) -> Result<String, JinjaError> {
    let jinja = Jinja::new();
    jinja.render_shell(&jinja.shell_template(source)?, scope)
}

#[test]
fn filters_and_tests_mean_what_they_mean_in_ansible() {
    for (source, expected) in [
        ("text | regex_search('OpenSSH_([0-9.]+p?[0-9]*)', '\\\\1') | first is version('6.7', '>=')", "False"),
        ("'6.7p1' is version('6.7', '>=')", "True"),
        ("'10.0p2' is version('6.7', '>=')", "True"),
        ("'1.1.1k' is version('1.1.1', '>')", "True"),
        ("'2.18.1' is version('2.14.4', '>=') and '2.18.1' is version('2.19', '<')", "True"),
        ("text is match('OpenSSH_')", "True"),
        ("text is match('SSH_')", "False"),
        ("text is search('openssl', ignorecase=true)", "True"),
        ("text is regex('2013$')", "True"),
        ("text | regex_search('nothing')", "None"),
        ("text | regex_search('nothing', '\\\\1') is none", "True"),
        ("text | regex_search('(?P<major>\\\\d+)\\\\.', '\\\\g<major>')", "['6']"),
        ("'a1b22' | regex_findall('[0-9]+')", "['1', '22']"),
        ("'a1b22' | regex_findall('([a-z])([0-9]+)')", "[['a', '1'], ['b', '22']]"),
        ("'a-b' | regex_replace('(.)-(.)', '\\\\2_\\\\1')", "b_a"),
        ("(json | from_json).a[1]", "2.5"),
        ("hive | to_json", "{\"stage\": \"private\", \"map\": {\"x\": 1}}"),
        ("' 42 \n' | int + 1", "43"),
        ("'x' | int(default=7)", "7"),
        ("'6.9' | float > 6", "True"),
        ("'yes' | bool", "True"),
        ("'a b' | quote", "'a b'"),
        ("'aGk=' | b64decode", "hi"),
        ("'/a/b/c' | basename ~ '/a/b/c' | dirname", "c/a/b"),
        ("'a,b' | split(',')", "['a', 'b']"),
        ("' a  b ' | split", "['a', 'b']"),
        ("'a\nb\n' | splitlines | length", "2"),
        ("list | unique", "['a', 'b c']"),
        ("[1,2] | union([2,3])", "[1, 2, 3]"),
        ("[1,2,3] | intersect([2])", "[2]"),
        ("[1,2,3] | difference([2])", "[1, 3]"),
        ("[[1,[2]],none,3] | flatten", "[1, 2, 3]"),
        ("{'a': {'b': 1}} | combine({'a': {'c': 2}}, recursive=true)", "{'a': {'b': 1, 'c': 2}}"),
        ("{'a': 1} | dict2items | map(attribute='value') | list", "[1]"),
        ("[1,2] | zip(['a','b']) | list | length", "2"),
        ("['name'] | map('extract', hosts[0]) | first", "h0"),
        ("hosts | selectattr('up') | map(attribute='name') | join(',')", "h0"),
        ("hosts | rejectattr('name', 'match', 'h0') | list | length", "1"),
        ("'10.1.2.3' is ipaddr_in('10.0.0.0/8')", "True"),
        ("'10.1.2.3' | ipaddr_in(['192.168.0.0/16', '11.0.0.0/8'])", "False"),
        ("'fe80::1' is ipaddr_in('fe80::/10')", "True"),
        ("[1] is subset([1,2]) and [1,2] is superset([1]) and [1,2] is contains(2)", "True"),
        ("'off' is truthy(convert_bool=true)", "False"),
        ("text.split(',')[0].startswith('OpenSSH')", "True"),
        ("n is version('5')", "True"),
        ("true | ternary('a', 'b')", "a"),
        ("'foo bar baz qux' | truncate(9)", "foo..."),
        ("'foo bar baz qux' | truncate(9, killwords=true)", "foo ba..."),
        ("'foo bar baz qux' | truncate(11)", "foo bar baz qux"),
        ("'foo bar baz qux' | truncate(11, leeway=0)", "foo bar..."),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn what_is_undefined_is_named() {
    for (source, name) in [
        ("nothing", "nothing"),
        ("nothing == 1", "nothing"),
        ("hive.nothing == 1", "hive.nothing"),
        ("hive.map.y.z == 1", "hive.map.y"),
        ("not nothing", "nothing"),
        ("nothing is search('a')", "nothing"),
        ("nothing is none", "nothing"),
        ("nothing is not none", "nothing"),
        ("nothing | int == 0", "nothing"),
        ("nothing | string", "nothing"),
        ("nothing | length", "nothing"),
        ("1 in nothing", "nothing"),
        ("hosts[7].name", "hosts[7]"),
        ("'a' ~ nothing", "nothing"),
        ("n == 5 and nothing", "nothing"),
        ("nothing or true", "nothing"),
    ] {
        let error = evaluate(source).expect_err(source);
        assert_eq!(error.undefined.as_deref(), Some(name), "{source}: {error}");
    }
}

#[test]
fn nothing_undefined_passes_through_lists() {
    for source in [
        "hosts | map(attribute='missing') | list",
        "hosts | selectattr('missing') | list",
        "hosts | selectattr('missing', '==', 1) | list",
        "[] | first",
        "[] | max",
        "hosts | map('extract', {}) | list",
        "[1] | map('regex_search', nothing) | list",
    ] {
        assert!(evaluate(source).is_err(), "{source}: {}", shown(source));
    }
}

#[test]
fn asking_for_what_is_undefined_is_no_error() {
    for (source, expected) in [
        ("nothing is defined", "False"),
        ("nothing is not defined", "True"),
        ("nothing is undefined", "True"),
        ("nothing | default('x')", "x"),
        ("nothing.a.b | default('x')", "x"),
        ("hive.a.b['c'] is defined", "False"),
        ("hive.map.x is defined", "True"),
        ("hive.map.x | default(2)", "1"),
        ("'' | default('x', true)", "x"),
        ("hosts | map(attribute='missing', default=0) | sum", "0"),
        ("nothing is defined and nothing.x == 1", "False"),
    ] {
        assert_eq!(shown(source), expected, "{source}");
    }
}

#[test]
fn wrong_kinds_are_errors_and_no_quiet_answers() {
    for source in [
        "'x' | int == 0",
        "none | int == 0",
        "none is search('None')",
        "'maybe' | bool",
        "6.10 is version('6.7')",
        "none is version('6.7', '<')",
        "'' is version('6.7', '<')",
        "'1.a' is version('1.1', '<')",
        "'300.1.1.1' is ipaddr_in('10.0.0.0/8')",
        "'{' | from_json",
        "'a' is subset(['a'])",
    ] {
        assert!(evaluate(source).is_err(), "{source}: {}", shown(source));
    }
}

#[test]
fn unknown_names_are_found_before_anything_runs() {
    let jinja = Jinja::new();
    for (source, message, hint) in [
        ("a | regex_serch('x')", "there is no filter `regex_serch`", Some("did you mean `regex_search`?")),
        ("a is serch('x')", "there is no test `serch`", Some("did you mean `search`?")),
        ("a is not defind", "there is no test `defind`", Some("did you mean `defined`?")),
        (
            "lookup('env', 'HOME')",
            "there is no function `lookup`",
            Some("lookups are for variables of the inventory; a check can use such a variable"),
        ),
        ("a | map('bassename')", "there is no filter `bassename`", Some("did you mean `basename`?")),
        ("a | select('mach', 'x')", "there is no test `mach`", Some("did you mean `match`?")),
        (
            "a | regex_search('(b)', '\\1')",
            "`\\1` in text is a control character",
            Some("write `\\\\1` (in a double-quoted YAML string `\\\\\\\\1`)"),
        ),
        ("a | selectattr('b', 'eqq', 1)", "there is no test `eqq`", Some("did you mean `eq`?")),
    ] {
        let error = jinja.expression(source).expect_err(source);
        assert_eq!((error.message.as_str(), error.hint.as_deref()), (message, hint), "{source}");
        assert!(error.range.is_some(), "{source}");
    }
    for fine in ["a is search('\\\\b\\d\\.')", "'a\\\\1' ~ '\\n'"] {
        assert_eq!(jinja.expression(fine).err(), None, "{fine}");
    }
    for source in ["{% include 'a' %}", "{% autoescape false %}{{ a }}{% endautoescape %}", "{{ a | safe }}"] {
        assert!(jinja.template(source).is_err(), "{source}");
    }
    for source in ["not (a) and (b) or a in (1, 2)", "a if (b) else (c)", "[x for_y]"] {
        let known = jinja.expression(source).map_err(|error| error.message).err();
        assert!(!known.is_some_and(|message| message.contains("function")), "{source}");
    }
}

#[test]
fn errors_say_where_in_the_template() {
    let error = Jinja::new().template("line one\n  {{ a | nofilter }} end").expect_err("no such filter");
    assert_eq!(error.line, Some(2));
    assert_eq!(error.range, Some(18..26));
}

#[test]
fn a_template_of_one_expression_keeps_its_type() {
    let jinja = Jinja::new();
    let native = |source: &str| {
        let template = jinja.template(source).expect(source);
        jinja.render_native(&template, &scope()).expect(source)
    };
    assert_eq!(native("{{ list }}").kind(), ValueKind::Seq);
    assert_eq!(native(" {{ n + 1 }}\n"), Value::from(6));
    assert_eq!(native("{{ n }}{{ n }}"), Value::from("55"));
    assert_eq!(native("a {{ n }}"), Value::from("a 5"));
    assert_eq!(native("{% if n == 5 %}five{% endif %}"), Value::from("five"));
    assert_eq!(native("plain"), Value::from("plain"));
    assert!(jinja.template("{{ list }}").expect("valid").is_expression());
    assert!(jinja.template("plain").expect("valid").is_constant());
    assert!(!jinja.template("{{ list }}").expect("valid").is_constant());
}

#[test]
fn text_keeps_its_line_ends_and_says_nothing_for_none() {
    let jinja = Jinja::new();
    let text = |source: &str| jinja.render(&jinja.template(source).expect(source), &scope()).expect(source);
    assert_eq!(text("a {{ n }}\n"), "a 5\n");
    assert_eq!(text("{{ n }}\n"), "5\n");
    assert_eq!(text("[{{ none }}]{{ none }}"), "[]");
    assert_eq!(text("{% for h in hosts %}{{ h.name }} {% endfor %}{# gone #}"), "h0 h1 ");
}

#[test]
fn shell_text_gets_words() {
    let scope = context!(path => "a b", list => vec!["x y", "z"], empty => "", none => (), nul => "a\0b",
        map => context!(a => 1), yes => true, n => 3, assign => "a=b", nested => vec![vec!["a"]]);
    let text = |source: &str| shell(source, &scope);
    assert_eq!(text("rm -- {{ path }}").as_deref(), Ok("rm -- 'a b'"));
    assert_eq!(text("ls {{ list }} {{ empty }}").as_deref(), Ok("ls 'x y' z ''"));
    assert_eq!(text("{{ path }}").as_deref(), Ok("'a b'"));
    assert_eq!(text("{{ assign }} {{ yes }} {{ n }}").as_deref(), Ok("'a=b' True 3"));
    assert_eq!(text("{% for x in list %}echo {{ x }};{% endfor %}").as_deref(), Ok("echo 'x y';echo z;"));
    assert_eq!(text("{% set x %}$(rm){% endset %}echo {{ x }}").as_deref(), Ok("echo '$(rm)'"));
    assert_eq!(text("{% filter upper %}$(rm) {{ path }}{% endfilter %}").as_deref(), Ok("'$(RM) '\\''A B'\\'''"));
    for refused in
        ["{{ none }}", "{{ nul }}", "{{ map }}", "{{ nested }}", "{{ missing }}", "a {{ nul }}", "a {{ none }}"]
    {
        assert!(text(refused).is_err(), "{refused}");
    }
    assert_eq!(text("echo {{ missing }} b").expect_err("undefined").undefined.as_deref(), Some("missing"));
}

#[derive(Debug)]
struct Lazy;

impl Object for Lazy {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "broken" => Some(JinjaError::new("`a` refers to itself").into_value()),
            "needs_more" => Some(JinjaError::undefined("deeper").into_value()),
            "fine" => Some(Value::from(1)),
            _ => None,
        }
    }
}

#[test]
fn errors_of_lazy_lookups_come_out_as_they_went_in() {
    let jinja = Jinja::new();
    let scope = Value::from_object(Lazy);
    for source in ["broken", "broken == 1", "broken | default(1)", "[broken] | length", "fine + broken"] {
        let error = jinja.evaluate(&jinja.expression(source).expect(source), &scope).expect_err(source);
        assert_eq!(error, JinjaError::new("`a` refers to itself"), "{source}");
    }
    let template = jinja.template("a {{ needs_more }} b").expect("valid");
    let error = jinja.render(&template, &scope).expect_err("undefined inside");
    assert_eq!(error, JinjaError::undefined("deeper"));
}

#[test]
fn expressions_tell_what_they_look_up() {
    let jinja = Jinja::new();
    assert_eq!(jinja.expression("a.b is defined and c == 1").expect("valid").names(), ["a", "c"]);
    assert_eq!(jinja.template("{% for x in y %}{{ x }}{% endfor %}{{ z }}").expect("valid").names(), ["y", "z"]);
    assert_eq!(jinja.template("plain").expect("valid").names(), Vec::<String>::new());
}
