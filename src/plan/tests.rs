//! What the plan decides from the inventory alone.

use std::{fs, path::PathBuf, sync::Arc};

use indexmap::IndexMap;
use minijinja::value::Object;

use super::{Fleet, Plan, PlanError, PlanOptions, Preset, Reach, ReachError, Wanted, build};
use crate::{
    catalog::{Catalog, Check},
    inventory::{GroupName, Host, HostName, Inventory, Value, Var},
    jinja::Jinja,
    judge::ErrorKind,
    probe::Probe,
    transport::{Endpoint, LocalEndpoint},
};

fn host(inventory: &mut Inventory, name: &str, groups: &[&str], vars: &[(&str, &str)]) {
    let name = HostName::from(name);
    let vars: IndexMap<String, Var> = vars
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Var { value: Value::String((*value).to_owned()), location: None }))
        .collect();
    let groups: Vec<GroupName> = groups.iter().map(|group| GroupName::from(*group)).collect();
    for group in &groups {
        let all = inventory.groups.entry(GroupName::from("all")).or_default();
        if !all.children.contains(group) {
            all.children.push(group.clone());
        }
        inventory.groups.entry(group.clone()).or_default().hosts.push(name.clone());
    }
    inventory.hosts.insert(name.clone(), Host { name, vars: vars.into_iter().collect(), groups, location: None });
}

/// One check with these lines beside the ones that every check has.
fn check(lines: &str) -> Vec<Arc<Check>> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file: PathBuf = folder.path().join("net/one.yml");
    fs::create_dir_all(file.parent().expect("it has one")).expect("writable");
    let text = format!(
        "id: net/one\ntitle: {{en: t, ja: t}}\nwhy: {{en: w, ja: w}}\nthat: result.rc == 0\n\
         fail_msg: {{en: f, ja: f}}\nseverity: error\nremedy: [{{text: {{en: r, ja: r}}}}]\n{lines}"
    );
    fs::write(file, text).expect("writable");
    let catalog = Catalog::lint(&[folder.path().to_owned()]).expect("the check is valid");
    catalog.checks.into_values().collect()
}

fn planned(inventory: &Inventory, checks: &[Arc<Check>], options: &PlanOptions) -> Result<Plan, PlanError> {
    let reach = |wanted: &Wanted| -> Result<Reach, ReachError> {
        let _ = wanted;
        Ok(Reach::At(Endpoint::Local(LocalEndpoint::default())))
    };
    build(&Arc::new(Jinja::new()), &Arc::new(Fleet::of(inventory)), &Catalog::default(), checks, options, &reach)
}

fn shell_of(plan: &Plan, target: usize, task: usize) -> String {
    match &*plan.targets[target].tasks[task].questions[0].probe {
        Probe::Shell { cmd, .. } => cmd.clone(),
        other => panic!("expected a shell probe, got {other:?}"),
    }
}

#[test]
fn variables_are_rendered_through_each_other_and_quoted_for_the_shell() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[("dir", "{{ base }}/it's"), ("base", "/srv")]);
    let checks = check("hosts: web\nprobe: {shell: 'ls {{ dir }}'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    let quoted = shell_of(&plan, 0, 0);
    let words = shell_words::split(&quoted).expect("valid shell text");
    assert_eq!(words, ["ls", "/srv/it's"]);
}

#[test]
fn a_variable_in_a_circle_is_an_error_of_that_host_only() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[("dir", "{{ base }}"), ("base", "{{ dir }}")]);
    host(&mut inventory, "w2", &["web"], &[("dir", "/srv")]);
    let checks = check("hosts: web\nprobe: {shell: 'ls {{ dir }}'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    assert!(matches!(plan.targets[0].tasks[0].preset, Some(Preset::Error(ErrorKind::Expression, _))));
    assert!(plan.targets[1].tasks[0].preset.is_none());
}

#[test]
fn a_loop_gives_one_task_an_item_and_an_empty_one_is_skipped() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[]);
    let options = PlanOptions::default();
    let plan = planned(
        &inventory,
        &check(
            "hosts: web\nloop: \"{{ ['a', 'b', 'c'] }}\"\nwhen: \"item != 'b'\"\nprobe: {shell: 'echo {{ item }}'}\n",
        ),
        &options,
    )
    .expect("planned");
    let items: Vec<(&str, bool)> = plan.targets[0]
        .tasks
        .iter()
        .map(|task| (task.item.as_ref().expect("an item").1.as_str(), task.preset.is_none()))
        .collect();
    assert_eq!(items, [("a", true), ("b", false), ("c", true)]);
    let plan = planned(&inventory, &check("hosts: web\nloop: \"{{ [] }}\"\nprobe: {shell: 'true'}\n"), &options)
        .expect("planned");
    assert!(matches!(plan.targets[0].tasks[0].preset, Some(Preset::Skipped(_))));
}

#[test]
fn conditions_guard_loop_and_probe() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[]);
    let checks =
        check("hosts: web\nwhen: hive is defined\nloop: '{{ hive.ssh_config_hosts }}'\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    assert!(matches!(plan.targets[0].tasks[0].preset, Some(Preset::Skipped(_))));
}

