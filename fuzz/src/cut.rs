//! How bytes are cut on their way: by chance that depends on the bytes alone, so that an input stays what it looks like.

use conformance::dice::Dice;

/// Chance that belongs to these bytes.
pub(crate) fn dice(bytes: &[u8]) -> Dice {
    // FNV-1a.
    let seed = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    Dice::new(seed)
}

/// The bytes in pieces, each of one byte at least and mostly short.
pub(crate) fn pieces<'a>(bytes: &'a [u8], dice: &mut Dice) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let most = 1 << dice.below(6);
        let (piece, after) = rest.split_at(rest.len().min(1 + dice.below(most) as usize));
        rest = after;
        Some(piece)
    })
}
