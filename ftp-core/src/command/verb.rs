//! [`Verb`]: the commands by name, and the registry: one row for each, with all that is known of it before its argument is
//! read. HELP, FEAT, the rule what may come when, and the documents are made from these rows; the replies to each stand in
//! [`reply::table`](crate::reply::table), what an argument means in the grammar.

use super::states::{State, States};
use crate::permission::Permissions;

/// What is known of a command.
#[derive(Debug)]
pub struct Row {
    /// The command.
    pub verb: Verb,
    /// Its name in capitals, then its synonyms (RFC 775).
    pub names: &'static [&'static str],
    /// Name and argument as HELP shows them, in the notation of RFC 959 5.3.1: `RETR <sp> pathname`.
    pub syntax: &'static str,
    /// Where it is defined: RFC and section, or "practice" where servers agree and no text says so.
    pub source: &'static str,
    /// In which states it may come. In others it is answered 530 or 503; while a transfer runs, it waits.
    pub states: States,
    /// What has to be sent before it, for the text of 503.
    pub follows: Option<&'static str>,
    /// The rights an account needs, whatever the argument; what it needs beside them depends on what is there.
    pub needs: Permissions,
    /// Its line in FEAT. That of MLST, and of others with a choice, goes on with what is chosen.
    pub feature: Option<&'static str>,
    /// It is carried out here, and not only known.
    pub served: bool,
}

/// One line per verb: variant, name, synonyms, syntax, source, states; then, where there is something to say, what comes
/// before it, the rights it needs, and its line in FEAT.
macro_rules! verbs {
    ($(
        $verb:ident: $name:ident $(| $synonym:ident)* $syntax:literal, $source:literal, $states:ident
        $(, follows $follows:literal)? $(, needs $($right:ident)+)? $(, feat $feature:literal)?;
    )*) => {
        /// A command's name in its canonical form; a synonym (`XCWD`) is read as the command it stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is named as the protocol names it")]
        pub enum Verb {
            $($verb,)*
        }

        /// Each name as one number, for a match that compares numbers only.
        mod key {
            $(pub(super) const $name: u64 = super::key(stringify!($name).as_bytes());
            $(pub(super) const $synonym: u64 = super::key(stringify!($synonym).as_bytes());)*)*
        }

        impl Verb {
            /// Every verb, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$verb,)*];

            /// Its name in capitals.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$verb => stringify!($name),)*
                }
            }

            /// The verb that these letters name, in any case, synonyms included.
            pub const fn from_name(name: &[u8]) -> Option<Self> {
                match key(name) {
                    $(key::$name $(| key::$synonym)* => Some(Self::$verb),)*
                    _ => None,
                }
            }
        }

        static REGISTRY: [Row; Verb::ALL.len()] = [$(
            Row {
                verb: Verb::$verb,
                names: &[stringify!($name) $(, stringify!($synonym))*],
                syntax: $syntax,
                source: $source,
                states: $states,
                follows: either([$($follows)?]),
                needs: Permissions::NONE$($(.and(Permissions::$right))+)?,
                feature: either([$($feature)?]),
                served: !is_only_known(Verb::$verb),
            },
        )*];
    };
}

const BEFORE: States = States::BEFORE;
const AFTER: States = States::AFTER;
const ALWAYS: States = States::ALWAYS;
/// ADAT, MIC, CONF and ENC: TLS (RFC 4217), the only mechanism here, has no use for them.
const NEVER: States = States::of(&[]);
/// PASS.
const NAMED: States = States::of(&[State::Named, State::AccountWanted]);
/// ACCT; from a user it is superfluous (202).
const ACCOUNT: States = States::of(&[State::AccountWanted]).and(AFTER);
/// RNTO.
const RENAMING: States = States::of(&[State::Renaming]);
/// ABOR, and STAT, which a stranger has no use for.
const ALWAYS_AND_IN_TRANSFER: States = ALWAYS.and(States::TRANSFERRING);
const AFTER_AND_IN_TRANSFER: States = AFTER.and(States::TRANSFERRING);

/// The commands that are known so that each gets the answer of its RFC, and that no setting makes work.
const fn is_only_known(verb: Verb) -> bool {
    use Verb as V;
    matches!(verb, V::Adat | V::Mic | V::Conf | V::Enc)
}

