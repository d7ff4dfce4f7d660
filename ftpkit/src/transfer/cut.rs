//! [`cut`]: how what is missing of a file is shared out among several connections.

use ftp_host::storage::Piece;

/// What a piece has at least, in bytes: less is not worth the round trips of its beginning, nor a login.
const LEAST: u64 = 1 << 20;

/// Is it worth cutting so many bytes into so many parts at most?
pub(crate) fn is_worth_cutting(bytes: u64, parts: usize) -> bool {
    parts > 1 && bytes >= 2 * LEAST
}

/// Cuts what is missing of a file into at most `parts`, unless more pieces are begun already: each of those is divided into equal shares, the
/// largest into most. What is there belongs to the piece behind it.
pub(super) fn cut(there: &[Piece], parts: usize) -> Vec<Piece> {
    let mut pieces: Vec<(Piece, u64)> = Vec::new();
    for &piece in there {
        match pieces.last_mut() {
            Some((whole, _)) if whole.missing() == 0 => *whole = Piece { start: whole.start, ..piece },
            _ => pieces.push((piece, 1)),
        }
    }
    let begun = pieces.iter().filter(|(piece, _)| piece.missing() > 0).count();
    for _ in begun..parts {
        let largest = pieces.iter_mut().max_by_key(|(piece, shares)| piece.missing() / *shares);
        let Some((_, shares)) = largest.filter(|(piece, shares)| piece.missing() / (*shares + 1) >= LEAST) else {
            break;
        };
        *shares += 1;
    }
    pieces.into_iter().flat_map(|(piece, shares)| divided(piece, shares)).collect()
}

/// What is missing of a piece, in so many shares; the first has what is there.
fn divided(piece: Piece, shares: u64) -> impl Iterator<Item = Piece> {
    // Begun with the remainder, so that nothing is multiplied that could grow too large.
    let (share, left) = (piece.missing() / shares, piece.missing() % shares);
    let border = move |number: u64| piece.at + number * share + number.min(left);
    (0..shares).map(move |number| Piece {
        start: if number == 0 { piece.start } else { border(number) },
        at: border(number),
        end: border(number + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftp_host::storage::MOST_PIECES;
    use proptest::prelude::*;

    fn new(size: u64) -> Piece {
        Piece { start: 0, at: 0, end: size }
    }

    fn lengths(pieces: &[Piece]) -> Vec<u64> {
        pieces.iter().map(Piece::missing).collect()
    }

    #[test]
    fn a_new_file_is_cut_into_equal_pieces_that_are_worth_it() {
        assert_eq!(
            lengths(&cut(&[new(10 * LEAST + 2)], 4)),
            [LEAST * 5 / 2 + 1, LEAST * 5 / 2 + 1, LEAST * 5 / 2, LEAST * 5 / 2]
        );
        assert_eq!(lengths(&cut(&[new(3 * LEAST - 1)], 8)).len(), 2);
        for size in [0, 1, 2 * LEAST - 1] {
            assert_eq!(cut(&[new(size)], 8), [new(size)], "{size}");
        }
        assert_eq!(cut(&[new(u64::MAX)], 3).len(), 3);
    }

    #[test]
    fn what_others_have_left_is_shared_out_again() {
        let (done, cut_short) = (Piece { start: 0, at: 5, end: 5 }, Piece { start: 5, at: LEAST, end: 9 * LEAST });
        let pieces = cut(&[done, cut_short], 2);
        assert_eq!(
            pieces,
            [Piece { start: 0, at: LEAST, end: 5 * LEAST }, Piece { start: 5 * LEAST, at: 5 * LEAST, end: 9 * LEAST }]
        );
    }

    /// Pieces as they may be there: some begun, some whole, some not begun.
    fn there() -> impl Strategy<Value = Vec<Piece>> {
        let length = prop_oneof![Just(0), 1..4 * LEAST, any::<u32>().prop_map(u64::from)];
        prop::collection::vec((length.clone(), length), 1..60).prop_map(|parts| {
            let mut end = 0;
            let piece = |(there, missing)| {
                let (start, at) = (end, end + there);
                end = at + missing;
                Piece { start, at, end }
            };
            parts.into_iter().map(piece).collect()
        })
    }

    /// The places that are there, joined where they touch.
    fn ranges(pieces: &[Piece]) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for piece in pieces.iter().filter(|piece| piece.present() > 0) {
            match ranges.last_mut() {
                Some((_, end)) if *end == piece.start => *end = piece.at,
                _ => ranges.push((piece.start, piece.at)),
            }
        }
        ranges
    }

    proptest! {
        /// The pieces make up the file in order without gaps; what is there stays so, and nothing else; there are no more than asked for,
        /// unless more were begun; and no share is below the least.
        #[test]
        fn cutting_loses_and_invents_nothing(there in there(), parts in 1_usize..65) {
            let pieces = cut(&there, parts);
            prop_assert_eq!(pieces.first().map(|piece| piece.start), Some(0));
            prop_assert!(pieces.array_windows().all(|[one, next]| one.end == next.start));
            prop_assert_eq!(pieces.last().map(|piece| piece.end), there.last().map(|piece| piece.end));
            prop_assert!(pieces.iter().all(|piece| (piece.start..=piece.end).contains(&piece.at)));
            prop_assert_eq!(ranges(&pieces), ranges(&there));
            let missing = |pieces: &[Piece]| pieces.iter().filter(|piece| piece.missing() > 0).count();
            prop_assert!(missing(&pieces) <= parts.max(missing(&there)));
            prop_assert!(pieces.len() <= MOST_PIECES);
            let shares = pieces.iter().filter(|piece| piece.missing() > 0 && !there.iter().any(|old| old.end == piece.end && old.at == piece.at));
            prop_assert!(shares.map(Piece::missing).all(|share| share >= LEAST));
        }
    }
}