#[test]
fn active_checks_wait_for_permission() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[]);
    let checks = check("hosts: web\neffect: active\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    assert!(matches!(plan.targets[0].tasks[0].preset, Some(Preset::Skipped(_))));
    let options = PlanOptions { allow_active: true, ..PlanOptions::default() };
    assert!(planned(&inventory, &checks, &options).expect("planned").targets[0].tasks[0].preset.is_none());
}

#[test]
fn other_hosts_are_seen_through_groups_and_hostvars() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[("role", "front")]);
    host(&mut inventory, "w2", &["web"], &[("role", "back"), ("full", "{{ role }}-{{ inventory_hostname }}")]);
    let checks = check("hosts: w1\nprobe: {shell: \"echo {{ hostvars[groups['web'][1]].full }}\"}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    assert_eq!(shell_of(&plan, 0, 0), "echo back-w2");
}

#[test]
fn a_limit_that_means_nobody_is_told() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[]);
    let checks = check("hosts: all\nprobe: {shell: 'true'}\n");
    let options = PlanOptions { limit: Some("nobody".parse().expect("a pattern")), ..PlanOptions::default() };
    let error = planned(&inventory, &checks, &options).expect_err("nobody is selected");
    assert_eq!(error, PlanError::NothingSelected { pattern: "nobody".to_owned(), hosts: 1 });
}

#[test]
fn connection_variables_are_rendered() {
    let mut inventory = Inventory::default();
    host(
        &mut inventory,
        "w1",
        &["web"],
        &[("ansible_host", "{{ hive_private_ip }}"), ("hive_private_ip", "192.0.2.7")],
    );
    host(&mut inventory, "w2", &["web"], &[("ansible_host", "{{ nowhere }}")]);
    let checks = check("hosts: web\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    let wanted = Wanted::of(&plan.targets[0].scope).expect("rendered");
    assert_eq!(wanted.host.as_deref(), Some("192.0.2.7"));
    let error = plan.targets[1].reach.as_ref().expect_err("`nowhere` is undefined");
    assert!(error.0.en.contains("ansible_host") && error.0.en.contains("nowhere"), "{}", error.0.en);
    assert!(plan.targets[0].scope.get_value_by_str("no_such_variable").is_none());
}

#[test]
fn a_variable_that_lies_too_deep_on_one_way_has_its_value_on_another() {
    let mut inventory = Inventory::default();
    let chain: Vec<(String, String)> = (0..30).map(|at| (format!("v{at}"), format!("{{{{ v{} }}}}", at + 1))).collect();
    let mut vars: Vec<(&str, &str)> = chain.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    vars.push(("v30", "end"));
    host(&mut inventory, "w1", &["web"], &vars);
    let checks = check("hosts: web\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    let scope = &plan.targets[0].scope;
    let error = scope.variable("v0").expect("it is there").expect_err("it is too deep");
    assert!(error.message.contains("is more than 24 variables deep"), "{error}");
    assert_eq!(scope.variable("v20").expect("it is there"), Ok("end".into()));
    assert_eq!(scope.variable("v10").expect("it is there"), Ok("end".into()));
}

#[test]
fn the_way_to_a_fault_names_other_hosts_and_circles_over_hosts_end() {
    let mut inventory = Inventory::default();
    host(&mut inventory, "w1", &["web"], &[("mine", "{{ nowhere }}"), ("round", "{{ hostvars['w2'].round }}")]);
    host(
        &mut inventory,
        "w2",
        &["web"],
        &[("theirs", "{{ hostvars.w1.mine }}"), ("round", "{{ hostvars['w1'].round }}")],
    );
    let checks = check("hosts: web\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    let told = |target: usize, name: &str| {
        plan.targets[target].scope.variable(name).expect("it is there").expect_err("it has no value").message
    };
    assert_eq!(told(0, "mine"), "`mine`: `nowhere` is undefined");
    assert_eq!(told(1, "theirs"), "`theirs`: `mine` of `w1`: `nowhere` is undefined");
    assert_eq!(
        told(0, "round"),
        "`round`: `round` of `w2`: variables refer to each other in a circle: `round` → `round` of `w2` → `round`"
    );
}

#[test]
fn variables_do_not_see_what_checks_see_beside_them() {
    let mut inventory = Inventory::default();
    host(
        &mut inventory,
        "w1",
        &["web"],
        &[("services", "mine"), ("hive", "bee"), ("all", "{{ services }}-{{ hive }}"), ("none", "{{ phase }}")],
    );
    let checks = check("hosts: web\nprobe: {shell: 'true'}\n");
    let plan = planned(&inventory, &checks, &PlanOptions::default()).expect("planned");
    let scope = &plan.targets[0].scope;
    assert_eq!(scope.variable("all").expect("it is there"), Ok("mine-bee".into()));
    assert!(scope.variable("none").expect("it is there").is_err());
}
