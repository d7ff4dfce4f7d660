//! The table of commands: every name that can be typed, what it takes, what it does, and what does it. Help, completion and both
//! faces of the program read it.

use super::{Shell, connection, files, here, look, moving, settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::tone::{Styled, Tone};

/// A command.
pub(crate) struct Command {
    /// Its name.
    pub(crate) name: &'static str,
    /// What other systems call it.
    pub(crate) aliases: &'static [&'static str],
    /// What it takes.
    pub(crate) arguments: &'static [Argument],
    /// What it does, in a sentence.
    pub(crate) help: &'static str,
    /// What does it.
    pub(crate) run: fn(&mut Shell, &[String]) -> Result<(), Failure>,
}

/// What a command takes at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A path on the server.
    Remote,
    /// A path here.
    Local,
    /// A word of this kind.
    Word(&'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// The one before, if at all.
    Optional(&'static Argument),
    /// Any number of these, at least one.
    Many(&'static Argument),
    /// Options of one letter each; they stand first in the table and anywhere in the line.
    Options(&'static str),
    /// Options of one word each; they stand there too.
    Flags(&'static [&'static str]),
}

use Argument::{Flags, Local, Many, Optional, Options, Remote, Word, Words};

/// The options of `ls` that people have in their fingers: details, by time, by size, the other way round; everything is shown anyway.
pub(super) const LISTING: Argument = Options("ltSraAh1");

/// Every command, in the order of the help.
pub(crate) const TABLE: &[Command] = &[
    Command {
        name: "open",
        aliases: &["connect"],
        arguments: &[Optional(&Word("URL"))],
        help: "connect to a server; without a URL, once more to the last",
        run: connection::open,
    },
    Command {
        name: "close",
        aliases: &["disconnect"],
        arguments: &[],
        help: "end the connection",
        run: connection::close,
    },
    Command {
        name: "user",
        aliases: &["login"],
        arguments: &[Word("NAME")],
        help: "log in as somebody else",
        run: connection::user,
    },
    Command { name: "quit", aliases: &["bye", "exit"], arguments: &[], help: "end the program", run: connection::quit },
    Command {
        name: "ls",
        aliases: &["list"],
        arguments: &[LISTING, Optional(&Remote)],
        help: "list a directory; -l with sizes and times, -t by time, -S by size, -r the other way round",
        run: look::ls,
    },
    Command {
        name: "dir",
        aliases: &["ll"],
        arguments: &[LISTING, Optional(&Remote)],
        help: "list a directory with sizes and times, as ls -l does",
        run: look::dir,
    },
    Command {
        name: "nlst",
        aliases: &[],
        arguments: &[Optional(&Remote)],
        help: "list names as the server gives them (NLST)",
        run: look::nlst,
    },
    Command {
        name: "stat",
        aliases: &["info"],
        arguments: &[Remote],
        help: "show what the server tells of a file",
        run: look::stat,
    },
    Command { name: "size", aliases: &[], arguments: &[Remote], help: "show the size of a file", run: look::size },
    Command {
        name: "modtime",
        aliases: &["mdtm"],
        arguments: &[Remote],
        help: "show the time of a file's last change",
        run: look::modtime,
    },
    Command {
        name: "hash",
        aliases: &["checksum"],
        arguments: &[Remote],
        help: "show the digest of a file, made by the server",
        run: look::hash,
    },
    Command {
        name: "du",
        aliases: &[],
        arguments: &[Optional(&Remote)],
        help: "sum up what is in a directory",
        run: look::du,
    },
    Command { name: "cat", aliases: &[], arguments: &[Remote], help: "show a file", run: look::cat },
    Command {
        name: "less",
        aliases: &["more", "page"],
        arguments: &[Remote],
        help: "read a file page by page",
        run: look::less,
    },
    Command {
        name: "edit",
        aliases: &["vi"],
        arguments: &[Remote],
        help: "edit a file here, and put it back if it was changed",
        run: look::edit,
    },
    Command {
        name: "cd",
        aliases: &["chdir"],
        arguments: &[Optional(&Remote)],
        help: "go to a directory; without one, to where the login led",
        run: files::cd,
    },
    Command { name: "cdup", aliases: &["cd.."], arguments: &[], help: "go to the directory above", run: files::cdup },
    Command { name: "pwd", aliases: &[], arguments: &[], help: "show where one is", run: files::pwd },
    Command {
        name: "mkdir",
        aliases: &["md"],
        arguments: &[Many(&Remote)],
        help: "make directories",
        run: files::mkdir,
    },
    Command {
        name: "rmdir",
        aliases: &["rd"],
        arguments: &[Many(&Remote)],
        help: "remove empty directories",
        run: files::rmdir,
    },
    Command {
        name: "delete",
        aliases: &["rm", "del", "erase"],
        arguments: &[Many(&Remote)],
        help: "remove files",
        run: files::delete,
    },
    Command {
        name: "rename",
        aliases: &["mv", "move", "ren"],
        arguments: &[Remote, Remote],
        help: "give a file another name",
        run: files::rename,
    },
    Command {
        name: "chmod",
        aliases: &[],
        arguments: &[Word("MODE"), Many(&Remote)],
        help: "set permission bits, in octal",
        run: files::chmod,
    },
    Command {
        name: "get",
        aliases: &["recv"],
        arguments: &[Remote, Optional(&Local)],
        help: "fetch a file",
        run: moving::get,
    },
    Command {
        name: "mget",
        aliases: &[],
        arguments: &[Many(&Remote)],
        help: "fetch files and directories, patterns too",
        run: moving::mget,
    },
    Command {
        name: "reget",
        aliases: &[],
        arguments: &[Remote, Optional(&Local)],
        help: "fetch a file, going on with what is here",
        run: moving::reget,
    },
    Command {
        name: "put",
        aliases: &["send", "copy"],
        arguments: &[Local, Optional(&Remote)],
        help: "store a file",
        run: moving::put,
    },
    Command {
        name: "mput",
        aliases: &[],
        arguments: &[Many(&Local)],
        help: "store files and directories, patterns too",
        run: moving::mput,
    },
    Command {
        name: "reput",
        aliases: &[],
        arguments: &[Local, Optional(&Remote)],
        help: "store a file, going on with what is there",
        run: moving::reput,
    },
    Command {
        name: "append",
        aliases: &[],
        arguments: &[Local, Optional(&Remote)],
        help: "add a file to the end of one on the server",
        run: moving::append,
    },
    Command {
        name: "mirror",
        aliases: &["sync"],
        arguments: &[Flags(&["--delete", "--newer", "--dry-run"]), Word("SRC"), Word("DST")],
        help: "make one directory what another is; the server's is written as a URL or with : before it",
        run: moving::mirror,
    },
    Command {
        name: "conflict",
        aliases: &[],
        arguments: &[Optional(&Words(&["ask", "skip", "overwrite", "newer", "resume", "rename", "fail"]))],
        help: "what to do with files that are there: ask, skip, overwrite, newer, resume, rename, fail",
        run: settings::conflict,
    },
    Command {
        name: "limit",
        aliases: &[],
        arguments: &[Optional(&Word("RATE"))],
        help: "move at most so many bytes a second in each of the commands that follow; without one, as fast as it goes",
        run: settings::limit,
    },
    Command {
        name: "segments",
        aliases: &[],
        arguments: &[Optional(&Word("N"))],
        help: "fetch large files in so many segments at once in the commands that follow; without a number, in one piece",
        run: settings::segments,
    },
    Command {
        name: "binary",
        aliases: &["image"],
        arguments: &[],
        help: "move files as they are",
        run: settings::binary,
    },
    Command {
        name: "ascii",
        aliases: &["text"],
        arguments: &[],
        help: "move files as text, with this machine's line ends",
        run: settings::ascii,
    },
    Command {
        name: "type",
        aliases: &[],
        arguments: &[Optional(&Words(&["ascii", "binary", "ebcdic"]))],
        help: "how files are moved; with the name of a file, show it",
        run: settings::kind,
    },
    Command {
        name: "mode",
        aliases: &[],
        arguments: &[Optional(&Words(&["stream", "block", "compressed", "deflate"]))],
        help: "in which mode files are moved (RFC 959 3.4)",
        run: settings::mode,
    },
    Command {
        name: "struct",
        aliases: &["structure"],
        arguments: &[Optional(&Words(&["file", "record", "page"]))],
        help: "in which structure files are moved (RFC 959 3.1.2)",
        run: settings::structure,
    },
    Command {
        name: "passive",
        aliases: &[],
        arguments: &[Optional(&Words(&["on", "off"]))],
        help: "who makes the data connections: we do (on) or the server does",
        run: settings::passive,
    },
    Command {
        name: "debug",
        aliases: &["verbose"],
        arguments: &[Optional(&Words(&["off", "1", "2"]))],
        help: "show the conversation; 2: with the time of each line",
        run: settings::debug,
    },
    Command {
        name: "quote",
        aliases: &["raw", "literal"],
        arguments: &[Many(&Word("WORD"))],
        help: "send a command of the protocol as it is",
        run: connection::quote,
    },
    Command {
        name: "site",
        aliases: &[],
        arguments: &[Many(&Word("WORD"))],
        help: "send a SITE command",
        run: connection::site,
    },
    Command {
        name: "feat",
        aliases: &["features"],
        arguments: &[],
        help: "show what the server says it can do",
        run: connection::feat,
    },
    Command {
        name: "system",
        aliases: &["syst"],
        arguments: &[],
        help: "show what kind of system the server says it is",
        run: connection::system,
    },
    Command {
        name: "status",
        aliases: &[],
        arguments: &[],
        help: "show how things are done here, and what the server says of itself",
        run: connection::status,
    },
    Command {
        name: "lcd",
        aliases: &[],
        arguments: &[Optional(&Local)],
        help: "go to a directory here",
        run: here::lcd,
    },
    Command { name: "lpwd", aliases: &[], arguments: &[], help: "show where one is here", run: here::lpwd },
    Command {
        name: "lls",
        aliases: &["ldir"],
        arguments: &[Optional(&Local)],
        help: "list a directory here",
        run: here::lls,
    },
    Command {
        name: "lmkdir",
        aliases: &[],
        arguments: &[Many(&Local)],
        help: "make directories here",
        run: here::lmkdir,
    },
    Command { name: "lcat", aliases: &[], arguments: &[Local], help: "show a file that is here", run: here::lcat },
    Command {
        name: "help",
        aliases: &["?"],
        arguments: &[Optional(&Word("COMMAND"))],
        help: "show the commands, or what one does",
        run: help,
    },
];

/// The command of this name, or the only one whose name begins so.
///
/// # Errors
/// [`Failure`], if there is none, or several.
pub(crate) fn find(name: &str) -> Result<&'static Command, Failure> {
    let name = name.to_lowercase();
    if let Some(command) = TABLE.iter().find(|command| command.names().any(|other| other == name)) {
        return Ok(command);
    }
    let what = format!("cannot do `{name}`");
    let mut fits = TABLE.iter().filter(|command| command.name.starts_with(&name));
    match (fits.next(), fits.next()) {
        (Some(only), None) => Ok(only),
        (Some(one), Some(other)) => {
            Err(Failure::new(Exit::Usage, what, format!("it could be {} or {}", one.name, other.name)))
        }
        _ => Err(Failure::new(Exit::Usage, what, "there is no such command").with_remedy("help shows the commands")),
    }
}

impl Command {
    /// All that it can be called.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// What it does, and what else it can be called.
    pub(crate) fn help_with_names(&self) -> String {
        let also = self.aliases.join(", ");
        if also.is_empty() { self.help.to_owned() } else { format!("{} (also {also})", self.help) }
    }

    /// How it is typed.
    pub(crate) fn usage(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| argument.shown());
        std::iter::once(self.name.to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
    }

    /// Can it be given these arguments?
    pub(crate) fn takes(&self, words: &[String]) -> bool {
        let count = words.iter().filter(|word| !self.is_option(word)).count();
        let arguments = self.besides_options();
        let least = arguments.iter().filter(|argument| !matches!(argument, Optional(_))).count();
        let endless = arguments.iter().any(|argument| matches!(argument, Many(_)));
        count >= least && (endless || count <= arguments.len())
    }

    /// Is this one of its options, or several in one?
    pub(crate) fn is_option(&self, word: &str) -> bool {
        self.arguments.first().is_some_and(|argument| argument.is_option(word))
    }

    fn besides_options(&self) -> &'static [Argument] {
        match self.arguments.split_first() {
            Some((Options(_) | Flags(_), arguments)) => arguments,
            _ => self.arguments,
        }
    }

    /// What stands at this place of its arguments.
    pub(crate) fn argument(&self, at: usize) -> Option<Argument> {
        let arguments = self.besides_options();
        let argument = arguments.get(at).or_else(|| arguments.last().filter(|last| matches!(last, Many(_))))?;
        Some(match argument {
            Optional(inner) | Many(inner) => **inner,
            plain => *plain,
        })
    }
}

