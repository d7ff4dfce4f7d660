//! A line that was typed, cut into words: blanks divide them, quotes and backslashes keep them together, as in the shell.

/// The words of `line`; those after `#` at the beginning of a word are a remark.
///
/// # Errors
/// What is not closed.
pub(crate) fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '#' if word.is_none() => break,
            sign if sign.is_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(signs.next()),
            quote @ ('"' | '\'') => {
                let word = word.get_or_insert_default();
                loop {
                    match signs.next() {
                        Some(sign) if sign == quote => break,
                        Some('\\') if quote == '"' => word.extend(signs.next()),
                        Some(sign) => word.push(sign),
                        None => return Err(format!("{quote} is not closed")),
                    }
                }
            }
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    Ok(words)
}

/// `word` as it is typed, so that it is one word again.
pub(crate) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.contains(|sign: char| sign.is_whitespace() || "\"'\\#".contains(sign));
    // Between single quotes only a single quote means something.
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_as_in_the_shell() {
        let words = |line| split(line).unwrap_or_default().join("|");
        assert_eq!(words("  get  a\\ b 'c d' e\"f g\"h "), "get|a b|c d|ef gh");
        assert_eq!(words("put '' x#y # remark"), "put||x#y");
        assert_eq!(words(r#"a "q\"q" 'b\c'"#), r#"a|q"q|b\c"#);
        assert_eq!(split("a 'b"), Err("' is not closed".into()));
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_one_word(word in any::<String>()) {
            prop_assert_eq!(split(&quoted(&word)), Ok(vec![word]));
        }

        #[test]
        fn no_line_panics(line in any::<String>()) {
            let _ = split(&line);
        }
    }
}
