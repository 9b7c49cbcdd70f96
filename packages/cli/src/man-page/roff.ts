/** Escapes a text for roff (groff_man(7)): what it shows is what the text says. Hyphens can be copied as such. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('…', '...')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}

/** Returns a paragraph that hangs below a term. */
export function tagged(term: string, meaning: string): string {
  return `.TP\n.B ${roff(term)}\n${roff(meaning)}\n`;
}

/** Returns lines that are printed as they are, indented. */
export function verbatim(text: string): string {
  return `.RS\n.nf\n${roff(text.replaceAll(/^\n+|\n+$/g, ''))}\n.fi\n.RE\n`;
}
