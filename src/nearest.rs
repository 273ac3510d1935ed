//! "Did you mean": the known name that is closest to a mistyped one.

/// The candidate that a person most likely meant by `name`; absent where none is close.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *candidate != name)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let known = ["remedy", "register", "needs"];
        assert_eq!(nearest("remdey", known), Some("remedy"));
        assert_eq!(nearest("need", known), Some("needs"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn of_two_equally_near_words_the_choice_is_stable() {
        assert_eq!(nearest("hot", ["hut", "hat"]), Some("hat"));
    }
}
