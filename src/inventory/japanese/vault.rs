//! What Ansible Vault encrypted and nobody can read. What is damaged in an envelope stays in English.

use crate::inventory::{PasswordFault, VaultFault};

pub(super) fn of(fault: &VaultFault) -> String {
    match fault {
        VaultFault::NoPassword { label, faults } => {
            format!(
                "Ansible Vault で暗号化されています{}。vault のパスワードがありません{}",
                of_label(label.as_ref()),
                listed(faults)
            )
        }
        VaultFault::WrongPassword { label, tried, faults } => format!(
            "Ansible Vault で暗号化されています{}。{tried} 個の vault パスワードのいずれも合いません{}",
            of_label(label.as_ref()),
            listed(faults)
        ),
        VaultFault::Damaged(what) => format!("Ansible Vault のテキストが壊れています（{what}）"),
        VaultFault::Cipher(name) => {
            format!("Ansible Vault のテキストの暗号方式が `{name}` です。`AES256` でなければなりません")
        }
        VaultFault::Version(version) => {
            format!("Ansible Vault のテキストの形式が `{version}` です。`1.1` か `1.2` でなければなりません")
        }
        VaultFault::NotText => "Ansible Vault で暗号化された内容が UTF-8 のテキストではありません".to_owned(),
    }
}

fn of_label(label: Option<&String>) -> String {
    label.map(|label| format!("（vault id `{label}`）")).unwrap_or_default()
}

fn listed(faults: &[PasswordFault]) -> String {
    faults.iter().fold(String::new(), |text, fault| text + "。" + &of_password(fault))
}

fn of_password(fault: &PasswordFault) -> String {
    match fault {
        PasswordFault::Missing(file) => format!("vault パスワードファイル `{}` がありません", file.display()),
        PasswordFault::Directory(file) => {
            format!("vault パスワードファイル `{}` がディレクトリです", file.display())
        }
        PasswordFault::Unreadable { file, message } => {
            format!("vault パスワードファイル `{}` を読み取れません（{message}）", file.display())
        }
        PasswordFault::Empty(file) => format!("vault パスワードファイル `{}` が空です", file.display()),
        PasswordFault::Encrypted(file) => format!(
            "vault パスワードファイル `{}` 自体が暗号化されていて、それまでのパスワードでは開けません",
            file.display()
        ),
        PasswordFault::Untrusted { file, why } => {
            format!("vault パスワードスクリプト `{}` を実行しません。{}", file.display(), why.text().ja)
        }
        PasswordFault::Start { file, message } => {
            format!("vault パスワードスクリプト `{}` を起動できません（{message}）", file.display())
        }
        PasswordFault::Failed { file, status } => {
            format!("vault パスワードスクリプト `{}` が失敗しました（{status}）", file.display())
        }
        PasswordFault::Timeout { file, seconds } => {
            format!("vault パスワードスクリプト `{}` が {seconds} 秒以内に応答しませんでした", file.display())
        }
        PasswordFault::Unanswered(id) => format!("`{id}` の vault パスワードが入力されませんでした"),
    }
}
