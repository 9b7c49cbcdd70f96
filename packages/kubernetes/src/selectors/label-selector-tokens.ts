// `==` and `!=` before their halves; anything that is neither a symbol nor white space is a word.
const token = /==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+/g;

/** Splits a label selector into symbols and words; white space only separates. */
export function tokenizeLabelSelector(selector: string): string[] {
  return selector.match(token) ?? [];
}
