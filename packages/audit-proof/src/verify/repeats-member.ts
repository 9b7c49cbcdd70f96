/**
 * Reports whether an object in a JSON text has the same member twice. Parsers disagree about which of them counts, so
 * that one reader would verify what another does not see. `text` must be valid JSON.
 */
export function repeatsMember(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  // A string, a bracket, or the colon that makes the string before it a name.
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g;
  for (const [part, colon] of text.matchAll(token)) {
    if (part === '{') open.push(new Set());
    else if (part === '[') open.push(undefined);
    else if (part === '}' || part === ']') open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(part.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
