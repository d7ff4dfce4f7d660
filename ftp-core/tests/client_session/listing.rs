//! Directory listings.

use crate::play::{Play, play};
use crate::setup::config;
use ftp_core::client::{ClientConfig, ListingTooLarge, Request};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Lines as servers of each kind send them.
const LINES: [&[u8]; 14] = [
    b"type=file;size=3;modify=20260101120000;perm=r; a.txt\r\n",
    b"type=OS.unix=slink:/etc;size=3; link\r\n",
    b"-rw-r--r-- 1 ann staff 3 Jan  1 12:00 a.txt\r\n",
    b"lrwxrwxrwx 1 ann staff 3 Jan  1  2020 link -> ../up\r\n",
    b"drwxr-xr-x 2 ann staff 0 Jan  1 2020 sub\r\n",
    b"total 8\r\n",
    b"11-22-26  01:15PM       <DIR>          sub\r\n",
    b"11-22-2026  01:15PM                 12 a b.txt\r\n",
    b"+i8388621.29609,m824255902,/,\tsub\r\n",
    b"README.TXT;4                18/21    10-AUG-2026 14:01:19  [ANN]  (RWED,RE,RE,RE)\r\n",
    b"Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\n",
    b"APPP17 3390   2006/09/20  1   15  VB   32756 32760  PO   'USER.LIB'\r\n",
    b"- [RWCEAFMS] ann               1020928 Dec 08 15:22 a.txt\r\n",
    b"ANN            36864 26/01/01 12:00:00 *DIR       sub/\r\n",
];

