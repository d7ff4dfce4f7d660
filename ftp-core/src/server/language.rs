//! The languages of the replies' texts: LANG (RFC 2640 4). Replies are written in English; the catalogue has, for each text it
//! knows, the same in another language. `*` stands for what differs from time to time: a path, a number. A text that the
//! catalogue does not know stays English, and what programs read (213, the lines of a listing) never comes here.

use super::answer::Text;
use alloc::vec::Vec;

/// A language that replies can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    /// The default: RFC 2640 4.1 recommends it.
    #[default]
    English,
    German,
}

impl Language {
    const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its primary tag (RFC 1766), as FEAT shows it.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::German => "DE",
        }
    }

    /// The language of a tag. Only the primary one counts: `de-AT` gets German, which RFC 2640 4.2 calls the most appropriate
    /// variant that there is.
    pub(super) fn by_tag(tag: &[u8]) -> Option<Self> {
        let primary = tag.split(|&byte| byte == b'-').next()?;
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag().as_bytes()))
    }

    /// The line of FEAT: the language in use has the asterisk (RFC 2640 4.3).
    pub(super) fn write_feature(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"LANG ");
        for (place, language) in Self::ALL.into_iter().enumerate() {
            out.extend_from_slice(if place == 0 { b"" } else { b";" });
            out.extend_from_slice(language.tag().as_bytes());
            out.extend_from_slice(if language == self { b"*" } else { b"" });
        }
    }

    /// An English text in this language.
    pub(super) fn translate(self, text: Text) -> Text {
        match self {
            Self::English => text,
            Self::German => GERMAN
                .iter()
                .find_map(|(english, german)| Some((fillings(english, &text)?, german)))
                .map(|(fillings, german)| fill(german, fillings))
                .unwrap_or(text),
        }
    }
}

/// What stands for the `*`s of a pattern, if the text is one of it. The last pieces are looked for first: what is free, such as
/// a path, comes first in our texts.
fn fillings<'t>(pattern: &str, text: &'t [u8]) -> Option<Vec<&'t [u8]>> {
    let mut pieces: Vec<&[u8]> = pattern.split('*').map(str::as_bytes).collect();
    let first = pieces.remove(0);
    let mut rest = text.strip_prefix(first)?;
    let Some(last) = pieces.pop() else { return rest.is_empty().then(Vec::new) };
    rest = rest.strip_suffix(last)?;
    let mut fillings = Vec::new();
    for piece in pieces.into_iter().rev() {
        let at = memchr::memmem::rfind(rest, piece)?;
        fillings.push(rest.get(at + piece.len()..)?);
        rest = rest.get(..at)?;
    }
    fillings.push(rest);
    fillings.reverse();
    Some(fillings)
}

/// The other way: each `*` in order gives way to a filling.
fn fill(pattern: &'static str, fillings: Vec<&[u8]>) -> Text {
    if fillings.is_empty() {
        return pattern.as_bytes().into();
    }
    let mut fillings = fillings.into_iter();
    let mut text = Vec::new();
    for (place, piece) in pattern.split('*').enumerate() {
        if place > 0 {
            text.extend_from_slice(fillings.next().unwrap_or_default());
        }
        text.extend_from_slice(piece.as_bytes());
    }
    text.into()
}

