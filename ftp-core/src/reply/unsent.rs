//! Which of the permitted replies this crate's server never sends, and why: the other half of [`table`](super::table), as data
//! too. The document of what is served takes its reasons from here.

use crate::command::Verb;

/// Replies that are never sent, for one reason.
#[derive(Debug)]
pub struct Unsent {
    /// To these commands; to whichever, where none is named.
    pub verbs: &'static [Verb],
    /// The codes.
    pub codes: &'static [u16],
    /// Why, in a sentence.
    pub reason: &'static str,
}

impl Unsent {
    /// Is it about this code in answer to this command?
    pub fn covers(&self, verb: Verb, code: u16) -> bool {
        (self.verbs.is_empty() || self.verbs.contains(&verb)) && self.codes.contains(&code)
    }
}

/// Why this code is never the answer to this command, if it is not.
pub fn reason(verb: Verb, code: u16) -> Option<&'static str> {
    UNSENT.iter().find(|unsent| unsent.covers(verb, code)).map(|unsent| unsent.reason)
}

macro_rules! unsent {
    ($($($verb:ident)* [$($code:literal)+] $reason:literal;)*) => {
        /// All of them; of several about one reply the first counts.
        pub static UNSENT: &[Unsent] = &[$(
            Unsent { verbs: &[$(Verb::$verb),*], codes: &[$($code),+], reason: $reason },
        )*];
    };
}

unsent! {
    User [230] "A password is always asked for, so that a reply does not tell who exists (RFC 2577 6).";
    User [332] "An account is asked for behind the password, never in its place.";
    User [336] "No security mechanism here sends a challenge.";
    User [530] "A name is never refused before its password (RFC 2577 6).";
    Pass [202] "No user goes without a password.";
    Pass [501] "Any text is a password, the empty one too.";
    Cdup [200] "CDUP is answered as CWD is (RFC 959 4.1.1).";
    Cdup [553] "It has no name in its argument.";
    Smnt [250 550] "There is one file structure, and it is mounted: 202 says so to whatever is asked.";
    Rein [120] "REIN waits for the end of a transfer and is answered then.";
    Port Eprt [425] "Whether the address can be reached shows when a transfer connects to it.";
    Port [522] "PORT can only name IPv4; of another family than the control connection's it is another's address, 504.";
    Pasv Epsv Lpsv [425] "Only where no passive port is free, which no transcript can bring about; ftp-core/tests/registry.rs shows it.";
    Pasv [522] "Only over IPv6, where no transcript runs; ftp-core/tests/registry.rs shows it.";
    Pasv Epsv [451] "A port that cannot be opened is 425.";
    Lpsv [521] "Its reply can name every family that a control connection can have.";
    Stru [504] "Every structure is served.";
    Retr [110] "The receiver of a marker answers it (RFC 959 3.5); of RETR that is the client.";
    Appe [110] "What is added shows at once, so there is no place to go on from but the end.";
    Retr [551] "Pages are made of the simple type.";
    Stor Stou Appe [551] "A page of a type that cannot be stored is data in another form than was set: 451.";
    Stor Stou Appe Rnto [532] "ACCT is asked for at the login or not at all.";
    Stor Stou Appe [555] "REST with a TYPE or STRU that cannot be restarted is refused itself.";
    Stou Appe [554] "They begin at a place of their own: a marker before them does not count.";
    Stou [501] "Any argument is a wish for a name, and none is needed.";
    Allo [202] "The space is really looked for, and set aside.";
    Allo [452] "Space that is not there is 552, as more than can be allocated.";
    Allo [504] "Any size can be asked for, with R and without.";
    Rest [550] "No file is looked at before the transfer.";
    Rest [554] "Whether the place is there shows when the file is opened.";
    Abor [225] "What ABOR finds of a data connection it closes, in every mode.";
    Mkd [250] "257 names what was made.";
    Pwd [451 550] "The working directory is known without asking the storage.";
    Mlsd [125 250] "MLSD goes as it is whatever the MODE (RFC 3659 7.2), over a data connection of its own.";
    List Nlst [501] "Any argument is options and a name.";
    Site [202 211 213 257] "The commands below SITE that are served answer with other codes.";
    Stat [501] "Any argument is a name.";
    Help [211] "HELP is about commands: 214.";
    Help [501] "A topic that is none is 504.";
    Opts [451] "No option depends on anything that can fail.";
    Mdtm [253] "MDTM with a time is answered as MFMT is.";
    Mlst [425 426] "MLST has no data connection.";
    Mlst [501] "Any argument is a name.";
    Mlst Mlsd [452] "Nothing is stored.";
    Mlst Mlsd [503 504] "It can come at any time after the login, and has no variants.";
    Mfct [213 450 451 550] "The time of making is the file system's own: 504 before anything is looked at.";
    Hash [504] "An algorithm that nobody knows is refused when OPTS HASH names it.";
    Comb [200] "It is done: 250.";
    Md5 [250] "251 has the name too.";
    Pret [450 451 550 553] "Nothing is looked at before the transfer.";
    Adat [235 335 535] "TLS, the only mechanism, has no tokens (RFC 4217): 503 before they are looked at.";
    Adat Mic Conf Enc [501] "503 comes before its argument is looked at.";
    Mic Conf Enc [533 535 537] "TLS, the only mechanism, protects the whole connection and not single commands (RFC 4217): 503.";
    Retr Stor Stou Appe List Nlst Mlsd [534 535] "RFC 4217 10.2 has 521 and 522 for this.";
    Auth [334] "TLS needs no ADAT (RFC 4217 4.1).";
    Auth Prot [431] "Whether TLS is to be had does not change while a server runs.";
    Auth [534] "No policy forbids TLS.";
    Prot Pbsz [530] "They may come before the login.";
    [631 632 633] "Replies are not protected one by one: TLS protects the connection.";
    [500] "A command that is known is never called unknown; what is wrong with it has a code of its own.";
}