/// Such lines with something changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<Index>(), 0..4u8, select(&b"/.\\\0\r\n\t ;=>-09\xff"[..])), 0..10);
    (prop::collection::vec(select(&LINES[..]), 1..5), changes).prop_map(|(lines, changes)| {
        let mut bytes = lines.concat();
        for (at, how, byte) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.rotate_left(at),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A name is joined to a directory of ours by whoever downloads it.
    #[test]
    fn no_name_in_a_listing_leads_out_of_its_directory(listing in mutated(), request in 0..3u8) {
        let mut play = Play::new(config(), vec![usize::MAX]);
        play.logged_in(if request == 0 { " MLST type*;|" } else { "" });
        let path = Some(b"d".to_vec());
        play.ask(if request == 2 { Request::Names(path) } else { Request::List(path) });
        play.reached(1025);
        play.server("150 here|");
        play.listing(&listing);
        play.moved(99);
        play.server("226 done|");
        let lines = play.take();
        prop_assert!(lines.last().is_some_and(|line| line.starts_with("done entries") || line.starts_with("done Names")), "{:?}", lines);
        for name in play.names() {
            let parts: Vec<_> = name.split(|&byte| byte == b'\\').collect();
            let climbs = parts.contains(&&b".."[..]) || parts[0].is_empty();
            let harmless = !climbs && name != b"." && !name.iter().any(|byte| b"/\0\n".contains(byte));
            prop_assert!(harmless, "{}", name.escape_ascii());
        }
    }
}

fn open(play: &mut Play, command: &str) {
    play.ask(Request::List(Some(b"d".to_vec())));
    play.reached(1025);
    play.server("150 here|");
    play.expect(&["> EPSV|", "open 192.0.2.1:1025", command, "transfer Listing Raw"]);
}

#[test]
fn mlsd_where_there_is_mlst_and_no_name_is_trusted() {
    play(config, |play| {
        play.logged_in(" MLST type*;|");
        open(play, "> MLSD d|");
        play.listing(
            b"type=cdir; .\r\ntype=pdir; ..\r\ntype=file;size=3; a\r\ntype=file; ../b\r\ntype=dir; ..\r\nnonsense\r\n\
              type=file; /etc/passwd\r\ntype=file; n\0l\r\ntype=dir; c d\r\ntype=file; last",
        );
        play.moved(99);
        play.server("226 done|");
        play.expect(&["done entries a,c d,last"]);
    });
}

#[test]
fn list_otherwise_and_without_options() {
    play(config, |play| {
        play.logged_in("");
        open(play, "> LIST d|");
        play.listing(
            b"total 8\r\n-rw-r--r-- 1 a b 3 Jan  1 12:00 x\r\ndrwxr-xr-x 2 a b 0 Jan 1 2020 .\n\
              drwxr-xr-x 2 a b 0 Jan 1 2020 sub\n",
        );
        play.moved(99);
        play.server("250 done|");
        play.expect(&["done entries x,sub"]);
        play.ask(Request::List(Some(b"-la".to_vec())));
        play.reached(1025);
        play.server("550 none|");
        play.cancelled();
        play.expect(&[
            "> EPSV|",
            "open 192.0.2.1:1025",
            "> LIST ./-la|",
            "transfer Listing Raw",
            "cancel",
            "failed refused 550",
        ]);
    });
}

#[test]
fn list_is_sent_in_type_a_when_another_is_in_force() {
    play(config, |play| {
        play.in_type_i();
        play.ask(Request::List(None));
        play.server("200 A|");
        play.reached(1025);
        play.expect(&["> TYPE A|", "> EPSV|", "open 192.0.2.1:1025", "> LIST|", "transfer Listing Raw"]);
        play.server("150 here|");
        play.moved(0);
        play.server("226 empty|");
        play.expect(&["done entries "]);
    });
}

#[test]
fn mlsd_that_is_promised_and_unknown_is_done_by_list() {
    play(config, |play| {
        play.logged_in(" MLST|");
        play.ask(Request::List(None));
        play.reached(1025);
        play.server("500 MLSD?|");
        play.expect(&["> EPSV|", "open 192.0.2.1:1025", "> MLSD|", "transfer Listing Raw", "cancel"]);
        play.cancelled();
        play.reached(1026);
        play.expect(&["> EPSV|", "open 192.0.2.1:1026", "> LIST|", "transfer Listing Raw"]);
    });
}

#[test]
fn a_listing_has_a_limit() {
    play(
        || ClientConfig { listing_limit: 10, ..config() },
        |play| {
            play.logged_in("");
            open(play, "> LIST d|");
            play.listing(b"0123456789");
            assert_eq!(play.session.listing(b"x"), Err(ListingTooLarge));
            assert_eq!(play.session.listing(b"y"), Ok(()));
            play.server("426 cut|");
            play.cancelled();
            play.server("226 aborted|");
            play.expect(&["> ABOR|", "cancel", "failed ListingTooLarge"]);
        },
    );
    assert_eq!(ListingTooLarge.to_string(), "the listing is larger than the session keeps; throw the rest away");
}

#[test]
fn one_time_in_utc_sets_those_of_every_list() {
    play(config, |play| {
        play.logged_in(" MDTM|");
        open(play, "> LIST d|");
        play.listing(b"-rw-r--r-- 1 a b 3 Jan  1 12:00 x\r\n-rw-r--r-- 1 a b 3 Jan  2  2020 y\r\n");
        play.moved(99);
        play.server("226 done|");
        play.expect(&["> MDTM d/x|"]);
        play.server("213 20260101100012|");
        play.expect(&["done entries x,y"]);
        assert_eq!(play.session.learnt().zone, Some(-7200));
        assert_eq!(play.times(), [Some("20260101100000".into()), Some("20200102000000".into())]);
        open(play, "> LIST d|");
        play.listing(b"-rw-r--r-- 1 a b 3 Jan  1 01:00 x\r\n");
        play.moved(99);
        play.server("226 done|");
        play.expect(&["done entries x"]);
        assert_eq!(play.times(), [Some("20251231230000".into())]);
    });
}

#[test]
fn a_time_that_no_zone_explains_is_asked_for_once() {
    play(config, |play| {
        play.logged_in(" MDTM|");
        for asked in [true, false] {
            open(play, "> LIST d|");
            play.listing(b"-rw-r--r-- 1 a b 3 Jan  1 12:00 x\r\n");
            play.moved(99);
            play.server("226 done|");
            if asked {
                play.expect(&["> MDTM d/x|"]);
                play.server("213 20250101121212|");
            }
            play.expect(&["done entries x"]);
            assert_eq!((play.session.learnt().zone, play.times()), (None, vec![Some("20260101120000".into())]));
        }
    });
}

#[test]
fn the_times_of_mlsd_need_no_witness() {
    play(config, |play| {
        play.logged_in(" MDTM|");
        open(play, "> LIST d|");
        play.listing(b"-rw-r--r-- 1 a b 3 Jan  1 12:00 x\r\n");
        play.moved(99);
        play.server("226 done|213 20260101100012|");
        play.ask(crate::setup::login(None));
        play.server("230 come in|211-Features| MLST type*;modify*;| MDTM|211 End|");
        play.take();
        open(play, "> MLSD d|");
        play.listing(b"type=file;modify=20260101120000; x\r\n");
        play.moved(99);
        play.server("226 done|");
        play.expect(&["done entries x"]);
        assert_eq!(play.session.learnt().zone, Some(-7200));
        assert_eq!(play.times(), [Some("20260101120000".into())]);
    });
    play(config, |play| {
        play.logged_in(" MLST type*;modify*;| MDTM|");
        open(play, "> MLSD d|");
        play.listing(b"type=file;modify=20260101120000; x\r\n");
        play.moved(99);
        play.server("226 done|");
        play.expect(&["done entries x"]);
    });
}
