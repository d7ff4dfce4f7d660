//! Addresses and ports as commands and replies carry them: PORT and 227 (RFC 959 5.3.2), EPRT, EPSV and 229 (RFC 2428).
//! Which addresses a server or client trusts is decided where they are used.

use alloc::format;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use core::str::FromStr;
use nom::bytes::complete::{take_till1, take_while_m_n};
use nom::character::complete::{char, satisfy, u16 as decimal_u16};
use nom::combinator::{map_opt, verify};
use nom::multi::length_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// EPRT's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedAddress {
    /// Protocol 1 or 2, with an address of that family.
    Known(SocketAddr),
    /// A protocol nobody here speaks: 522.
    UnknownFamily,
}

/// EPSV's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtendedPassive {
    /// None: the family of the control connection.
    Any,
    /// 1.
    V4,
    /// 2.
    V6,
    /// Any other number: 522.
    UnknownFamily,
    /// `ALL`: only EPSV from now on.
    All,
}

/// LPRT's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongAddress {
    /// Family 4 or 6.
    Known(SocketAddr),
    /// A family nobody here speaks: 521.
    UnknownFamily,
}

/// Appends `h1,h2,h3,h4,p1,p2`.
pub fn write_host_port(address: SocketAddrV4, out: &mut Vec<u8>) {
    let [h1, h2, h3, h4] = address.ip().octets();
    let [p1, p2] = address.port().to_be_bytes();
    out.extend_from_slice(format!("{h1},{h2},{h3},{h4},{p1},{p2}").as_bytes());
}

/// Appends `|1|address|port|`, or `|2|…` for IPv6 (RFC 2428 2).
pub fn write_extended(address: SocketAddr, out: &mut Vec<u8>) {
    let family = if address.is_ipv4() { 1 } else { 2 };
    out.extend_from_slice(format!("|{family}|{}|{}|", address.ip(), address.port()).as_bytes());
}

/// Appends `4,4,h1,…,2,p1,p2`, or `6,16,…` for IPv6 (RFC 1639 3).
pub fn write_long(address: SocketAddr, out: &mut Vec<u8>) {
    let octets: &[u8] = match &address.ip() {
        IpAddr::V4(ip) => &ip.octets(),
        IpAddr::V6(ip) => &ip.octets(),
    };
    let family = if address.is_ipv4() { 4 } else { 6 };
    out.extend_from_slice(format!("{family},{}", octets.len()).as_bytes());
    for octet in octets {
        out.extend_from_slice(format!(",{octet}").as_bytes());
    }
    let [p1, p2] = address.port().to_be_bytes();
    out.extend_from_slice(format!(",2,{p1},{p2}").as_bytes());
}

/// Finds the six numbers in the text of a 227 reply by scanning for digits, since no two servers bracket them alike
/// (RFC 1123 4.1.2.6). A row of numbers with one above 255 among its first six is passed over whole, and so is one with
/// port 0.
pub fn find_host_port(text: &[u8]) -> Option<SocketAddrV4> {
    let mut rest = text;
    loop {
        let start = rest.iter().position(u8::is_ascii_digit)?;
        rest = rest.get(start..)?;
        if let Ok((_, address)) = host_port(rest)
            && address.port() != 0
        {
            return Some(address);
        }
        let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b','))?;
        rest = rest.get(end..)?;
    }
}

/// Finds the port in the text of a 229 reply: between `<d><d><d>` and `<d>` (RFC 2428 3), with or without parentheses.
pub fn find_extended_port(text: &[u8]) -> Option<u16> {
    (0..text.len()).find_map(|start| extended_port(text.get(start..)?).ok()).map(|(_, port)| port)
}

/// Is this an address that only makes sense within a network of its own (RFC 1918, RFC 6598, RFC 4193, link-local, loopback,
/// unspecified)?
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, _, _]);
            shared
                || address.is_private()
                || address.is_link_local()
                || address.is_loopback()
                || address.octets().starts_with(&[0])
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private(IpAddr::V4(mapped)),
            None => {
                address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_loopback()
                    || address.is_unspecified()
            }
        },
    }
}

/// RFC 1639 3. Lengths other than a known family's, and port 0, are no address.
/// ```abnf
/// long-host-port = number "," counted "," counted
/// counted        = length *("," number) ; as many as the length says
/// ```
pub(crate) fn long_address(input: &[u8]) -> IResult<&[u8], LongAddress> {
    let counted = || length_count(preceded(char(','), number), preceded(char(','), number));
    map_opt((number, counted(), counted()), |(family, host, port)| {
        let ip: IpAddr = match family {
            4 => <[u8; 4]>::try_from(host).ok()?.into(),
            6 => <[u8; 16]>::try_from(host).ok()?.into(),
            _ => return Some(LongAddress::UnknownFamily),
        };
        let port = u16::from_be_bytes(port.try_into().ok()?);
        (port != 0).then(|| LongAddress::Known(SocketAddr::new(ip, port)))
    })
    .parse_complete(input)
}

/// RFC 959 5.3.2.
/// ```abnf
/// host-port   = host-number "," port-number
/// host-number = number "," number "," number "," number
/// port-number = number "," number
/// ```
pub(crate) fn host_port(input: &[u8]) -> IResult<&[u8], SocketAddrV4> {
    let next = || preceded(char(','), number);
    (number, next(), next(), next(), next(), next())
        .map(|(h1, h2, h3, h4, p1, p2)| SocketAddrV4::new(Ipv4Addr::new(h1, h2, h3, h4), u16::from_be_bytes([p1, p2])))
        .parse_complete(input)
}

