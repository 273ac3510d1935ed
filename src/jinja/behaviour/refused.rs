//! Sources that are refused before they fill the stack, the memory or the time.

use minijinja::Value;

use crate::jinja::Jinja;

#[test]
fn endless_work_is_stopped() {
    for source in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ ('a' * 40) is match('(a|a|b)*(?=c)\\\\1') }}",
    ] {
        let jinja = Jinja::new();
        let result = jinja.template(source).and_then(|template| jinja.render(&template, &Value::from(())));
        assert!(result.is_err(), "{source}: {result:?}");
    }
}

/// What is told of a template of a check and of one of a variable.
fn refusals(source: &str) -> [String; 2] {
    let jinja = Jinja::new();
    let scope = Value::from(());
    let check = jinja.template(source).and_then(|template| jinja.render(&template, &scope)).err();
    let variable = jinja.variable_template(source).and_then(|template| jinja.render_variable(&template, &scope)).err();
    [check, variable].map(|error| error.map_or_else(String::new, |error| error.message))
}

#[test]
fn a_source_that_the_parser_has_no_stack_for_is_refused() {
    let many = |start: &str, part: &str, end: &str| format!("{start}{}{end}", part.repeat(60_000));
    for source in [
        many("{{ ", "not ", "1 }}"),
        many("{{ ", "-", "1 }}"),
        many("{{ 1", " | int", " }}"),
        many("{{ a", ".a", " }}"),
        many("{{ 1", " if 1 else 1", " }}"),
        many("{% if 0 %}", "{% elif 0 %}", "{% endif %}"),
    ] {
        for told in refusals(&source) {
            assert!(told.contains("words and signs in one template"), "{}: {told}", &source[..20]);
        }
    }
    // The most that is taken has room on the stack of a thread.
    for source in [format!("{{{{ {}1 }}}}", "not ".repeat(4_999)), format!("{{{{ 1{} }}}}", " | int".repeat(2_499))] {
        assert_eq!(refusals(&source), ["", ""], "{}", &source[..20]);
    }
}

#[test]
fn what_would_grow_beyond_all_bounds_is_refused_before_it_does() {
    let nested = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}";
    let deep = "{% set ns = namespace(x=[1]) %}{% for i in range(2000) %}{% set ns.x = [ns.x] %}{% endfor %}";
    let further = ["flatten", "to_json", "string"].map(|filter| format!("{nested}{{{{ ns.x | {filter} }}}}"));
    for source in [
        "{{ '%999999999s' | format('a') }}",
        "{{ '{:>999999999}'.format('a') }}",
        "{{ [1] | batch(99999999999, 'x') | list }}",
        "{{ [1] | slice(99999999999) | list }}",
        "{{ ('a' * 100000) | regex_replace('a', 'b' * 30000) }}",
        "{{ ('a' * 100000) | replace('a', 'b' * 30000) }}",
        "{{ ('a' * 100000).replace('a', 'b' * 30000) }}",
        "{{ ('a' * 300000) | regex_findall('(?=(a*))') }}",
        "{{ (['a' * 100000] * 30000) | join }}",
        "{{ ([1] * 30000) | join('a' * 100000) }}",
        "{{ ('a' * 100000).join(['a'] * 30000) }}",
        "{{ ('a\n' * 100000) | indent(30000) }}",
        "{{ (['a' * 100000] * 30000) | to_json }}",
        "{{ (['a' * 100000] * 30000) | sum(start='') }}",
        &further[0],
        &further[1],
        &further[2],
        &format!("{deep}{{{{ ns.x | to_json }}}}"),
        "{% set ns = namespace(x={'a': 1}) %}{% for i in range(60) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}\
         {{ ns.x | combine(ns.x, recursive=true) }}",
    ] {
        for told in refusals(source) {
            assert!(told.contains("too much work"), "{source}: {told}");
        }
    }
}

#[test]
fn numbers_that_are_no_width_are_none() {
    for source in [
        "{{ '{\"id\": 1234567890, \"x\": \"%s\"}' | format('a') }}",
        "{{ '{{1: 1234567890}} {:>3}'.format('a') }}",
        "{{ '100 % of 1234567890: %5s' | format('a') }}",
    ] {
        for told in refusals(source) {
            assert!(!told.contains("too much work"), "{source}: {told}");
        }
    }
}
