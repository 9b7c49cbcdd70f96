// What a reader does not see or cannot tell apart: controls, bidirectional marks, tags, variation selectors, fillers and
// other invisible characters, private and unassigned code points. Instructions can hide in them. Line feed and tab stay.
const invisible = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (character: string) => {
  const code = character.codePointAt(0)!;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
};

/** Makes untrusted text of several lines harmless: shows invisible characters and terminal escapes as text. */
export function neutralize(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(invisible, escaped);
}

/** Makes untrusted text harmless on one line, and at most `maxLength` characters long. */
export function neutralizeLine(text: string, maxLength: number): string {
  const line = neutralize(text.slice(0, maxLength * 4))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).toWellFormed()}…`;
}
