//! [`Verb`]: the commands by name, those that are only known included. Name, synonyms and syntax stand in one table; what
//! an argument means stands in the grammar.

/// One line per verb: variant, name, synonyms, syntax as HELP shows it.
macro_rules! verbs {
    ($($verb:ident: $name:ident $(| $synonym:ident)* $syntax:literal,)*) => {
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

            /// Name and argument as HELP shows them, in the notation of RFC 959 5.3.1: `RETR <sp> pathname`.
            pub const fn syntax(self) -> &'static str {
                match self {
                    $(Self::$verb => $syntax,)*
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
    };
}

verbs! {
    User: USER "USER <sp> username",
    Pass: PASS "PASS <sp> password",
    Acct: ACCT "ACCT <sp> account",
    Cwd: CWD | XCWD "CWD <sp> pathname",
    Cdup: CDUP | XCUP "CDUP",
    Smnt: SMNT "SMNT <sp> pathname",
    Rein: REIN "REIN",
    Quit: QUIT "QUIT",
    Port: PORT "PORT <sp> h1,h2,h3,h4,p1,p2",
    Pasv: PASV "PASV",
    Type: TYPE "TYPE <sp> A|E [<sp> N|T|C] | I | L <sp> byte-size",
    Stru: STRU "STRU <sp> F|R|P",
    Mode: MODE "MODE <sp> S|B|C|Z",
    Retr: RETR "RETR <sp> pathname",
    Stor: STOR "STOR <sp> pathname",
    Stou: STOU "STOU [<sp> pathname]",
    Appe: APPE "APPE <sp> pathname",
    Allo: ALLO "ALLO <sp> bytes [<sp> R <sp> record-size]",
    Rest: REST "REST <sp> marker",
    Rnfr: RNFR "RNFR <sp> pathname",
    Rnto: RNTO "RNTO <sp> pathname",
    Abor: ABOR "ABOR",
    Dele: DELE "DELE <sp> pathname",
    Rmd: RMD | XRMD "RMD <sp> pathname",
    Mkd: MKD | XMKD "MKD <sp> pathname",
    Pwd: PWD | XPWD "PWD",
    List: LIST "LIST [<sp> pathname]",
    Nlst: NLST "NLST [<sp> pathname]",
    Site: SITE "SITE <sp> command [<sp> argument]",
    Syst: SYST "SYST",
    Stat: STAT "STAT [<sp> pathname]",
    Help: HELP "HELP [<sp> command]",
    Noop: NOOP "NOOP",
    Auth: AUTH "AUTH <sp> mechanism",
    Adat: ADAT "ADAT <sp> base64data",
    Prot: PROT "PROT <sp> C|S|E|P",
    Pbsz: PBSZ "PBSZ <sp> size",
    Ccc: CCC "CCC",
    Mic: MIC "MIC <sp> base64data",
    Conf: CONF "CONF <sp> base64data",
    Enc: ENC "ENC <sp> base64data",
    Feat: FEAT "FEAT",
    Opts: OPTS "OPTS <sp> command [<sp> options]",
    Eprt: EPRT "EPRT <sp> |protocol|address|port|",
    Epsv: EPSV "EPSV [<sp> 1|2|ALL]",
    Lang: LANG "LANG [<sp> language-tag]",
    Mdtm: MDTM "MDTM <sp> pathname",
    Size: SIZE "SIZE <sp> pathname",
    Mlst: MLST "MLST [<sp> pathname]",
    Mlsd: MLSD "MLSD [<sp> pathname]",
    Host: HOST "HOST <sp> hostname",
    Lprt: LPRT "LPRT <sp> family,length,address,length,port",
    Lpsv: LPSV "LPSV",
    Mfmt: MFMT "MFMT <sp> time <sp> pathname",
    Mfct: MFCT "MFCT <sp> time <sp> pathname",
    Mff: MFF "MFF <sp> facts <sp> pathname",
    Hash: HASH "HASH <sp> pathname",
    Rang: RANG "RANG <sp> start <sp> end",
    Avbl: AVBL "AVBL [<sp> pathname]",
    Comb: COMB "COMB <sp> target <sp> sources",
    Clnt: CLNT "CLNT <sp> name",
    Csid: CSID "CSID <sp> facts",
    Xcrc: XCRC "XCRC <sp> pathname [<sp> start <sp> end]",
    Xmd5: XMD5 "XMD5 <sp> pathname [<sp> start <sp> end]",
    Xsha: XSHA "XSHA <sp> pathname [<sp> start <sp> end]",
    Xsha1: XSHA1 "XSHA1 <sp> pathname [<sp> start <sp> end]",
    Xsha256: XSHA256 "XSHA256 <sp> pathname [<sp> start <sp> end]",
    Xsha512: XSHA512 "XSHA512 <sp> pathname [<sp> start <sp> end]",
    Md5: MD5 "MD5 <sp> pathname",
    Pret: PRET "PRET <sp> command [<sp> argument]",
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
            let (name, argument) = verb.syntax().split_at(verb.name().len());
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
