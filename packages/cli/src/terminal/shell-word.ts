/**
 * Quotes a word of a command that a message suggests, if a shell would read it as anything else. The host of a URL and the
 * name of a context or a file can contain `$(...)`.
 */
export function shellWord(word: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
