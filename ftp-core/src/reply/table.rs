//! Which replies each command may get, as data: RFC 959 5.4, what later RFCs add, and what the field sends beside them. It
//! says nothing about which of them fits a moment.

use super::Code;
use crate::command::Verb;

/// The replies to one command.
#[derive(Debug)]
pub struct Row {
    /// The command; `None` for the greeting, for what comes unasked, and for a line that is no known command.
    pub verb: Option<Verb>,
    /// Its replies, by source. [`ANY`] is not repeated.
    pub groups: &'static [Group],
}

/// Replies that one source allows.
#[derive(Debug)]
pub struct Group {
    /// RFC and section; "practice" where servers in the field agree and no text says so.
    pub source: &'static str,
    /// The codes, in the order of the source.
    pub codes: &'static [u16],
}

impl Row {
    /// All its codes, [`ANY`] left out.
    pub fn codes(&self) -> impl Iterator<Item = u16> {
        self.groups.iter().flat_map(|group| group.codes).copied()
    }
}

/// What any command may be answered with.
pub static ANY: &[Group] = &ANY_GROUPS;

/// A constant, so that the sets below can be made from it.
const ANY_GROUPS: [Group; 4] = [
    // 421 at any time; 500 to 504 for what cannot be read, served, or comes out of order.
    group("RFC 959 4.2.2", &[421, 500, 501, 502, 503, 504]),
    // RFC 959 gives 530 to nearly every command; what needs a login is the server's to say.
    group("RFC 959 5.4", &[530]),
    group("RFC 2228 3, 8.2", &[533, 631, 632, 633]),
    // A server that wants TLS first.
    group("practice", &[534]),
];

/// The greeting, what comes unasked, and the answer to what is no known command.
pub static GREETING: Row = Row { verb: None, groups: &GREETING_GROUPS };

const GREETING_GROUPS: [Group; 2] = [group("RFC 959 5.4", &[120, 220, 421]), group("RFC 959 4.2.2", &[500])];

const fn group(source: &'static str, codes: &'static [u16]) -> Group {
    Group { source, codes }
}

macro_rules! rows {
    ($($verb:ident { $($source:literal: [$($code:literal)*])* })*) => {
        /// One row per verb, in the order of [`Verb::ALL`].
        const ALL_ROWS: [Row; Verb::ALL.len()] = [$(
            Row { verb: Some(Verb::$verb), groups: &[$(group($source, &[$($code),*])),*] },
        )*];
    };
}