/// RFC 959 5.3.2, where 0 is left out; addresses and ports need it.
/// ```abnf
/// number = 1*3DIGIT    ; 0 to 255
/// ```
fn number(input: &[u8]) -> IResult<&[u8], u8> {
    map_opt(take_while_m_n(1, 3, |byte: u8| byte.is_ascii_digit()), parsed).parse_complete(input)
}

/// RFC 2428 2.
/// ```abnf
/// eprt-argument = d net-prt d net-addr d tcp-port d
/// d             = %x21-7E    ; the same four times
/// net-prt       = 1*DIGIT
/// ```
pub(crate) fn extended_address(input: &[u8]) -> IResult<&[u8], ExtendedAddress> {
    let (input, delimiter) = delimiter(input)?;
    let field = || terminated(take_till1(move |byte: u8| char::from(byte) == delimiter), char(delimiter));
    let family = verify(field(), |family: &[u8]| family.iter().all(u8::is_ascii_digit));
    map_opt((family, field(), terminated(port, char(delimiter))), |(family, host, port)| {
        let host = match family {
            b"1" => IpAddr::V4(parsed::<Ipv4Addr>(host)?),
            b"2" => IpAddr::V6(parsed::<Ipv6Addr>(host)?),
            _ => return Some(ExtendedAddress::UnknownFamily),
        };
        Some(ExtendedAddress::Known(SocketAddr::new(host, port)))
    })
    .parse_complete(input)
}

/// RFC 2428 3: the family and address that EPRT carries stay empty here. A digit as delimiter could not be told from the
/// port.
/// ```abnf
/// epsv-response = d d d tcp-port d
/// ```
fn extended_port(input: &[u8]) -> IResult<&[u8], u16> {
    let (input, delimiter) = verify(delimiter, |delimiter| !delimiter.is_ascii_digit()).parse_complete(input)?;
    preceded((char(delimiter), char(delimiter)), terminated(port, char(delimiter))).parse_complete(input)
}

fn delimiter(input: &[u8]) -> IResult<&[u8], char> {
    satisfy(|char| char.is_ascii_graphic()).parse_complete(input)
}

/// RFC 2428 2, and a port that can be dialled.
/// ```abnf
/// tcp-port = 1*DIGIT    ; 1 to 65535
/// ```
fn port(input: &[u8]) -> IResult<&[u8], u16> {
    verify(decimal_u16, |&port| port != 0).parse_complete(input)
}

fn parsed<T: FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v4(host: [u8; 4], port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(host.into(), port)
    }

    #[test]
    fn host_ports_are_found_however_they_are_bracketed() {
        let expected = Some(v4([10, 0, 0, 1], 1025));
        for text in [
            &b"Entering Passive Mode (10,0,0,1,4,1)."[..],
            b"Entering Passive Mode 10,0,0,1,4,1",
            b"=10,0,0,1,4,1",
            b"Passive mode 2, port pair [10,0,0,1,4,1]",
            b"(300,0,0,1,4,1) no: (10,0,0,1,4,1)",
            b"1,2,3 10,0,0,1,4,1,9",
            b"010,000,0,1,4,1",
        ] {
            assert_eq!(find_host_port(text), expected, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_host_port_is_not_found() {
        for text in [
            &b""[..],
            b"no",
            b"1,2,3,4,5",
            b"256,0,0,1,4,1",
            b"300,10,0,0,1,4,1",
            b"10,0,0,1,0,0",
            b"10,0,0,1,4,",
            b"1.2.3.4.5.6",
        ] {
            assert_eq!(find_host_port(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn extended_ports_are_found_with_any_delimiter() {
        for text in [
            &b"Entering Extended Passive Mode (|||6446|)"[..],
            b"Entering Extended Passive Mode |||6446|",
            b"wait ... (!!!6446!)",
            b"ok ((((6446()",
        ] {
            assert_eq!(find_extended_port(text), Some(6446), "{}", text.escape_ascii());
        }
        for text in [&b"(|||0|)"[..], b"(|||65536|)", b"(||6446|)", b"(|||6446!)", b"(|||6446", b"111644611", b""] {
            assert_eq!(find_extended_port(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn private_addresses() -> Result<(), core::net::AddrParseError> {
        for private in [
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "0.0.0.0",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(private.parse()?), "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "::ffff:8.8.8.8"] {
            assert!(!is_private(public.parse()?), "{public}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn a_host_port_written_is_found(host: [u8; 4], port in 1u16.., before in "[^0-9]{0,20}", after in "[^0-9,].{0,20}") {
            let address = v4(host, port);
            let mut text = before.into_bytes();
            write_host_port(address, &mut text);
            text.extend_from_slice(after.as_bytes());
            prop_assert_eq!(find_host_port(&text), Some(address));
        }

        #[test]
        fn an_extended_address_written_is_read(host: IpAddr, port in 1u16..) {
            let address = SocketAddr::new(host, port);
            let mut text = Vec::new();
            write_extended(address, &mut text);
            prop_assert_eq!(extended_address(&text), Ok((&[][..], ExtendedAddress::Known(address))));
        }

        #[test]
        fn no_text_upsets_the_scanners(text in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'|'), Just(b','), Just(b'1')], 0..80)) {
            let _ = find_host_port(&text);
            let _ = find_extended_port(&text);
        }
    }
}
