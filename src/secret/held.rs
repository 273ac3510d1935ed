//! A secret in somebody's hands.

use std::{fmt, ops::Deref};

use zeroize::{Zeroize, Zeroizing};

use super::HIDDEN;

/// A text or bytes that are secret: not shown by `Debug`, without a `Display`, and wiped when they are dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize = String>(Zeroizing<T>);

impl<T: Zeroize + Deref> Secret<T> {
    /// The secret itself, for who needs it now.
    pub fn expose(&self) -> &T::Target {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(Zeroizing::new(value))
    }
}

impl<T: Zeroize> From<Zeroizing<T>> for Secret<T> {
    fn from(value: Zeroizing<T>) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn it_is_itself_and_is_not_shown() {
        let secret = Secret::from("hunter22");
        assert_eq!((secret.expose(), &secret), ("hunter22", &secret.clone()));
        assert_eq!(
            format!("{:?} {:#?}", secret, Some(Secret::from(b"hunter22".to_vec()))),
            "[hidden] Some(\n    [hidden],\n)"
        );
    }
}
