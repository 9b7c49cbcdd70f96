// C0 and C1 controls, DEL, bidirectional overrides and isolates, invisible marks, and line separators. They could move
// the cursor, forge a line, or make text read as something else.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

const escaped = (character: string) => {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** Makes untrusted text safe to print on one line of a terminal. Shows control characters as escapes. */
export function forTerminal(text: string): string {
  return text.toWellFormed().replace(unsafe, escaped);
}

/** Returns JSON that is safe to print on a terminal. It is the same data: unsafe characters are written as `\uXXXX`. */
export function jsonForTerminal(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(unsafe, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Quotes a word of a command that a message suggests, if a shell would read it as anything else. The host of a URL and the
 * name of a context or a file can contain `$(...)`.
 */
export function shellWord(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
