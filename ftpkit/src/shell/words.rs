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

/// The word at the end of a line that is being typed, whose quotes need not be closed yet: where it begins, and what it is so far.
pub(crate) fn last(line: &str) -> (usize, String) {
    let (mut start, mut word) = (0, String::new());
    let mut quote = None;
    let mut signs = line.char_indices();
    while let Some((at, sign)) = signs.next() {
        match (sign, quote) {
            ('\\', None | Some('"')) => word.extend(signs.next().map(|(_, sign)| sign)),
            ('"' | '\'', None) => quote = Some(sign),
            (sign, Some(open)) if sign == open => quote = None,
            (sign, None) if sign.is_whitespace() => {
                start = at + sign.len_utf8();
                word.clear();
            }
            (sign, _) => word.push(sign),
        }
    }
    (start, word)
}

/// `word` as it is typed, so that it is one word again.
pub(crate) fn quoted(word: &str) -> String {
    if word.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::with_capacity(word.len());
    for (at, sign) in word.chars().enumerate() {
        if sign.is_whitespace() || "\"'\\".contains(sign) || at == 0 && "#!".contains(sign) {
            out.push('\\');
        }
        out.push(sign);
    }
    out
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
            prop_assert_eq!(split(&quoted(&word)), Ok(vec![word.clone()]));
            let line = format!("get {}", quoted(&word));
            prop_assert_eq!(last(&line), (4, word));
        }

        #[test]
        fn no_line_panics(line in any::<String>()) {
            let _ = split(&line);
        }
    }
}
