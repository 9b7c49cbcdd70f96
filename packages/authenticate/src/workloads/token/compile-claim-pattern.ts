/** Splits a text at the characters that `*` does not cross, and keeps them. */
const partsOf = (text: string) => text.split(/([/:])/);

function compilePart(pattern: string): (part: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (part) => part === first;
  return (part) => {
    if (part.length < first.length + last.length || !part.startsWith(first) || !part.endsWith(last)) return false;
    const end = part.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = part.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}

/**
 * Compiles a pattern of a claim, in which `*` stands for any text without `/` and `:`. A person who may choose one part
 * of a claim, such as the name of a branch, can therefore not fill in others. Everything else is literal. The matcher takes
 * the leftmost place for each piece and never backtracks.
 */
export function compileClaimPattern(pattern: string): (text: string) => boolean {
  const matchers = partsOf(pattern).map(compilePart);
  return (text) => {
    const parts = partsOf(text);
    return parts.length === matchers.length && matchers.every((matches, index) => matches(parts[index]!));
  };
}
