//! A git revision as a directory, without touching the checkout, its index or anything else of the repository.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    cli::signals,
    stop::{Group, Kept, Undo},
    trust::Scripts,
};

/// How long is waited at a time for git, which takes as long as it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why git gave no earlier tree.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum GitFault {
    /// The program does not start.
    #[error(
        "`git` cannot be started: {0}\n  hint: install git, or name two directories: `hive-preflight diff OLD NEW`"
    )]
    NoGit(io::Error),
    /// There is no repository.
    #[error(
        "`{path}` is in no git work tree that git takes, so that there is no earlier revision: {told}\n  hint: name two directories: `hive-preflight diff OLD NEW`"
    )]
    NoWorkTree { path: PathBuf, told: String },
    /// The revision is none.
    #[error("git knows no revision `{revision}`: {told}{}", if *.is_shallow { "\n  hint: this clone is shallow; `git fetch --unshallow`, or a deeper checkout in CI" } else { "" })]
    NoRevision { revision: String, told: String, is_shallow: bool },
    /// Nothing to compare with by itself.
    #[error(
        "this branch has no upstream to compare with: {0}\n  hint: name a revision (`hive-preflight diff origin/main`), or `git branch --set-upstream-to`"
    )]
    NoUpstream(String),
    /// Writing the old tree failed.
    #[error("the files of `{revision}` cannot be written: {told}")]
    Unwritten { revision: String, told: String },
    /// A filter that cannot be switched off on git's command line.
    #[error(
        "git's configuration has the filter `{0}`, which `--no-scripts` cannot switch off because of the `=` in its name\n  hint: name it otherwise, or remove it"
    )]
    Filter(String),
    /// No place for it.
    #[error("a temporary directory cannot be made: {0}")]
    Temporary(io::Error),
    /// The inventory lies outside.
    #[error("`{0}` lies outside of the git work tree, so that there is no earlier revision of it")]
    Outside(PathBuf),
}

/// The work tree that something lies in.
#[derive(Debug)]
pub(in crate::cli) struct WorkTree {
    root: PathBuf,
    /// What git is told of its configuration, each as `-c` takes it.
    settings: Vec<String>,
    scripts: Scripts,
}

/// The files of a revision in a temporary directory, which goes when this does.
#[derive(Debug)]
pub(in crate::cli) struct OldTree {
    work_tree: PathBuf,
    directory: TempDir,
    /// Who ends the program at once removes it, too; dropped after it.
    _kept: Kept,
    /// The commit, shortened.
    pub(in crate::cli) commit: String,
}

impl WorkTree {
    /// The work tree of `path`. Where scripts are refused, git runs none of the filters that are configured, and fetches
    /// nothing that a partial clone has not.
    ///
    /// # Errors
    /// No git, or no work tree.
    pub(in crate::cli) fn of(path: &Path, scripts: Scripts) -> Result<Self, GitFault> {
        let start = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"));
        let output = git(start, &["rev-parse", "--show-toplevel"])?;
        let root = line(&output).filter(|_| output.status.success());
        let root = root.ok_or_else(|| {
            let told = told(&output, "git does not say why");
            GitFault::NoWorkTree { path: path.to_owned(), told }
        })?;
        let root = PathBuf::from(root);
        let settings = match scripts {
            Scripts::Allowed => Vec::new(),
            Scripts::Refused => no_filters(&root)?,
        };
        Ok(Self { root, settings, scripts })
    }

    fn git(&self, arguments: &[&str]) -> Result<Output, GitFault> {
        output_of(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let settings = self.settings.iter().flat_map(|setting| ["-c", setting]);
        let arguments: Vec<&str> = settings.chain(arguments.iter().copied()).collect();
        let mut command = command(&self.root, &arguments);
        if self.scripts == Scripts::Refused {
            // Fetching starts programs that the configuration names.
            command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "");
        }
        command
    }

    /// The commit that a revision means.
    ///
    /// # Errors
    /// It means none.
    fn commit(&self, revision: &str) -> Result<String, GitFault> {
        let wanted = format!("{revision}^{{commit}}");
        let output = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        if let Some(commit) = line(&output).filter(|_| output.status.success()) {
            return Ok(commit);
        }
        let shallow = self.git(&["rev-parse", "--is-shallow-repository"])?;
        let told = told(&output, "there is no such commit");
        let is_shallow = line(&shallow).as_deref() == Some("true");
        Err(GitFault::NoRevision { revision: revision.to_owned(), told, is_shallow })
    }

    /// Where the branch left its upstream.
    ///
    /// # Errors
    /// There is no upstream, or nothing in common with it.
    pub(in crate::cli) fn merge_base(&self) -> Result<String, GitFault> {
        let output = self.git(&["merge-base", "HEAD", "@{upstream}"])?;
        let commit = line(&output).filter(|_| output.status.success());
        commit.ok_or_else(|| GitFault::NoUpstream(told(&output, "there is no commit in common")))
    }

