//! Whose code may run: what others could have written is refused, and with `--no-scripts` everything.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::text::Text;

/// Whether code of a project may run on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scripts {
    /// Where nobody but its owner could have written it.
    #[default]
    Allowed,
    /// None, whoever wrote it.
    Refused,
}

/// So many links may lie on the way to a file: the system's own bound.
const MOST_LINKS: usize = 40;

/// Why code is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The user wants none.
    #[error("it is code of the project, and `--no-scripts` lets none run")]
    Off,
    /// Everybody may write it.
    #[error("everybody may write to `{}` (mode {mode:04o}), so that anybody could have put code there", path.display())]
    Writable {
        /// The file, or a directory above it.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It lies where everybody may put something, and belongs to somebody else.
    #[error("`{}` belongs to the user {owner}, who could put it there because everybody may write to the directory", path.display())]
    Foreign {
        /// The file or directory.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
    },
    /// Nobody can tell.
    #[error("`{}` cannot be looked at: {message}", path.display())]
    Unseen {
        /// The file or directory.
        path: PathBuf,
        /// The refusal.
        message: String,
    },
}

impl Untrusted {
    /// What is wrong, in words.
    #[must_use]
    pub fn text(&self) -> Text {
        let ja = match self {
            Self::Off => "プロジェクトのコードですが、`--no-scripts` が指定されています".to_owned(),
            Self::Writable { path, mode } => format!(
                "`{}` は誰でも書き込めるため（モード {mode:04o}）、誰でもコードを置くことができます",
                path.display()
            ),
            Self::Foreign { path, owner } => format!(
                "`{}` はユーザー {owner} のものです。誰でも書き込めるディレクトリにあるため、そのユーザーが置いたものかもしれません",
                path.display()
            ),
            Self::Unseen { path, message } => format!("`{}` を確認できません（{message}）", path.display()),
        };
        Text::new(self.to_string(), ja)
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        let command = self.command()?;
        Some(Text::new(
            format!("take the permission away: `{command}`"),
            format!("書き込み権限を外してください: `{command}`"),
        ))
    }

    /// What to do about it: a command where there is one.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        match self {
            Self::Writable { path, .. } => Some(format!("chmod o-w {}", crate::shell::quote(&path.to_string_lossy()))),
            Self::Off | Self::Foreign { .. } | Self::Unseen { .. } => None,
        }
    }
}

impl Scripts {
    /// Whether the code in `file` may run.
    ///
    /// # Errors
    /// `--no-scripts`, or who else could have written it.
    pub fn check(self, file: &Path) -> Result<(), Untrusted> {
        match self {
            Self::Refused => Err(Untrusted::Off),
            Self::Allowed => written_by_its_owner(file),
        }
    }
}

/// Whether nobody else could have written the file, or put it where it is: neither it nor a directory above it is open to
/// everybody, and what lies in one with a sticky bit belongs to the user or to root.
///
/// # Errors
/// The first place where somebody else could.
pub fn written_by_its_owner(file: &Path) -> Result<(), Untrusted> {
    let unseen =
        |path: &Path, error: &io::Error| Untrusted::Unseen { path: path.to_path_buf(), message: error.to_string() };
    let mut way = std::path::absolute(file).map_err(|error| unseen(file, &error))?;
    fs::canonicalize(file).map_err(|error| unseen(file, &error))?;
    // The way to each link counts, too: who may change it decides where it leads.
    for _ in 0..MOST_LINKS {
        look(&way)?;
        match followed(&way).map_err(|error| unseen(&way, &error))? {
            Some(next) => way = next,
            None => return Ok(()),
        }
    }
    Err(unseen(file, &io::Error::other("there are more than 40 links on the way to it")))
}

/// The path with its first link replaced by what it leads to; nothing where there is none.
fn followed(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut way = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        let here = way.join(part);
        if fs::symlink_metadata(&here)?.is_symlink() {
            let target = fs::read_link(&here)?;
            let mut rest = target.as_path();
            // There is no link in what was walked, so that `..` leads where it looks like.
            while let Ok(above) = rest.strip_prefix("..") {
                way.pop();
                rest = above;
            }
            return Ok(Some(way.join(rest).components().chain(parts).collect()));
        }
        way = here;
    }
    Ok(None)
}

