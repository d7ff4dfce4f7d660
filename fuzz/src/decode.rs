//! What a peer may send over a data connection, in every TYPE, STRU and MODE.

use crate::cut;
use crate::encode::{decode, transmission};

/// A zlib stream can swell a thousandfold; nothing else swells more than MODE C's runs.
const SWELLING: usize = 1100;

/// Three bytes that say how, then what comes.
///
/// # Panics
/// Where something does not hold.
pub fn run(data: &[u8]) {
    let Some((head, wire)) = data.split_first_chunk() else { return };
    let transmission = transmission(*head);
    let whole = decode(transmission, wire, None);
    assert_eq!(decode(transmission, wire, Some(&mut cut::dice(data))), whole, "the same bytes are the same file");
    let Ok(made) = whole else { return };
    assert!(made.used <= wire.len());
    assert!(made.out.len() <= SWELLING * wire.len() + 1, "{} bytes of {}", made.out.len(), wire.len());
    assert!(transmission.codec.keeps_connection() || transmission.codec.shows_its_end() || made.used == wire.len());
    for (marker, _) in &made.markers {
        assert!(
            !marker.is_empty() && marker.iter().all(|byte| matches!(byte, 33..=126)),
            "a marker can be sent with REST"
        );
    }
}
