//! [`Verb`]: the commands by name, those that are only known included.

/// A command's name in its canonical form; a synonym (`XCWD`) is read as the command it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is named as the protocol names it")]
pub enum Verb {
    User,
    Pass,
    Acct,
    Cwd,
    Cdup,
    Smnt,
    Rein,
    Quit,
    Port,
    Pasv,
    Type,
    Stru,
    Mode,
    Retr,
    Stor,
    Stou,
    Appe,
    Allo,
    Rest,
    Rnfr,
    Rnto,
    Abor,
    Dele,
    Rmd,
    Mkd,
    Pwd,
    List,
    Nlst,
    Site,
    Syst,
    Stat,
    Help,
    Noop,
    Auth,
    Adat,
    Prot,
    Pbsz,
    Ccc,
    Mic,
    Conf,
    Enc,
    Feat,
    Opts,
    Eprt,
    Epsv,
    Lang,
    Mdtm,
    Size,
    Mlst,
    Mlsd,
    Host,
    Lprt,
    Lpsv,
    Mfmt,
    Mfct,
    Mff,
    Hash,
    Rang,
    Avbl,
    Comb,
    Clnt,
    Csid,
    Xcrc,
    Xmd5,
    Xsha,
    Xsha1,
    Xsha256,
    Xsha512,
    Md5,
    Pret,
}

impl Verb {
    /// Its name in capitals.
    pub const fn name(self) -> &'static str {
        ""
    }

    /// The verb that these letters name, in any case, synonyms included.
    pub fn from_name(_name: &[u8]) -> Option<Self> {
        None
    }
}
