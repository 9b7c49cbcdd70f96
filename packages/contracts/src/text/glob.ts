import { createTextSearch } from './text-search.ts';

/**
 * Compiles a pattern in which `*` matches any text, including none. Everything else is literal. The matcher takes the
 * leftmost place for each piece and never backtracks, so the time grows with the length of the text only.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const pieces = pattern.split('*');
  const first = pieces[0]!;
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1)!;
  const middle = pieces
    .slice(1, -1)
    .filter((piece) => piece !== '')
    .map((piece) => ({ length: piece.length, search: createTextSearch(piece) }));
  const least = first.length + last.length;
  if (least === 0 && middle.length === 0) return () => true;
  return (text) => {
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (let index = 0; index < middle.length; index += 1) {
      const piece = middle[index]!;
      const found = piece.search(text, at);
      if (found < 0) return false;
      at = found + piece.length;
      if (at > end) return false;
    }
    return at <= end;
  };
}
