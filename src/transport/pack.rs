//! A script as one command line that every login shell reads alike.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};

/// The longest command line that is sent. libssh2 refuses an exec request of about 34,000 bytes and more.
const LONGEST: usize = 32 * 1024;

/// The command line for a script that comes over standard input.
pub(super) const PLAIN_SH: &str = "sh";

/// `script` as `echo BASE64 | base64 -d | gzip -dc | sh`, or `None` where that would be too long.
///
/// The text has no character that bash, dash, fish, csh or rbash treats specially, which no quoting of the script itself
/// achieves: csh has no line ends in quotes, fish no here-documents.
pub(super) fn command_line(script: &str) -> Option<String> {
    // The best takes five times as long, for a line that is a seventh shorter.
    [Compression::fast(), Compression::best()].into_iter().find_map(|level| packed(script, level))
}

fn packed(script: &str, level: Compression) -> Option<String> {
    let mut gzip = GzEncoder::new(Vec::new(), level);
    gzip.write_all(script.as_bytes()).ok()?;
    let line = format!("echo {} | base64 -d | gzip -dc | sh", STANDARD.encode(gzip.finish().ok()?));
    (line.len() <= LONGEST).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::command_line;

    #[test]
    fn a_line_is_made_of_harmless_characters_only() {
        let line = command_line("echo 'a' \"b\" $c `d` !e \\ \n").unwrap();
        let packed = line.strip_prefix("echo ").unwrap().strip_suffix(" | base64 -d | gzip -dc | sh").unwrap();
        assert!(packed.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)), "{line}");
    }

    #[test]
    fn what_is_too_long_even_when_packed_has_no_line() {
        let noise: Vec<_> = (0..20_000u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_string()).collect();
        let noise = noise.join("\n");
        assert!(command_line(&noise).is_none());
        assert!(command_line(&"true\n".repeat(20_000)).is_some());
    }
}
