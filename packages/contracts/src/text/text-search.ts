/** Returns the first index at or after `from` at which the piece occurs in the text; -1 if there is none. */
type TextSearch = (text: string, from: number) => number;

/**
 * Up to this length, the time of the engine's own search is within a small factor of the text's length. For longer
 * pieces there are texts for which it grows with the product of both lengths.
 */
const shortPiece = 64;

/**
 * Returns, for each length of a partial match, the length that remains if the next character does not match (Knuth,
 * Morris and Pratt).
 */
function fallbacksOf(piece: string): Int32Array {
  const fallbacks = new Int32Array(piece.length);
  let matched = 0;
  for (let index = 1; index < piece.length; index += 1) {
    while (matched > 0 && piece[index] !== piece[matched]) matched = fallbacks[matched - 1]!;
    if (piece[index] === piece[matched]) matched += 1;
    fallbacks[index] = matched;
  }
  return fallbacks;
}

/** Compiles a search that reads each character of the text a bounded number of times, for any text and piece. */
export function createTextSearch(piece: string): TextSearch {
  if (piece.length <= shortPiece) return (text, from) => text.indexOf(piece, from);
  const fallbacks = fallbacksOf(piece);
  return (text, from) => {
    let matched = 0;
    for (let index = from; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      while (matched > 0 && code !== piece.charCodeAt(matched)) matched = fallbacks[matched - 1]!;
      if (code === piece.charCodeAt(matched)) matched += 1;
      if (matched === piece.length) return index - matched + 1;
    }
    return -1;
  };
}