/// English and German. Where two patterns fit, the first counts: the one that says more stands above.
const GERMAN: &[(&str, &str)] = &[
    // Logging in.
    ("Password required.", "Passwort erforderlich."),
    ("Logged in.", "Angemeldet."),
    ("Logged in by certificate.", "Durch das Zertifikat angemeldet."),
    ("Account required.", "Konto erforderlich."),
    ("No account is needed.", "Ein Konto ist nicht nötig."),
    ("Login incorrect.", "Anmeldung falsch."),
    ("Log in first, with USER and PASS.", "Erst anmelden, mit USER und PASS."),
    ("Already logged in; USER begins a new login.", "Schon angemeldet; USER beginnt eine neue Anmeldung."),
    ("Send * first.", "Erst * senden."),
    ("Ready for a new user.", "Bereit für einen neuen Benutzer."),
    ("Goodbye.", "Auf Wiedersehen."),
    // TLS.
    ("Begin TLS now.", "TLS jetzt beginnen."),
    ("TLS is on already.", "TLS ist schon an."),
    ("Only AUTH TLS is served.", "Es gibt nur AUTH TLS."),
    (
        "Send AUTH TLS first: passwords are not taken in the clear.",
        "Erst AUTH TLS senden: Passwörter werden im Klartext nicht angenommen.",
    ),
    ("Data connections are private.", "Datenverbindungen sind verschlüsselt."),
    ("Data connections are in the clear.", "Datenverbindungen sind im Klartext."),
    ("Data connections have to be private.", "Datenverbindungen müssen verschlüsselt sein."),
    (
        "Data connections have to be private: send PBSZ 0 and PROT P.",
        "Datenverbindungen müssen verschlüsselt sein: PBSZ 0 und PROT P senden.",
    ),
    ("TLS has the levels C and P only.", "TLS kennt nur die Stufen C und P."),
    ("There are the levels C and P.", "Es gibt die Stufen C und P."),
    ("The control connection is clear already.", "Die Steuerverbindung ist schon im Klartext."),
    ("The control connection stays protected.", "Die Steuerverbindung bleibt geschützt."),
    ("TLS ends on the control connection.", "TLS endet auf der Steuerverbindung."),
    ("TLS did not come to be on the data connection.", "Auf der Datenverbindung kam kein TLS zustande."),
    (
        "The data connection has to resume the TLS session of the control connection.",
        "Die Datenverbindung muss die TLS-Sitzung der Steuerverbindung fortsetzen.",
    ),
    (
        "The data was cut off: it did not end with a TLS close_notify.",
        "Die Daten sind abgeschnitten: sie endeten nicht mit close_notify von TLS.",
    ),
    ("TLS was begun with another host.", "TLS wurde mit einem anderen Host begonnen."),
    ("There is no such host here.", "Einen solchen Host gibt es hier nicht."),
    // Whatever is not understood.
    ("Command not understood.", "Befehl nicht verstanden."),
    ("Command not implemented.", "Befehl nicht vorhanden."),
    ("There is no such command here.", "Einen solchen Befehl gibt es hier nicht."),
    ("The argument is missing. Syntax: *", "Das Argument fehlt. Syntax: *"),
    ("No argument is expected. Syntax: *", "Hier steht kein Argument. Syntax: *"),
    ("Expected *. Syntax: *", "Erwartet: *. Syntax: *"),
    ("Line too long.", "Zeile zu lang."),
    ("No such SITE command; SITE HELP lists them.", "Kein solcher SITE-Befehl; SITE HELP zählt sie auf."),
    ("No such algorithm; FEAT lists them.", "Kein solches Verfahren; FEAT zählt sie auf."),
    ("*: no such fact; there are Modify and UNIX.mode.", "*: keine solche Angabe; es gibt Modify und UNIX.mode."),
    // Files and directories.
    ("* is the working directory.", "* ist das Arbeitsverzeichnis."),
    ("* created.", "* angelegt."),
    ("* removed.", "* entfernt."),
    ("* is the new name.", "* ist der neue Name."),
    ("* is the copy.", "* ist die Kopie."),
    ("* is a link now.", "* ist jetzt ein Verweis."),
    ("* holds all parts.", "* enthält alle Teile."),
    ("Send RNTO with the new name.", "RNTO mit dem neuen Namen senden."),
    ("Send SITE CPTO with the name of the copy.", "SITE CPTO mit dem Namen der Kopie senden."),
    ("There is space for it.", "Dafür ist Platz."),
    ("There is not as much space.", "So viel Platz ist nicht da."),
    (
        "This name is not allowed: it is too long, or holds NUL, CR or LF.",
        "Dieser Name ist nicht erlaubt: er ist zu lang oder enthält NUL, CR oder LF.",
    ),
    ("*: no such file or directory.", "*: keine solche Datei und kein solches Verzeichnis."),
    ("*: it exists already.", "*: gibt es schon."),
    ("*: permission denied.", "*: nicht erlaubt."),
    ("*: not a directory.", "*: kein Verzeichnis."),
    ("*: it is a directory.", "*: ist ein Verzeichnis."),
    ("*: the directory is not empty.", "*: das Verzeichnis ist nicht leer."),
    ("*: no space left.", "*: kein Platz mehr."),
    ("*: over the size allowed.", "*: größer als erlaubt."),
    ("*: this name is not allowed.", "*: dieser Name ist nicht erlaubt."),
    ("*: it is in use, try again.", "*: ist in Benutzung, später noch einmal versuchen."),
    ("*: this storage cannot do that.", "*: dieser Speicher kann das nicht."),
    ("*: too much is open here, try again.", "*: hier ist zu viel geöffnet, später noch einmal versuchen."),
    ("*: local error.", "*: Fehler auf dieser Seite."),
    ("*: not a file with a time.", "*: keine Datei mit einer Zeit."),
    // The data connection.
    ("Entering passive mode (*).", "Passiver Modus (*)."),
    ("Entering extended passive mode (|||*|).", "Erweiterter passiver Modus (|||*|)."),
    ("Data connections will go there.", "Datenverbindungen gehen dorthin."),
    ("Only EPSV from now on.", "Von jetzt an nur noch EPSV."),
    ("Only EPSV is accepted after EPSV ALL.", "Nach EPSV ALL geht nur noch EPSV."),
    ("Network protocol not supported, use (*).", "Dieses Netzprotokoll geht nicht, es gibt (*)."),
    ("No passive port is free; try again.", "Kein passiver Port ist frei; später noch einmal versuchen."),
    ("No data connection.", "Keine Datenverbindung."),
    (
        "No data connection; send EPSV, PASV, EPRT or PORT first.",
        "Keine Datenverbindung; erst EPSV, PASV, EPRT oder PORT senden.",
    ),
    ("The data connection did not come in time.", "Die Datenverbindung kam nicht rechtzeitig."),
    ("The data connection broke.", "Die Datenverbindung ist abgebrochen."),
    // Transfers.
    ("Data connection for * (* bytes).", "Datenverbindung für * (* Bytes)."),
    ("Data connection for *.", "Datenverbindung für *."),
    ("Done, * bytes.", "Fertig, * Bytes."),
    ("Transfer aborted.", "Übertragung abgebrochen."),
    ("Abort done.", "Abbruch erledigt."),
    ("Nothing to abort.", "Nichts abzubrechen."),
    ("Restarting at *.", "Weiter ab *."),
    ("The marker must be a decimal offset.", "Die Marke muss eine Dezimalzahl sein."),
    ("No byte moved for too long.", "Zu lange kam kein Byte."),
    // The session.
    ("Nothing done.", "Nichts getan."),
    ("Noted.", "Vermerkt."),
    ("UTF-8 is on.", "UTF-8 ist an."),
    ("UTF-8 is always on.", "UTF-8 ist immer an."),
    ("Status:", "Stand:"),
    ("Features:", "Erweiterungen:"),
    ("End.", "Ende."),
    ("These commands are served:", "Diese Befehle gibt es:"),
    ("HELP command tells more.", "HELP BEFEHL sagt mehr."),
    ("Idle for too long. *", "Zu lange untätig. *"),
    ("The server is stopping. *", "Der Server hält an. *"),
    ("Language is *.", "Die Sprache ist *."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn german(text: &str) -> Text {
        Language::German.translate(Text::Owned(text.as_bytes().to_vec()))
    }

    #[test]
    fn what_differs_is_taken_over_as_it_is() {
        assert_eq!(
            german("\"/a is *\" is the working directory."),
            "\"/a is *\" ist das Arbeitsverzeichnis.".as_bytes()
        );
        assert_eq!(german("Data connection for /a (b) (5 bytes)."), "Datenverbindung für /a (b) (5 Bytes).".as_bytes());
        assert_eq!(german("/\u{ff}*: permission denied."), "/\u{ff}*: nicht erlaubt.".as_bytes());
        assert_eq!(german("Something else."), &b"Something else."[..]);
        assert_eq!(Language::English.translate("Done, 5 bytes.".as_bytes().into()), &b"Done, 5 bytes."[..]);
    }

    #[test]
    fn both_sides_of_the_catalogue_have_as_many_gaps() {
        for (english, german) in GERMAN {
            assert_eq!(english.matches('*').count(), german.matches('*').count(), "{english}");
        }
    }

    /// A text that is no longer said cannot stay in the catalogue: each of its longest pieces stands in the rooms that speak.
    #[test]
    fn every_text_is_one_that_is_said() {
        let rooms = [
            include_str!("access.rs"),
            include_str!("answer.rs"),
            include_str!("change.rs"),
            include_str!("digests.rs"),
            include_str!("dispatch.rs"),
            include_str!("files.rs"),
            include_str!("greet.rs"),
            include_str!("inform.rs"),
            include_str!("parameters.rs"),
            include_str!("security.rs"),
            include_str!("session.rs"),
            include_str!("transfer.rs"),
        ];
        for (english, _) in GERMAN {
            let longest = english
                .split('*')
                .map(|piece| piece.trim_matches([' ', ':', '.', '(', ')', '|']))
                .max_by_key(|piece| piece.len());
            let longest = longest.unwrap_or_default();
            assert!(rooms.iter().any(|room| room.contains(longest)), "nobody says {english:?}");
        }
    }

    #[test]
    fn a_variant_gets_its_language() {
        for (tag, language) in [
            (&b"de"[..], Some(Language::German)),
            (b"DE-at", Some(Language::German)),
            (b"en", Some(Language::English)),
            (b"fr", None),
            (b"deu", None),
        ] {
            assert_eq!(Language::by_tag(tag), language);
        }
    }
}