rows! {
    User {
        "RFC 959 5.4": [230 530 500 501 421 331 332]
        "RFC 2228 8.2": [232 336]
    }
    Pass { "RFC 959 5.4": [230 202 530 500 501 503 421 332] }
    Acct { "RFC 959 5.4": [230 202 530 500 501 503 421] }
    Cwd {
        "RFC 959 5.4": [250 500 501 502 421 530 550]
        "practice": [450 451 553]
    }
    Cdup {
        "RFC 959 5.4": [200 500 501 502 421 530 550]
        "RFC 959 4.1.1": [250]
        "practice": [450 451 553]
    }
    Smnt { "RFC 959 5.4": [202 250 500 501 502 421 530 550] }
    Rein { "RFC 959 5.4": [120 220 421 500 502] }
    Quit { "RFC 959 5.4": [221 500] }
    Port {
        "RFC 959 5.4": [200 500 501 421 530]
        "RFC 2577 3": [504]
        "practice": [425 522]
    }
    Pasv {
        "RFC 959 5.4": [227 500 501 502 421 530]
        "practice": [425 451 522]
    }
    Type { "RFC 959 5.4": [200 500 501 504 421 530] }
    Stru { "RFC 959 5.4": [200 500 501 504 421 530] }
    Mode { "RFC 959 5.4": [200 500 501 504 421 530] }
    Retr {
        "RFC 959 5.4": [125 150 110 226 250 425 426 451 450 550 500 501 421 530]
        "RFC 1123 4.1.3.4": [554]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "practice": [551 553]
    }
    Stor {
        "RFC 959 5.4": [125 150 110 226 250 425 426 451 551 552 532 450 452 553 500 501 421 530]
        "RFC 1123 4.1.3.4": [554 555]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "draft-bryan-ftp-range": [503]
        "practice": [550]
    }
    Stou {
        "RFC 959 5.4": [125 150 110 226 250 425 426 451 551 552 532 450 452 553 500 501 421 530]
        "RFC 1123 4.1.3.4": [554 555]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "draft-bryan-ftp-range": [503]
        "practice": [550]
    }
    Appe {
        "RFC 959 5.4": [125 150 110 226 250 425 426 451 551 552 532 450 550 452 553 500 501 502 421 530]
        "RFC 1123 4.1.3.4": [554 555]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "draft-bryan-ftp-range": [503]
    }
    Allo {
        "RFC 959 5.4": [200 202 500 501 504 421 530]
        "practice": [451 452 550 552]
    }
    Rest {
        "RFC 959 5.4": [500 501 502 421 530 350]
        "RFC 3659 5.3": [350]
        "practice": [550 554]
    }
    Rnfr {
        "RFC 959 5.4": [450 550 500 501 502 421 530 350]
        "practice": [451 553]
    }
    Rnto {
        "RFC 959 5.4": [250 532 553 500 501 502 503 421 530]
        "practice": [450 451 452 550 552]
    }
    Abor { "RFC 959 5.4": [225 226 500 501 502 421] }
    Dele {
        "RFC 959 5.4": [250 450 550 500 501 502 421 530]
        "practice": [451 553]
    }
    Rmd {
        "RFC 959 5.4": [250 500 501 502 421 530 550]
        "practice": [450 451 553]
    }
    Mkd {
        "RFC 959 5.4": [257 500 501 502 421 530 550]
        "RFC 959 appendix II": [521]
        "practice": [250 450 451 452 552 553]
    }
    Pwd {
        "RFC 959 5.4": [257 500 501 502 421 550]
        "practice": [451]
    }
    List {
        "RFC 959 5.4": [125 150 226 250 425 426 451 450 500 501 502 421 530]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "practice": [550 553]
    }
    Nlst {
        "RFC 959 5.4": [125 150 226 250 425 426 451 450 500 501 502 421 530]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "practice": [550 553]
    }
    Site {
        "RFC 959 5.4": [200 202 500 501 530]
        // 503 to CPTO without CPFR.
        "practice": [211 213 214 250 257 350 450 451 452 503 550 552 553]
    }
    Syst { "RFC 959 5.4": [215 500 501 502 421] }
    Stat {
        "RFC 959 5.4": [211 212 213 450 500 501 502 421 530]
        "practice": [451 550 553]
    }
    Help { "RFC 959 5.4": [211 214 500 501 502 421] }
    Noop { "RFC 959 5.4": [200 500 421] }
    Auth {
        "RFC 2228 8.2": [234 334 502 504 534 431 500 501 421]
        // Under TLS there is nothing left to begin.
        "practice": [503]
    }
    Adat { "RFC 2228 8.2": [235 335 503 501 535 500 421] }
    Prot { "RFC 2228 8.2": [200 504 536 503 534 431 500 501 421 530] }
    Pbsz { "RFC 2228 8.2": [200 503 500 501 421 530] }
    Ccc {
        "RFC 2228 3": [200 533 534]
        "RFC 4217 5": [200 500 533 534]
    }
    Mic {
        "RFC 2228 8.2": [535 533 500 501 421]
        "RFC 2228 3": [537]
    }
    Conf {
        "RFC 2228 8.2": [535 533 500 501 421]
        "RFC 2228 3": [537]
    }
    Enc {
        "RFC 2228 8.2": [535 533 500 501 421]
        "RFC 2228 3": [537]
    }
    Feat { "RFC 2389 3.2": [211 500 501 502] }
    Opts { "RFC 2389 4": [200 451 501 500 502] }
    Eprt {
        "RFC 2428 2": [200 500 501 522]
        "RFC 2577 3": [504]
        "practice": [425]
    }
    Epsv {
        "RFC 2428 3": [229 500 501 522]
        // EPSV ALL has no answer of its own in the text.
        "practice": [200 425 451]
    }
    Lang { "RFC 2640 4.2": [200 500 501 502 504] }
    Mdtm {
        "RFC 3659 3.1": [213 550]
        "RFC 3659 3.2": [500 501]
        // 253 from servers that set the time by it.
        "practice": [253 450 451 553]
    }
    Size {
        "RFC 3659 4.1": [213 550]
        "RFC 3659 4.2": [500 501]
        "practice": [450 451 553]
    }
    Mlst {
        "RFC 3659 7.2": [250]
        "RFC 3659 7.2.1": [500 501 550 530 553 503 504 421 425 426 450 451 452]
    }
    Mlsd {
        "RFC 3659 7.2": [150 226]
        "RFC 3659 7.2.1": [500 501 550 530 553 503 504 421 425 426 450 451 452]
        "RFC 2228 8.2": [534 535]
        "RFC 4217 10.2": [521 522]
        "practice": [125 250]
    }
    Host { "RFC 7151 3": [220 421 500 501 502 503 504] }
    Lprt { "RFC 1639": [200 500 501 421 530 521] }
    Lpsv {
        "RFC 1639": [228 500 501 502 421 530 521]
        "practice": [425]
    }
    Mfmt {
        "draft-somers-ftp-mfxx 3": [213 550 500 501]
        "practice": [450 451 553]
    }
    Mfct {
        "draft-somers-ftp-mfxx 4": [213 550 500 501]
        "practice": [450 451 553]
    }
    Mff {
        "draft-somers-ftp-mfxx 5": [213 550 500 501 504]
        "practice": [450 451 553]
    }
    Hash {
        "draft-ietf-ftpext2-hash": [213 450 501 504 550 553]
        "practice": [451]
    }
    Rang { "draft-bryan-ftp-range": [350 500 501 502] }
    Avbl { "practice": [213 450 451 550] }
    Comb { "practice": [200 250 450 451 452 550 552 553] }
    Clnt { "practice": [200] }
    Csid { "practice": [200] }
    Xcrc { "practice": [250 450 451 550 553] }
    Xmd5 { "practice": [250 450 451 550 553] }
    Xsha { "practice": [250 450 451 550 553] }
    Xsha1 { "practice": [250 450 451 550 553] }
    Xsha256 { "practice": [250 450 451 550 553] }
    Xsha512 { "practice": [250 450 451 550 553] }
    Md5 { "practice": [250 251 450 451 550 553] }
    Pret { "practice": [200 450 451 550 553] }
}

