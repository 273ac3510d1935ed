//! Why something stays encrypted.

use std::path::PathBuf;

use crate::{text::Text, trust::Untrusted};

/// Why a text cannot be decrypted. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultFault {
    /// There is no password at all.
    #[error("it is encrypted with Ansible Vault{}, and no vault password is known{}", of_label(label.as_deref()), listed(faults))]
    NoPassword {
        /// The vault id that the text names.
        label: Option<String>,
        /// Why passwords that should be there are not.
        faults: Vec<PasswordFault>,
    },
    /// Every password is the wrong one.
    #[error("it is encrypted with Ansible Vault{}, and {}{}", of_label(label.as_deref()), misfit(*tried), listed(faults))]
    WrongPassword {
        /// The vault id that the text names.
        label: Option<String>,
        /// How many passwords were tried.
        tried: usize,
        /// Why passwords that should be there are not.
        faults: Vec<PasswordFault>,
    },
    /// The envelope is no envelope.
    #[error("its Ansible Vault text is damaged: {0}")]
    Damaged(&'static str),
    /// A cipher that Ansible does not have.
    #[error("its Ansible Vault text names the cipher `{0}`; expected `AES256`")]
    Cipher(String),
    /// A version that Ansible does not have.
    #[error("its Ansible Vault text names the format version `{0}`; expected `1.1` or `1.2`")]
    Version(String),
    /// What is inside is no text.
    #[error("what Ansible Vault encrypted is no UTF-8 text")]
    NotText,
}

impl VaultFault {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        let (en, ja) = match self {
            Self::NoPassword { .. } => (
                "give one with `--vault-password-file FILE` or `--ask-vault-pass`",
                "`--vault-password-file FILE` か `--ask-vault-pass` でパスワードを指定してください",
            ),
            Self::WrongPassword { .. } => (
                "`--vault-id LABEL@FILE` gives one more password",
                "`--vault-id LABEL@FILE` で別のパスワードを追加できます",
            ),
            Self::Damaged(_) | Self::Cipher(_) | Self::Version(_) => {
                ("encrypt it again with `ansible-vault`", "`ansible-vault` で暗号化し直してください")
            }
            Self::NotText => return None,
        };
        Some(Text::new(en, ja))
    }
}

fn of_label(label: Option<&str>) -> String {
    label.map(|label| format!(" (vault id `{label}`)")).unwrap_or_default()
}

fn misfit(tried: usize) -> String {
    if tried == 1 {
        "the vault password does not fit".to_owned()
    } else {
        format!("none of the {tried} vault passwords fits")
    }
}

fn listed(faults: &[PasswordFault]) -> String {
    faults.iter().fold(String::new(), |text, fault| text + "; " + &fault.to_string())
}

/// Why a vault password cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordFault {
    /// No such file.
    #[error("the vault password file `{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// A directory.
    #[error("the vault password file `{}` is a directory", .0.display())]
    Directory(PathBuf),
    /// The operating system refuses.
    #[error("the vault password file `{}` cannot be read: {message}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The refusal.
        message: String,
    },
    /// Nothing in it.
    #[error("the vault password file `{}` holds no password", .0.display())]
    Empty(PathBuf),
    /// A password file that is encrypted itself.
    #[error("the vault password file `{}` is encrypted itself, and no earlier password opens it", .0.display())]
    Encrypted(PathBuf),
    /// A script that is not run.
    #[error("the vault password script `{}` is not run: {why}", file.display())]
    Untrusted {
        /// The script.
        file: PathBuf,
        /// Why not.
        why: Untrusted,
    },
    /// A script that does not start.
    #[error("the vault password script `{}` does not start: {message}", file.display())]
    Start {
        /// The script.
        file: PathBuf,
        /// The refusal.
        message: String,
    },
    /// A script that ends in an error.
    #[error("the vault password script `{}` failed ({status})", file.display())]
    Failed {
        /// The script.
        file: PathBuf,
        /// How it ended.
        status: String,
    },
    /// A script that does not end.
    #[error("the vault password script `{}` did not answer within {seconds} s", file.display())]
    Timeout {
        /// The script.
        file: PathBuf,
        /// The most that it may take.
        seconds: u64,
    },
    /// The question went unanswered.
    #[error("the vault password for `{0}` was not given")]
    Unanswered(String),
}
