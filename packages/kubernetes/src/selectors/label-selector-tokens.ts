// `==` and `!=` come before their parts. Anything that is neither a symbol nor white space is a word.
const token = /==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g;

/** Splits a label selector into symbols and words. White space only separates. */
export function tokenizeLabelSelector(selector: string): string[] {
  return selector.match(token) ?? [];
}
