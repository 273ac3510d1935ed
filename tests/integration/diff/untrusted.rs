//! Repositories of others: nothing of theirs is run that may not be, and nothing is written where they lead.

use super::{HIVE, P, PERSISTENTS, Repository, failed, site};

/// The old side is written to a temporary directory, and nowhere else, wherever links of that revision lead.
#[test]
fn nothing_is_written_through_links_of_the_old_revision() {
    for (link, target) in [(".hive/persistents.yml", "out/file"), (".hive", "out"), ("site", "out")] {
        let repository = Repository::new(&[("out/keep", ""), ("inventory/hive.yml", HIVE)]);
        let test = &repository.test;
        let place = if link == "site" { "site/.hive" } else { ".hive" };
        if link == ".hive/persistents.yml" {
            std::fs::create_dir(test.path(".hive")).expect("a directory");
        }
        std::os::unix::fs::symlink(test.path(target), test.path(link)).expect("a link");
        test.write("out/inventory/hive.yml", HIVE);
        repository.commit(&[]);
        std::fs::remove_file(test.path(link)).expect("the link");
        let root = place.trim_end_matches(".hive");
        repository.commit(&[
            (&format!("{root}inventory/hive.yml"), HIVE),
            (&format!("{place}/persistents.yml"), PERSISTENTS),
        ]);
        let run =
            repository.run(&["diff", "HEAD~1", "--no-scripts", "--root", if root.is_empty() { "." } else { root }]);
        assert_eq!(run.status, Some(2), "{link}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(&format!("`{link}` is a link at that revision")), "{link}: {}", run.stderr);
        let mut left: Vec<_> = std::fs::read_dir(test.path("out")).expect("a directory").flatten().collect();
        left.sort_by_key(std::fs::DirEntry::file_name);
        let left: Vec<_> = left.iter().map(std::fs::DirEntry::file_name).collect();
        assert_eq!(left, ["inventory", "keep"], "{link}");
    }
}

/// What runs the commands of a repository's own configuration: filters, and what fetches for a partial clone.
#[test]
fn without_scripts_git_runs_nothing_that_its_configuration_names() {
    let repository = site();
    let ran = repository.test.path("ran").display().to_string();
    repository
        .commit(&[(".gitattributes", "* filter=one.two\n*.yml filter=other\n"), (P, &format!("{PERSISTENTS}\n"))]);
    for (key, value) in [
        ("filter.one.two.smudge", format!("touch {ran}; cat")),
        ("filter.one.two.required", "true".to_owned()),
        ("filter.other.process", format!("touch {ran}")),
        ("core.fsmonitor", format!("touch {ran}")),
        ("core.sshCommand", format!("touch {ran}")),
    ] {
        repository.git(&["config", key, &value]);
    }
    let run = repository.run(&["diff", "HEAD~1", "--no-scripts", "--format", "json"]);
    assert_eq!((run.status, failed(&run)), (Some(0), Vec::new()), "{}{}", run.stdout, run.stderr);
    assert!(!repository.test.path("ran").exists());
    repository.run(&["diff", "HEAD"]);
    assert!(repository.test.path("ran").exists(), "they run where they may");
    std::fs::remove_file(&ran).expect("it was made");
    repository.git(&["config", "filter.a=b.smudge", "cat"]);
    let run = repository.run(&["diff", "HEAD", "--no-scripts"]);
    assert!(run.status == Some(2) && run.stderr.contains("the filter `filter.a=b`"), "{}{}", run.stdout, run.stderr);
}

#[test]
fn without_scripts_nothing_is_fetched_for_a_partial_clone() {
    let repository = site();
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.commit(&[(P, &format!("{PERSISTENTS}\n"))]);
    let (from, partial) = (format!("file://{}", repository.test.path("").display()), "partial");
    repository.git(&["clone", "--quiet", "--filter=blob:none", &from, partial]);
    let ran = repository.test.path("ran");
    let upload = format!("touch {}; git-upload-pack", ran.display());
    repository.git(&["-C", partial, "config", "remote.origin.uploadpack", &upload]);
    let run = repository.run(&["diff", "HEAD~1", "--no-scripts", "--root", partial]);
    assert!(run.status == Some(2) && run.stderr.contains("cannot be written"), "{}{}", run.stdout, run.stderr);
    assert!(!ran.exists());
    let run = repository.run(&["diff", "HEAD~1", "--root", partial]);
    assert!(run.status == Some(0) && ran.exists(), "{}{}", run.stdout, run.stderr);
}

/// A bare repository among the files of the project, with a configuration of its own.
#[test]
fn files_of_the_project_are_no_repository() {
    let repository = Repository::new(&[("site/inventory/hive.yml", HIVE)]);
    let test = &repository.test;
    repository.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    for part in ["HEAD", "objects", "refs", "packed-refs"] {
        std::fs::rename(test.path("bare.git").join(part), test.path("site").join(part)).expect("a part of it");
    }
    let (ran, top) = (test.path("ran"), test.path("site"));
    let filter = format!("[filter \"evil\"]\nsmudge = \"touch {}; cat\"\n", ran.display());
    test.write("site/config", &format!("[core]\nbare = false\nworktree = {}\n{filter}", top.display()));
    test.write("site/info/attributes", "* filter=evil\n");
    for more in [&["--no-scripts"][..], &[]] {
        let run = repository.run(&[&["diff", "HEAD", "--root", "site"], more].concat());
        assert!(run.status == Some(2) && run.stderr.contains("bare"), "{}{}", run.stdout, run.stderr);
        assert!(!ran.exists());
    }
}
