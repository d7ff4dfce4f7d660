//! The argument of LIST and NLST: RFC 959 4.1.3 knows a path alone, but clients put options of `ls` in front of it.

/// `[options] [path]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListArgument<'a> {
    /// `-a` or `-A`: names that begin with `.` too.
    pub hidden: bool,
    /// `-R`: the directories below as well.
    pub recursive: bool,
    /// `-l`: long lines, for NLST too. `-1` takes it back.
    pub long: bool,
    /// What to list; `None` for the working directory (RFC 1123 4.1.2.7).
    pub path: Option<&'a [u8]>,
}

impl<'a> ListArgument<'a> {
    /// Splits an argument. Letters without a meaning here are ignored, as every server does; what cannot be a group of
    /// letters is the path already. `--` ends the options, and `./-a` reaches a file that is called like one.
    ///
    /// ```text
    /// argument = *( option 1*SP ) [ path ]
    /// option   = "-" 1*( ALPHA / DIGIT )  /  "--" ; the latter is the last
    /// ```
    pub fn parse(argument: Option<&'a [u8]>) -> Self {
        let mut parsed = Self::default();
        let mut rest = argument.unwrap_or_default();
        while let Some(option) = rest.strip_prefix(b"-") {
            let end = memchr::memchr(b' ', option).unwrap_or(option.len());
            let (letters, after) = option.split_at(end);
            if letters == b"-" {
                rest = after.strip_prefix(b" ").unwrap_or(after);
                break;
            }
            if letters.is_empty() || !letters.iter().all(u8::is_ascii_alphanumeric) {
                break;
            }
            for letter in letters {
                match letter {
                    b'a' | b'A' => parsed.hidden = true,
                    b'R' => parsed.recursive = true,
                    b'l' => parsed.long = true,
                    b'1' => parsed.long = false,
                    _ => {}
                }
            }
            let spaces = after.iter().take_while(|&&byte| byte == b' ').count();
            rest = &after[spaces..];
        }
        parsed.path = Some(rest).filter(|path| !path.is_empty());
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(argument: &[u8]) -> ListArgument<'_> {
        ListArgument::parse(Some(argument))
    }

    #[test]
    fn without_options_the_argument_is_the_path() {
        assert_eq!(ListArgument::parse(None), ListArgument::default());
        for path in [&b"pub"[..], b"with space", b" leading", b"a -l", b"-", b"-x.txt", b"--help", b"./-a"] {
            assert_eq!(parse(path), ListArgument { path: Some(path), ..ListArgument::default() });
        }
    }

    #[test]
    fn options_are_taken_off() {
        let all = ListArgument { hidden: true, recursive: true, long: true, path: None };
        assert_eq!(parse(b"-aRl"), all);
        assert_eq!(parse(b"-la  -R "), all);
        assert_eq!(parse(b"-AlRFtr pub dir"), ListArgument { path: Some(b"pub dir"), ..all });
        assert_eq!(parse(b"-aRl1"), ListArgument { long: false, ..all });
    }

    #[test]
    fn a_double_dash_ends_them() {
        let hidden = ListArgument { hidden: true, ..ListArgument::default() };
        assert_eq!(parse(b"-a -- -R"), ListArgument { path: Some(b"-R"), ..hidden });
        assert_eq!(parse(b"-a --  x"), ListArgument { path: Some(b" x"), ..hidden });
        assert_eq!(parse(b"--"), ListArgument::default());
    }

    proptest! {
        #[test]
        fn every_path_can_be_reached(path in proptest::collection::vec(any::<u8>(), 1..20), options in "(-[a-zA-Z0-9]{1,4} {1,2}){0,3}-- ") {
            let mut argument = options.into_bytes();
            argument.extend_from_slice(&path);
            prop_assert_eq!(parse(&argument).path, Some(&path[..]));
        }
    }
}