fn look(path: &Path) -> Result<(), Untrusted> {
    let own = rustix::process::geteuid().as_raw();
    let mut below: Option<(&Path, u32)> = None;
    for path in path.ancestors() {
        let about = fs::metadata(path)
            .map_err(|error| Untrusted::Unseen { path: path.to_path_buf(), message: error.to_string() })?;
        if about.mode() & 0o002 != 0 {
            match below {
                Some((below, owner)) if about.is_dir() && about.mode() & 0o1000 != 0 => {
                    if owner != own && owner != 0 {
                        return Err(Untrusted::Foreign { path: below.to_path_buf(), owner });
                    }
                }
                _ => return Err(Untrusted::Writable { path: path.to_path_buf(), mode: about.mode() & 0o7777 }),
            }
        }
        // A link's owner is whoever made it.
        let owner = fs::symlink_metadata(path).map_or(about.uid(), |about| about.uid());
        below = Some((path, owner));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_everybody_may_write_is_refused_wherever_that_is() {
        let directory = tempfile::tempdir().unwrap();
        let above = directory.path().join("above");
        let file = above.join("below/file");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "x").unwrap();
        assert_eq!(written_by_its_owner(&file), Ok(()));
        for (path, bits) in [(&file, 0o757), (&above, 0o777), (&above.join("below"), 0o702)] {
            let before = fs::metadata(path).unwrap().permissions();
            mode(path, bits);
            let wanted = Untrusted::Writable { path: path.clone(), mode: bits };
            assert_eq!(written_by_its_owner(&file), Err(wanted.clone()));
            assert_eq!(wanted.command(), Some(format!("chmod o-w {}", path.display())));
            fs::set_permissions(path, before).unwrap();
        }
        // As in the directory for temporary files.
        mode(&above, 0o1777);
        assert_eq!(written_by_its_owner(&file), Ok(()));
        assert_eq!(Scripts::Refused.check(&file), Err(Untrusted::Off));
    }

    #[test]
    fn the_way_to_a_link_counts() {
        let directory = tempfile::tempdir().unwrap();
        let (open, file, link) =
            (directory.path().join("open"), directory.path().join("file"), directory.path().join("open/link"));
        fs::create_dir(&open).unwrap();
        fs::write(&file, "x").unwrap();
        symlink(&file, &link).unwrap();
        assert_eq!(written_by_its_owner(&link), Ok(()));
        mode(&open, 0o777);
        assert_eq!(written_by_its_owner(&link), Err(Untrusted::Writable { path: open, mode: 0o777 }));
        assert!(matches!(written_by_its_owner(&directory.path().join("none")), Err(Untrusted::Unseen { .. })));
    }

    #[test]
    fn the_way_to_every_link_in_a_row_counts() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for name in ["open", "safe"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("safe/file"), "x").unwrap();
        // Of a file, and of a directory on the way, also by a relative path.
        symlink(at("safe/file"), at("open/middle")).unwrap();
        symlink("../open/middle", at("safe/first")).unwrap();
        symlink(at("safe"), at("open/directory")).unwrap();
        symlink(at("open/directory"), at("way")).unwrap();
        for path in ["safe/first", "way/file"] {
            assert_eq!(written_by_its_owner(&at(path)), Ok(()), "{path}");
        }
        mode(&at("open"), 0o777);
        for path in ["safe/first", "way/file"] {
            let wanted = Untrusted::Writable { path: at("open"), mode: 0o777 };
            assert_eq!(
                written_by_its_owner(&at(path)).map_err(|found| found.command()),
                Err(wanted.command()),
                "{path}"
            );
        }
        symlink(at("safe/loop"), at("safe/loop")).unwrap();
        assert!(matches!(written_by_its_owner(&at("safe/loop")), Err(Untrusted::Unseen { .. })));
    }
}
