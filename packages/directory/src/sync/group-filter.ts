/**
 * Creates a filter that accepts names which match any of the patterns. `*` stands for any characters. The time grows
 * linearly with the length of the name and the patterns.
 */
export function createGroupFilter(patterns: readonly string[]): (name: string) => boolean {
  const split = patterns.map((pattern) => pattern.split('*'));
  return (name) =>
    split.some((pieces) => {
      const [first = '', ...rest] = pieces;
      if (rest.length === 0) return name === first;
      const last = rest.pop()!;
      if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
      let at = first.length;
      for (const piece of rest) {
        const found = name.indexOf(piece, at);
        if (found < 0 || found + piece.length > name.length - last.length) return false;
        at = found + piece.length;
      }
      return true;
    });
}
