/** The narrowest a column may become: the eight characters that usually are enough of an id, and an ellipsis. */
const narrowest = 9;

/** Returns text that takes up at most `width` columns. `…` stands for what is left out at the end. */
export function cutText(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/**
 * Returns the widths of columns that fit into `available`. Only the columns for which `shrinks` says so become narrower,
 * the widest first. Names and ids are left whole, because the reader wants to copy them.
 */
export function fitColumns(
  widths: readonly number[],
  shrinks: (column: number) => boolean,
  available: number | undefined,
): number[] {
  const fitted = [...widths];
  if (available === undefined || available <= 0) return fitted;
  let excess = fitted.reduce((sum, width) => sum + width, 2 * (fitted.length - 1)) - available;
  while (excess > 0) {
    const widest = fitted.reduce(
      (best, width, column) =>
        shrinks(column) && width > narrowest && (best === undefined || width > fitted[best]!) ? column : best,
      undefined as number | undefined,
    );
    if (widest === undefined) break;
    fitted[widest]! -= 1;
    excess -= 1;
  }
  return fitted;
}