    /// The files of `revision`, written by git itself with an index of their own, so that attributes and filters count
    /// as in a checkout.
    ///
    /// # Errors
    /// No such revision, or a full disk.
    pub(in crate::cli) fn extract(&self, revision: &str) -> Result<OldTree, GitFault> {
        let commit = self.commit(revision)?;
        let make = || {
            let directory = tempfile::Builder::new().prefix("hpf").tempdir()?;
            let undo = Undo::Path(directory.path().to_path_buf());
            Ok((directory, undo))
        };
        let (directory, kept) = signals::stop().keep(make).map_err(GitFault::Temporary)?;
        let (index, tree) = (directory.path().join("index"), directory.path().join("tree"));
        std::fs::create_dir(&tree).map_err(GitFault::Temporary)?;
        let prefix = format!("--prefix={}/", tree.display());
        for arguments in [&["read-tree", commit.as_str()][..], &["checkout-index", "--all", "--quiet", &prefix]] {
            let mut command = self.command(arguments);
            let output = output_of(command.env("GIT_INDEX_FILE", &index))?;
            if !output.status.success() {
                let told = told(&output, "git does not say why");
                return Err(GitFault::Unwritten { revision: revision.to_owned(), told });
            }
        }
        let commit = commit.chars().take(12).collect();
        Ok(OldTree { work_tree: self.root.clone(), directory, _kept: kept, commit })
    }
}

impl OldTree {
    /// Where a path of the work tree lies in the old one.
    ///
    /// # Errors
    /// It lies outside.
    pub(in crate::cli) fn place(&self, path: &Path) -> Result<PathBuf, GitFault> {
        let outside = || GitFault::Outside(path.to_owned());
        let rest = real(path);
        let rest = rest.strip_prefix(&self.work_tree).map_err(|_| outside())?;
        Ok(self.directory.path().join("tree").join(rest))
    }

    /// The directory of its files.
    pub(in crate::cli) fn top(&self) -> PathBuf {
        self.directory.path().join("tree")
    }

    /// The path of the work tree that a path in the old one stands for.
    pub(in crate::cli) fn original(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(self.directory.path().join("tree")).ok()?;
        Some(self.work_tree.join(rest))
    }
}

/// The path without symbolic links in its directories; what is not there any more keeps its name.
pub(in crate::cli) fn real(path: &Path) -> PathBuf {
    let absolute = super::super::source::absolute(path);
    let known = absolute.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match known {
        Some((above, real)) => real.join(absolute.strip_prefix(above).unwrap_or(Path::new(""))).components().collect(),
        None => absolute,
    }
}

fn git(directory: &Path, arguments: &[&str]) -> Result<Output, GitFault> {
    output_of(&mut command(directory, arguments))
}

/// Settings that switch every filter of the configuration off: a `process` that is empty wins over the other commands.
fn no_filters(root: &Path) -> Result<Vec<String>, GitFault> {
    let output = git(root, &["config", "--null", "--name-only", "--get-regexp", "^filter[.]"])?;
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let drivers: BTreeSet<&str> = names.split('\0').filter_map(|name| Some(name.rsplit_once('.')?.0)).collect();
    let mut settings = Vec::new();
    for driver in drivers {
        if driver.contains('=') {
            return Err(GitFault::Filter(driver.to_owned()));
        }
        settings.extend(["process=", "smudge=", "required=false"].map(|setting| format!("{driver}.{setting}")));
    }
    Ok(settings)
}

/// Runs git to its end, in our own group: whatever it starts to fetch or to filter files may ask on the terminal.
fn output_of(command: &mut Command) -> Result<Output, GitFault> {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::start_beside_us(signals::stop(), command).map_err(GitFault::NoGit)?;
    let (out, err) = (group.child.stdout.take(), group.child.stderr.take());
    let (stdout, stderr) = thread::scope(|scope| {
        let err = scope.spawn(move || read(err));
        (read(out), err.join().unwrap_or_default())
    });
    while !group.ended_by(Instant::now() + PATIENCE) {}
    let lost = || GitFault::NoGit(io::Error::other("its end was lost"));
    Ok(Output { status: group.finish().ok_or_else(lost)?, stdout, stderr })
}

/// A stream to its end; what was read before an error is what there is.
fn read(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
    bytes
}

/// git without locks, hooks and questions, and without what a hook that runs us left in the environment.
fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    // Files of the project must not pass for a repository with a configuration of its own.
    command.args(["-c", "safe.bareRepository=explicit"]);
    command.args(["-c", "advice.detachedHead=false"]).args(arguments);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("LC_ALL", "C");
    command.stdin(Stdio::null());
    command
}

fn line(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
}

/// The first thing that git says about a failure.
fn told(output: &Output, otherwise: &str) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or(otherwise);
    line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}
