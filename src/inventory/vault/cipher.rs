//! AES-256 in counter mode with keys derived from a password, authenticated by HMAC-SHA256.

use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{VaultFault, envelope::Envelope};

/// How often the password is hashed; Ansible's own number.
const ROUNDS: u32 = 10_000;
const KEY: usize = 32;
const BLOCK: usize = 16;

/// What is encrypted; nothing where the password is another one.
pub(super) fn decrypt(envelope: &Envelope, password: &[u8]) -> Result<Option<Vec<u8>>, VaultFault> {
    let keys = derive(password, &envelope.salt);
    let (cipher_key, rest) = keys.split_at(KEY);
    let (tag_key, counter) = rest.split_at(KEY);
    let too_short = |_| VaultFault::Damaged("its keys have a wrong length");
    let mut mac = Hmac::<Sha256>::new_from_slice(tag_key).map_err(|_| VaultFault::Damaged("its key is no key"))?;
    mac.update(&envelope.ciphertext);
    // Compares in constant time.
    if mac.verify_slice(&envelope.tag).is_err() {
        return Ok(None);
    }
    let mut text = envelope.ciphertext.clone();
    Ctr128BE::<Aes256>::new_from_slices(cipher_key, counter).map_err(too_short)?.apply_keystream(&mut text);
    unpad(&mut text)?;
    Ok(Some(text))
}

fn derive(password: &[u8], salt: &[u8]) -> Zeroizing<[u8; 2 * KEY + BLOCK]> {
    Zeroizing::new(pbkdf2::pbkdf2_hmac_array::<Sha256, { 2 * KEY + BLOCK }>(password, salt, ROUNDS))
}

/// Takes off the padding, which says its own length in every byte.
fn unpad(text: &mut Vec<u8>) -> Result<(), VaultFault> {
    let wrong = VaultFault::Damaged("its padding is none");
    let Some(length) = text.last().map(|byte| usize::from(*byte)) else { return Err(wrong) };
    let keep = text.len().checked_sub(length).filter(|_| (1..=BLOCK).contains(&length)).ok_or(wrong.clone())?;
    if text[keep..].iter().any(|byte| usize::from(*byte) != length) {
        return Err(wrong);
    }
    text.truncate(keep);
    Ok(())
}

/// What `ansible-vault` would write for `text`, for tests.
#[cfg(test)]
pub(super) fn encrypt(text: &[u8], password: &[u8], salt: &[u8], label: Option<&str>) -> String {
    use std::fmt::Write as _;
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    let keys = derive(password, salt);
    let padding = BLOCK - text.len() % BLOCK;
    let mut ciphertext = text.to_vec();
    ciphertext.extend(std::iter::repeat_n(u8::try_from(padding).expect("a block is small"), padding));
    let mut cipher = Ctr128BE::<Aes256>::new_from_slices(&keys[..KEY], &keys[2 * KEY..]).expect("keys");
    cipher.apply_keystream(&mut ciphertext);
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys[KEY..2 * KEY]).expect("a key");
    mac.update(&ciphertext);
    let inner = [hex(salt), hex(&mac.finalize().into_bytes()), hex(&ciphertext)].join("\n");
    let digits = hex(inner.as_bytes());
    let header =
        label.map_or("$ANSIBLE_VAULT;1.1;AES256".to_owned(), |label| format!("$ANSIBLE_VAULT;1.2;AES256;{label}"));
    let lines: Vec<&str> =
        digits.as_bytes().chunks(80).map(|line| std::str::from_utf8(line).expect("digits")).collect();
    format!("{header}\n{}\n", lines.join("\n"))
}
