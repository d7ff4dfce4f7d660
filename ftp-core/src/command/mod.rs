//! The commands: one line of the control connection, from [`crate::line`], as a value, and back.

use crate::time::WallTime;
use core::net::SocketAddrV4;

/// A command with its argument checked. It borrows from the line it was read from. Its `Debug` shows the line without
/// passwords and the like.
#[derive(Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// `USER name`
    User(&'a [u8]),
    /// `PASS password`; may be empty.
    Pass(&'a [u8]),
    /// `ACCT account`
    Acct(&'a [u8]),
    /// `CWD path` (XCWD)
    Cwd(&'a [u8]),
    /// `CDUP` (XCUP)
    Cdup,
    /// `REIN`
    Rein,
    /// `QUIT`
    Quit,
    /// `PORT h1,h2,h3,h4,p1,p2`
    Port(SocketAddrV4),
    /// `PASV`
    Pasv,
    /// `EPRT |f|address|port|` (RFC 2428 2)
    Eprt(ExtendedAddress),
    /// `EPSV [family|ALL]` (RFC 2428 3)
    Epsv(ExtendedPassive),
    /// `TYPE code`
    Type(TypeCode),
    /// `STRU F|R|P`
    Stru(Structure),
    /// `MODE S|B|C|Z`
    Mode(Mode),
    /// `RETR path`
    Retr(&'a [u8]),
    /// `STOR path`
    Stor(&'a [u8]),
    /// `STOU [path]`
    Stou(Option<&'a [u8]>),
    /// `APPE path`
    Appe(&'a [u8]),
    /// `ALLO size [R record-size]`
    Allo {
        /// Bytes of the file.
        size: u64,
        /// The longest record or page.
        record: Option<u64>,
    },
    /// `REST marker`: a decimal offset in MODE S, printable characters otherwise.
    Rest(&'a [u8]),
    /// `RNFR path`
    Rnfr(&'a [u8]),
    /// `RNTO path`
    Rnto(&'a [u8]),
    /// `ABOR`
    Abor,
    /// `DELE path`
    Dele(&'a [u8]),
    /// `RMD path` (XRMD)
    Rmd(&'a [u8]),
    /// `MKD path` (XMKD)
    Mkd(&'a [u8]),
    /// `PWD` (XPWD)
    Pwd,
    /// `LIST [options] [path]`, whole; see [`crate::listing`] for its options.
    List(Option<&'a [u8]>),
    /// `NLST [options] [path]`, whole.
    Nlst(Option<&'a [u8]>),
    /// `MLSD [path]`
    Mlsd(Option<&'a [u8]>),
    /// `MLST [path]`
    Mlst(Option<&'a [u8]>),
    /// `SIZE path`
    Size(&'a [u8]),
    /// `MDTM path`
    Mdtm(&'a [u8]),
    /// `SITE command [argument]`
    Site(&'a [u8]),
    /// `SYST`
    Syst,
    /// `STAT [path]`
    Stat(Option<&'a [u8]>),
    /// `HELP [command]`
    Help(Option<&'a [u8]>),
    /// `NOOP`
    Noop,
    /// `FEAT`
    Feat,
    /// `OPTS command [options]` (RFC 2389 4)
    Opts {
        /// The command whose options they are.
        name: &'a [u8],
        /// The options, whole.
        options: Option<&'a [u8]>,
    },
    /// `SMNT path`
    Smnt(&'a [u8]),
    /// `LANG [tag]` (RFC 2640 4.2)
    Lang(Option<&'a [u8]>),
    /// `HOST name` (RFC 7151 3.1): a domain, an IPv4 address, or an IPv6 address in brackets.
    Host(&'a [u8]),
    /// `LPRT af,hal,h1,…,pal,p1,…` (RFC 1639 3)
    Lprt(LongAddress),
    /// `LPSV` (RFC 1639 4)
    Lpsv,
    /// `MFMT time path` (draft-somers-ftp-mfxx 3)
    Mfmt {
        /// The time of the last change to be.
        time: WallTime,
        /// The file or directory.
        path: &'a [u8],
    },
    /// `MFCT time path` (draft-somers-ftp-mfxx 4)
    Mfct {
        /// The time of making to be.
        time: WallTime,
        /// The file or directory.
        path: &'a [u8],
    },
    /// `MFF fact=value;… path` (draft-somers-ftp-mfxx 5); see [`Changes::parse`].
    Mff {
        /// The facts, each with its `;`.
        facts: &'a [u8],
        /// The file or directory.
        path: &'a [u8],
    },
    /// `HASH path`
    Hash(&'a [u8]),
    /// XCRC, XMD5, XSHA, XSHA1, XSHA256, XSHA512 and MD5; see [`RangedPath`].
    Checksum {
        /// Which of them.
        verb: Verb,
        /// Its argument, whole.
        argument: &'a [u8],
    },
    /// `RANG start end`
    Rang {
        /// The first octet, from 0 on.
        start: u64,
        /// The last one; where it is before `start`, there is no range any more.
        end: u64,
    },
    /// `AVBL [path]`
    Avbl(Option<&'a [u8]>),
    /// `COMB target source…`; see [`split_paths`].
    Comb(&'a [u8]),
    /// `CLNT name`
    Clnt(&'a [u8]),
    /// `CSID Name=…;…`
    Csid(&'a [u8]),
    /// `PRET command [argument]`: the transfer that is to come.
    Pret(&'a [u8]),
    /// `AUTH mechanism` (RFC 2228 3, RFC 4217 4)
    Auth(&'a [u8]),
    /// `PBSZ size`: the largest protected block, which TLS has no use for (RFC 4217 9).
    Pbsz(u32),
    /// `PROT level`, one letter: C, S, E or P.
    Prot(&'a [u8]),
    /// `CCC`
    Ccc,
    /// A command of the registry that this enum has no variant for yet.
    Known {
        /// Which.
        verb: Verb,
        /// Its argument, unread.
        argument: Option<&'a [u8]>,
    },
}

mod extension;
mod parse;
mod site;
mod states;
mod verb;
mod write;

pub use crate::address::{ExtendedAddress, ExtendedPassive, LongAddress};
pub use extension::{Changes, FactError, RangedPath, split_paths, timed_path};
pub use parse::{ParseError, Problem};
pub use site::{SITE_COMMANDS, SiteCommand};
pub use states::{State, States, TRANSITIONS, Transition};
pub use verb::{Row, Verb};

/// TYPE's argument (RFC 959 3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeCode {
    /// `A [N|T|C]`
    Ascii(Form),
    /// `E [N|T|C]`
    Ebcdic(Form),
    /// `I`
    Image,
    /// `L n`
    Local(u8),
}

/// A format effector (RFC 959 3.1.1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// `N`
    #[default]
    NonPrint,
    /// `T`
    Telnet,
    /// `C`
    CarriageControl,
}

/// STRU's argument (RFC 959 3.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Structure {
    /// `F`
    #[default]
    File,
    /// `R`
    Record,
    /// `P`
    Page,
}

/// MODE's argument (RFC 959 3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `S`
    #[default]
    Stream,
    /// `B`
    Block,
    /// `C`
    Compressed,
    /// `Z` (draft-preston-ftpext-deflate-04)
    Deflate,
}

impl Command<'_> {
    /// Which command this is.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Acct(_) => Verb::Acct,
            Self::Cwd(_) => Verb::Cwd,
            Self::Port(_) => Verb::Port,
            Self::Eprt(_) => Verb::Eprt,
            Self::Epsv(_) => Verb::Epsv,
            Self::Type(_) => Verb::Type,
            Self::Stru(_) => Verb::Stru,
            Self::Mode(_) => Verb::Mode,
            Self::Retr(_) => Verb::Retr,
            Self::Stor(_) => Verb::Stor,
            Self::Stou(_) => Verb::Stou,
            Self::Appe(_) => Verb::Appe,
            Self::Rest(_) => Verb::Rest,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Dele(_) => Verb::Dele,
            Self::Rmd(_) => Verb::Rmd,
            Self::Mkd(_) => Verb::Mkd,
            Self::List(_) => Verb::List,
            Self::Nlst(_) => Verb::Nlst,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mlst(_) => Verb::Mlst,
            Self::Size(_) => Verb::Size,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Site(_) => Verb::Site,
            Self::Stat(_) => Verb::Stat,
            Self::Help(_) => Verb::Help,
            Self::Cdup => Verb::Cdup,
            Self::Rein => Verb::Rein,
            Self::Quit => Verb::Quit,
            Self::Pasv => Verb::Pasv,
            Self::Abor => Verb::Abor,
            Self::Pwd => Verb::Pwd,
            Self::Syst => Verb::Syst,
            Self::Noop => Verb::Noop,
            Self::Feat => Verb::Feat,
            Self::Allo { .. } => Verb::Allo,
            Self::Opts { .. } => Verb::Opts,
            Self::Auth(_) => Verb::Auth,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Prot(_) => Verb::Prot,
            Self::Ccc => Verb::Ccc,
            Self::Smnt(_) => Verb::Smnt,
            Self::Lang(_) => Verb::Lang,
            Self::Host(_) => Verb::Host,
            Self::Lprt(_) => Verb::Lprt,
            Self::Lpsv => Verb::Lpsv,
            Self::Mfmt { .. } => Verb::Mfmt,
            Self::Mfct { .. } => Verb::Mfct,
            Self::Mff { .. } => Verb::Mff,
            Self::Hash(_) => Verb::Hash,
            Self::Rang { .. } => Verb::Rang,
            Self::Avbl(_) => Verb::Avbl,
            Self::Comb(_) => Verb::Comb,
            Self::Clnt(_) => Verb::Clnt,
            Self::Csid(_) => Verb::Csid,
            Self::Pret(_) => Verb::Pret,
            Self::Checksum { verb, .. } | Self::Known { verb, .. } => *verb,
        }
    }
}