impl Argument {
    /// Is the word one of these options?
    pub(super) fn is_option(self, word: &str) -> bool {
        match (self, word.strip_prefix('-')) {
            (Options(known), Some(letters)) => {
                !letters.is_empty() && letters.chars().all(|letter| known.contains(letter))
            }
            (Flags(known), _) => known.contains(&word),
            _ => false,
        }
    }

    fn shown(self) -> String {
        match self {
            Remote => "REMOTE".into(),
            Local => "LOCAL".into(),
            Word(kind) => kind.into(),
            Words(words) if words.len() > 4 => "WHAT".into(),
            Words(words) => words.join("|"),
            Optional(inner) => format!("[{}]", inner.shown()),
            Many(inner) => format!("{}...", inner.shown()),
            Options(_) => "[-ltSr]".into(),
            Flags(words) => words.iter().map(|word| format!("[{word}]")).collect::<Vec<_>>().join(" "),
        }
    }
}

fn help(shell: &mut Shell, arguments: &[String]) -> Result<(), Failure> {
    let Some(name) = arguments.first() else {
        let width = TABLE.iter().map(|command| command.usage().len()).max().unwrap_or(0);
        for command in TABLE {
            shell.line(
                Styled::from(format!("{:width$}  ", command.usage())).and(Tone::Faint, command.help_with_names()),
            );
        }
        shell.line("!COMMAND runs a command of this machine's shell, ! the shell itself");
        return Ok(());
    };
    let command = find(name)?;
    shell.line(format!("{}: {}", command.usage(), command.help));
    if !command.aliases.is_empty() {
        shell.line(format!("also: {}", command.aliases.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_name_stands_for_two_commands() {
        let names: Vec<_> = TABLE.iter().flat_map(Command::names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn a_beginning_is_enough_where_it_is_clear() {
        assert_eq!(find("mir").map(|command| command.name).ok(), Some("mirror"));
        assert_eq!(find("DEL").map(|command| command.name).ok(), Some("delete"));
        assert!(find("m").is_err() && find("nothing").is_err());
    }

    #[test]
    fn arguments_are_counted() {
        let takes = |name: &str, count| find(name).is_ok_and(|command| command.takes(&vec!["a".to_owned(); count]));
        assert!(takes("get", 1) && takes("get", 2) && !takes("get", 0) && !takes("get", 3));
        assert!(takes("mget", 9) && !takes("mget", 0) && takes("pwd", 0) && !takes("pwd", 1));
        let words = ["-la", "pub"].map(str::to_owned);
        assert!(find("ls").is_ok_and(|command| command.takes(&words) && command.argument(0) == Some(Remote)));
        assert!(find("cd").is_ok_and(|command| !command.takes(&words)));
        assert_eq!(find("chmod").ok().and_then(|command| command.argument(7)), Some(Remote));
    }
}