/// The rows, in the order of [`Verb::ALL`].
pub static ROWS: [Row; Verb::ALL.len()] = ALL_ROWS;

/// The row of a command.
pub fn row(verb: Verb) -> &'static Row {
    &ROWS[verb as usize]
}

/// May a server answer this command with this code? `None` stands for the greeting, for what comes unasked, and for a line
/// that is no known command.
pub fn permits(verb: Option<Verb>, code: Code) -> bool {
    let permitted = match verb {
        Some(verb) => &PERMITTED[verb as usize],
        None => &PERMITTED_UNASKED,
    };
    permitted.has(code.number())
}

/// The codes 100 to 699, one bit each: the table as it is looked up.
#[derive(Clone, Copy)]
struct Codes([u64; 10]);

impl Codes {
    const fn with(mut self, groups: &[Group]) -> Self {
        let mut rest = groups;
        while let [group, after @ ..] = rest {
            let mut codes = group.codes;
            while let [code, after @ ..] = codes {
                let bit = *code - 100;
                self.0[bit as usize / 64] |= 1 << (bit % 64);
                codes = after;
            }
            rest = after;
        }
        self
    }

    const fn has(&self, code: u16) -> bool {
        let bit = code - 100;
        self.0[bit as usize / 64] >> (bit % 64) & 1 == 1
    }
}

static PERMITTED_UNASKED: Codes = Codes([0; 10]).with(&GREETING_GROUPS);