/// The text that a row has, if it has one.
const fn either<const N: usize>(text: [&'static str; N]) -> Option<&'static str> {
    match text.as_slice() {
        [text] => Some(*text),
        _ => None,
    }
}

verbs! {
    User: USER "USER <sp> username", "RFC 959 4.1.1", ALWAYS;
    Pass: PASS "PASS <sp> password", "RFC 959 4.1.1", NAMED, follows "USER";
    Acct: ACCT "ACCT <sp> account", "RFC 959 4.1.1", ACCOUNT, follows "USER and PASS";
    Cwd: CWD | XCWD "CWD <sp> pathname", "RFC 959 4.1.1", AFTER;
    Cdup: CDUP | XCUP "CDUP", "RFC 959 4.1.1", AFTER;
    Smnt: SMNT "SMNT <sp> pathname", "RFC 959 4.1.1", AFTER;
    Rein: REIN "REIN", "RFC 959 4.1.1", ALWAYS;
    Quit: QUIT "QUIT", "RFC 959 4.1.1", ALWAYS;
    Port: PORT "PORT <sp> h1,h2,h3,h4,p1,p2", "RFC 959 4.1.2", AFTER;
    Pasv: PASV "PASV", "RFC 959 4.1.2", AFTER;
    Type: TYPE "TYPE <sp> A|E [<sp> N|T|C] | I | L <sp> byte-size", "RFC 959 4.1.2", AFTER;
    Stru: STRU "STRU <sp> F|R|P", "RFC 959 4.1.2", AFTER;
    Mode: MODE "MODE <sp> S|B|C|Z", "RFC 959 4.1.2", AFTER, feat "MODE Z";
    Retr: RETR "RETR <sp> pathname", "RFC 959 4.1.3", AFTER, needs READ;
    Stor: STOR "STOR <sp> pathname", "RFC 959 4.1.3", AFTER, needs CREATE;
    Stou: STOU "STOU [<sp> pathname]", "RFC 959 4.1.3", AFTER, needs CREATE;
    Appe: APPE "APPE <sp> pathname", "RFC 959 4.1.3", AFTER, needs APPEND;
    Allo: ALLO "ALLO <sp> bytes [<sp> R <sp> record-size]", "RFC 959 4.1.3", AFTER, needs CREATE;
    Rest: REST "REST <sp> marker", "RFC 3659 5", AFTER, feat "REST STREAM";
    Rnfr: RNFR "RNFR <sp> pathname", "RFC 959 4.1.3", AFTER, needs RENAME;
    Rnto: RNTO "RNTO <sp> pathname", "RFC 959 4.1.3", RENAMING, follows "RNFR", needs RENAME;
    Abor: ABOR "ABOR", "RFC 959 4.1.3", ALWAYS_AND_IN_TRANSFER;
    Dele: DELE "DELE <sp> pathname", "RFC 959 4.1.3", AFTER, needs DELETE;
    Rmd: RMD | XRMD "RMD <sp> pathname", "RFC 959 4.1.3", AFTER, needs REMOVE_DIR;
    Mkd: MKD | XMKD "MKD <sp> pathname", "RFC 959 4.1.3", AFTER, needs MAKE_DIR;
    Pwd: PWD | XPWD "PWD", "RFC 959 4.1.3", AFTER;
    List: LIST "LIST [<sp> pathname]", "RFC 959 4.1.3", AFTER, needs LIST;
    Nlst: NLST "NLST [<sp> pathname]", "RFC 959 4.1.3", AFTER, needs LIST;
    Site: SITE "SITE <sp> command [<sp> argument]", "RFC 959 4.1.3", AFTER;
    Syst: SYST "SYST", "RFC 959 4.1.3", ALWAYS;
    Stat: STAT "STAT [<sp> pathname]", "RFC 959 4.1.3", AFTER_AND_IN_TRANSFER;
    Help: HELP "HELP [<sp> command]", "RFC 959 4.1.3", ALWAYS;
    Noop: NOOP "NOOP", "RFC 959 4.1.3", ALWAYS;
    Auth: AUTH "AUTH <sp> TLS", "RFC 4217 4", ALWAYS, feat "AUTH TLS";
    Adat: ADAT "ADAT <sp> base64data", "RFC 2228 3", NEVER;
    Prot: PROT "PROT <sp> C|S|E|P", "RFC 4217 9", ALWAYS, feat "PROT";
    Pbsz: PBSZ "PBSZ <sp> size", "RFC 4217 9", ALWAYS, feat "PBSZ";
    Ccc: CCC "CCC", "RFC 4217 5", ALWAYS;
    Mic: MIC "MIC <sp> base64data", "RFC 2228 3", NEVER;
    Conf: CONF "CONF <sp> base64data", "RFC 2228 3", NEVER;
    Enc: ENC "ENC <sp> base64data", "RFC 2228 3", NEVER;
    Feat: FEAT "FEAT", "RFC 2389 3", ALWAYS;
    Opts: OPTS "OPTS <sp> command [<sp> options]", "RFC 2389 4", ALWAYS;
    Eprt: EPRT "EPRT <sp> |protocol|address|port|", "RFC 2428 2", AFTER, feat "EPRT";
    Epsv: EPSV "EPSV [<sp> 1|2|ALL]", "RFC 2428 3", AFTER, feat "EPSV";
    Lang: LANG "LANG [<sp> language-tag]", "RFC 2640 4", ALWAYS, feat "LANG";
    Mdtm: MDTM "MDTM [<sp> time] <sp> pathname", "RFC 3659 3", AFTER, needs LIST, feat "MDTM";
    Size: SIZE "SIZE <sp> pathname", "RFC 3659 4", AFTER, needs LIST, feat "SIZE";
    Mlst: MLST "MLST [<sp> pathname]", "RFC 3659 7", AFTER, needs LIST, feat "MLST";
    Mlsd: MLSD "MLSD [<sp> pathname]", "RFC 3659 7", AFTER, needs LIST;
    Host: HOST "HOST <sp> hostname", "RFC 7151 3", BEFORE, feat "HOST";
    Lprt: LPRT "LPRT <sp> family,length,address,length,port", "RFC 1639", AFTER;
    Lpsv: LPSV "LPSV", "RFC 1639", AFTER;
    Mfmt: MFMT "MFMT <sp> time <sp> pathname", "draft-somers-ftp-mfxx 3", AFTER, needs MODIFY, feat "MFMT";
    Mfct: MFCT "MFCT <sp> time <sp> pathname", "draft-somers-ftp-mfxx 4", AFTER, needs MODIFY;
    Mff: MFF "MFF <sp> facts <sp> pathname", "draft-somers-ftp-mfxx 5", AFTER, needs MODIFY, feat "MFF Modify;UNIX.mode;";
    Hash: HASH "HASH <sp> pathname", "draft-ietf-ftpext2-hash", AFTER, needs READ, feat "HASH";
    Rang: RANG "RANG <sp> start <sp> end", "draft-bryan-ftp-range", AFTER, feat "RANG STREAM";
    Avbl: AVBL "AVBL [<sp> pathname]", "practice", AFTER, needs LIST, feat "AVBL";
    Comb: COMB "COMB <sp> target <sp> sources", "practice", AFTER, needs READ APPEND DELETE, feat "COMB";
    Clnt: CLNT "CLNT <sp> name", "practice", ALWAYS, feat "CLNT";
    Csid: CSID "CSID <sp> facts", "practice", ALWAYS, feat "CSID";
    Xcrc: XCRC "XCRC <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XCRC";
    Xmd5: XMD5 "XMD5 <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XMD5";
    Xsha: XSHA "XSHA <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XSHA";
    Xsha1: XSHA1 "XSHA1 <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XSHA1";
    Xsha256: XSHA256 "XSHA256 <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XSHA256";
    Xsha512: XSHA512 "XSHA512 <sp> pathname [<sp> start <sp> end]", "practice", AFTER, needs READ, feat "XSHA512";
    Md5: MD5 "MD5 <sp> pathname", "practice", AFTER, needs READ, feat "MD5";
    Pret: PRET "PRET <sp> command [<sp> argument]", "practice", AFTER, feat "PRET";
}

impl Verb {
    /// What is known of it.
    pub fn row(self) -> &'static Row {
        &REGISTRY[self as usize]
    }
}

/// Up to seven letters in capitals and their number, in eight bytes; 0 for anything longer, which is no verb.
const fn key(name: &[u8]) -> u64 {
    if name.len() > 7 {
        return 0;
    }
    let mut number = name.len() as u64;
    let mut rest = name;
    while let [letter, after @ ..] = rest {
        number = number << 8 | letter.to_ascii_uppercase() as u64;
        rest = after;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_in_any_case() {
        for &verb in Verb::ALL {
            assert_eq!(Verb::from_name(verb.name().as_bytes()), Some(verb));
            assert_eq!(Verb::from_name(verb.name().to_ascii_lowercase().as_bytes()), Some(verb));
            let (name, argument) = verb.row().syntax.split_at(verb.name().len());
            assert_eq!(name, verb.name());
            assert!(argument.is_empty() || argument.starts_with(' '), "{argument}");
        }
        assert_eq!(Verb::from_name(b"rEtR"), Some(Verb::Retr));
    }

    #[test]
    fn synonyms_of_rfc_775_are_read_as_what_they_stand_for() {
        let synonyms: [(&[u8], Verb); 5] = [
            (b"XMKD", Verb::Mkd),
            (b"XRMD", Verb::Rmd),
            (b"xpwd", Verb::Pwd),
            (b"XCUP", Verb::Cdup),
            (b"Xcwd", Verb::Cwd),
        ];
        for (name, verb) in synonyms {
            assert_eq!(Verb::from_name(name), Some(verb));
        }
    }

    #[test]
    fn anything_else_is_unknown() {
        for name in
            [&b""[..], b"NOO", b"NOOPE", b"NOOP\0", b"\0NOOP", b"XSHA256X", b"XSHA2561", b"\xCE\xCF\xCF\xD0", b"NOOP "]
        {
            assert_eq!(Verb::from_name(name), None, "{}", name.escape_ascii());
        }
    }
}
