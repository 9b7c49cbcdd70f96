import { decodeFully } from '../text/decode-fully.ts';

/**
 * The parameters that carry a command: `command` at the API server, and `cmd` at a kubelet. Readers differ in what they
 * take for such a name, and in how often they decode. Repetitions have a limit, so that a long text is read once.
 */
const name = String.raw`\s{0,8}(?:command|cmd)(?:\[[^\]]{0,64}\])?\s{0,8}=`;
const inParameter = new RegExp(`(?:^|[?&;#])${name}`, 'i');
const inPath = new RegExp(`[?&;#]${name}`, 'i');
const mayName = /c(?:md|ommand)/i;

/** Reports whether a text can name a command. Most texts cannot, and need no closer look. */
export const mayNameCommand = (text: string): boolean =>
  mayName.test(text.includes('%') ? decodeFully(text).text : text);

/**
 * Reports whether a part of a query, between two `&`, carries a command in any spelling: with another case, escaped any
 * number of times, or behind a character that some readers take for the beginning of a parameter.
 */
export const isCommandParameter = (part: string): boolean =>
  inParameter.test(decodeFully(part).text.replaceAll('+', ' '));

/** Returns where a path begins to carry a command, such as behind an escaped question mark; -1 if it does not. */
export function commandStart(path: string): number {
  if (!/[%&;#?]/.test(path) || !mayNameCommand(path)) return -1;
  const { text, starts } = decodeFully(path);
  const found = inPath.exec(text);
  return found ? starts[found.index]! : -1;
}

/** Returns a path without the command that it carries. */
export function withoutCommand(path: string): string {
  const start = commandStart(path);
  return start === -1 ? path : `${path.slice(0, start)}[redacted]`;
}
