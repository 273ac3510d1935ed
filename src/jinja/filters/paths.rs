//! Paths as text, as Python's `os.path` takes them; no file is looked at.

use minijinja::{Error, Value};

use super::{scalar_text, wrong};

/// What stands before the extension, and the extension with its dot.
pub(super) fn splitext(value: &Value) -> Result<Vec<String>, Error> {
    let path = scalar_text(value, "splitext")?;
    let name = path.rfind('/').map_or(0, |at| at + 1);
    // Dots at the beginning of the name are no extension.
    let first = path[name..].find(|c| c != '.').map_or(path.len(), |at| name + at);
    let dot = path[first..].rfind('.').map_or(path.len(), |at| first + at);
    Ok(vec![path[..dot].to_owned(), path[dot..].to_owned()])
}

/// The path without `.`, `..` and doubled slashes.
pub(super) fn normpath(value: &Value) -> Result<String, Error> {
    scalar_text(value, "normpath").map(|path| normal(&path))
}

fn normal(path: &str) -> String {
    let slashes = path.len() - path.trim_start_matches('/').len();
    // POSIX lets two slashes at the beginning mean something else.
    let root = if slashes == 2 { "//" } else { &"/"[..usize::from(slashes > 0)] };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(&last)) if last != ".." => drop(parts.pop()),
            ("..", None) if !root.is_empty() => {}
            _ => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// The parts with slashes between them; one that begins at the root throws away what was before.
pub(super) fn path_join(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    let mut joined = String::new();
    for part in value.try_iter()? {
        let part = scalar_text(&part, "path_join")?;
        if part.starts_with('/') {
            joined = part;
            continue;
        }
        if !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined += &part;
    }
    Ok(joined)
}

/// The way from a directory to a path; both from the root directory, because this machine's own directory is none of
/// the inventory's.
pub(super) fn relpath(value: &Value, start: &str) -> Result<String, Error> {
    let (path, start) = (normal(&scalar_text(value, "relpath")?), normal(start));
    if !path.starts_with('/') || !start.starts_with('/') {
        return Err(wrong("`relpath` needs paths from the root directory"));
    }
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, start) = (parts(&path), parts(&start));
    let same = path.iter().zip(&start).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - same);
    let way: Vec<String> = up.chain(path[same..].iter().cloned()).collect();
    Ok(if way.is_empty() { ".".to_owned() } else { way.join("/") })
}
