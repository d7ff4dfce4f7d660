//! Directory listings.

use crate::play::{Play, play};
use crate::setup::config;
use ftp_core::client::{ClientConfig, ListingTooLarge, Request};

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