static PERMITTED: [Codes; Verb::ALL.len()] = {
    let rows = &ALL_ROWS;
    let mut sets = [Codes([0; 10]).with(&ANY_GROUPS); Verb::ALL.len()];
    let mut at = 0;
    while at < sets.len() {
        // A row out of place stops the build: `row` and `permits` rely on the order.
        assert!(matches!(rows[at].verb, Some(verb) if verb as usize == at));
        sets[at] = sets[at].with(rows[at].groups);
        at += 1;
    }
    sets
};

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(verb: Verb, code: u16) -> bool {
        Code::new(code).is_some_and(|code| permits(Some(verb), code))
    }

    #[test]
    fn every_verb_has_its_row_and_every_row_a_success_or_refusal() {
        for &verb in Verb::ALL {
            let row = row(verb);
            assert_eq!(row.verb, Some(verb));
            assert!(row.codes().all(|code| permitted(verb, code)), "{verb:?}");
            assert!(row.groups.iter().all(|group| !group.source.is_empty() && !group.codes.is_empty()), "{verb:?}");
            let protected = matches!(verb, Verb::Mic | Verb::Conf | Verb::Enc);
            assert_eq!(row.codes().any(|code| matches!(code, 200..=399)), !protected, "{verb:?}");
        }
    }

    #[test]
    fn a_code_in_no_group_is_not_permitted() {
        for &verb in Verb::ALL {
            let named: alloc::vec::Vec<u16> =
                row(verb).codes().chain(ANY.iter().flat_map(|group| group.codes).copied()).collect();
            for code in 100..700 {
                assert_eq!(permitted(verb, code), named.contains(&code), "{verb:?} {code}");
            }
        }
    }

    /// Read off the pages of RFC 959 5.4, one line per command; where a group of the table stands under another heading it is
    /// listed in full.
    #[test]
    fn rfc_959_5_4_is_whole() {
        let page: [(Verb, &[u16]); 33] = [
            (Verb::User, &[230, 530, 500, 501, 421, 331, 332]),
            (Verb::Pass, &[230, 202, 530, 500, 501, 503, 421, 332]),
            (Verb::Acct, &[230, 202, 530, 500, 501, 503, 421]),
            (Verb::Cwd, &[250, 500, 501, 502, 421, 530, 550]),
            (Verb::Cdup, &[200, 500, 501, 502, 421, 530, 550]),
            (Verb::Smnt, &[202, 250, 500, 501, 502, 421, 530, 550]),
            (Verb::Rein, &[120, 220, 421, 500, 502]),
            (Verb::Quit, &[221, 500]),
            (Verb::Port, &[200, 500, 501, 421, 530]),
            (Verb::Pasv, &[227, 500, 501, 502, 421, 530]),
            (Verb::Mode, &[200, 500, 501, 504, 421, 530]),
            (Verb::Type, &[200, 500, 501, 504, 421, 530]),
            (Verb::Stru, &[200, 500, 501, 504, 421, 530]),
            (Verb::Allo, &[200, 202, 500, 501, 504, 421, 530]),
            (Verb::Rest, &[500, 501, 502, 421, 530, 350]),
            (Verb::Stor, &[125, 150, 110, 226, 250, 425, 426, 451, 551, 552, 532, 450, 452, 553, 500, 501, 421, 530]),
            (Verb::Stou, &[125, 150, 110, 226, 250, 425, 426, 451, 551, 552, 532, 450, 452, 553, 500, 501, 421, 530]),
            (Verb::Retr, &[125, 150, 110, 226, 250, 425, 426, 451, 450, 550, 500, 501, 421, 530]),
            (Verb::List, &[125, 150, 226, 250, 425, 426, 451, 450, 500, 501, 502, 421, 530]),
            (Verb::Nlst, &[125, 150, 226, 250, 425, 426, 451, 450, 500, 501, 502, 421, 530]),
            (
                Verb::Appe,
                &[125, 150, 110, 226, 250, 425, 426, 451, 551, 552, 532, 450, 550, 452, 553, 500, 501, 502, 421, 530],
            ),
            (Verb::Rnfr, &[450, 550, 500, 501, 502, 421, 530, 350]),
            (Verb::Rnto, &[250, 532, 553, 500, 501, 502, 503, 421, 530]),
            (Verb::Dele, &[250, 450, 550, 500, 501, 502, 421, 530]),
            (Verb::Rmd, &[250, 500, 501, 502, 421, 530, 550]),
            (Verb::Mkd, &[257, 500, 501, 502, 421, 530, 550]),
            (Verb::Pwd, &[257, 500, 501, 502, 421, 550]),
            (Verb::Abor, &[225, 226, 500, 501, 502, 421]),
            (Verb::Syst, &[215, 500, 501, 502, 421]),
            (Verb::Stat, &[211, 212, 213, 450, 500, 501, 502, 421, 530]),
            (Verb::Help, &[211, 214, 500, 501, 502, 421]),
            (Verb::Site, &[200, 202, 500, 501, 530]),
            (Verb::Noop, &[200, 500, 421]),
        ];
        for (verb, codes) in page {
            let group = row(verb).groups.iter().find(|group| group.source == "RFC 959 5.4");
            assert_eq!(group.map(|group| group.codes), Some(codes), "{verb:?}");
        }
    }

    #[test]
    fn later_documents_are_there() {
        for (verb, codes) in [
            (Verb::Cdup, &[250][..]),
            (Verb::Mkd, &[521]),
            (Verb::List, &[550, 521, 522]),
            (Verb::Auth, &[234, 431, 504, 534]),
            (Verb::Prot, &[200, 503, 504, 534, 536]),
            (Verb::Ccc, &[200, 533, 534]),
            (Verb::Epsv, &[229, 522]),
            (Verb::Eprt, &[200, 522]),
            (Verb::Opts, &[200, 451, 501]),
            (Verb::Mlst, &[250, 501, 550]),
            (Verb::Mlsd, &[150, 226, 501, 550]),
            (Verb::Host, &[220, 504]),
            (Verb::Mff, &[213, 504]),
        ] {
            for &code in codes {
                assert!(permitted(verb, code), "{verb:?} {code}");
            }
        }
    }

    #[test]
    fn a_reply_of_another_command_is_refused() {
        for (verb, code) in [
            (Verb::Noop, 226),
            (Verb::User, 226),
            (Verb::Size, 150),
            (Verb::Abor, 426),
            (Verb::Pasv, 229),
            (Verb::Retr, 552),
            (Verb::Pwd, 250),
            (Verb::List, 110),
        ] {
            assert!(!permitted(verb, code), "{verb:?} {code}");
        }
    }

    #[test]
    fn the_greeting() {
        let codes: alloc::vec::Vec<u16> =
            (100..700).filter(|&code| Code::new(code).is_some_and(|code| permits(None, code))).collect();
        assert_eq!(codes, [120, 220, 421, 500]);
    }
}
