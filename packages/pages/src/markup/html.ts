const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Markup, as opposed to untrusted text. */
export type Html = { markup: string };

/** Builds markup from a template. Escapes the inserted values, unless they are markup or a list of markup. */
export function html(parts: TemplateStringsArray, ...gaps: (string | number | Html | Html[])[]): Html {
  const fill = (gap: string | number | Html | Html[]): string => {
    if (Array.isArray(gap)) return gap.map((one) => one.markup).join('');
    return typeof gap === 'object'
      ? gap.markup
      : String(gap).replaceAll(/[&<>"']/g, (character) => escapes[character]!);
  };
  return { markup: parts.reduce((text, part, place) => text + fill(gaps[place - 1]!) + part) };
}
