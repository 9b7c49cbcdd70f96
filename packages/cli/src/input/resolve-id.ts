import { CliError, usageError } from '../terminal/cli-error.ts';

/** Fewer characters are rather a slip than a name for something that is to end. */
const shortest = 4;
const mostCandidates = 10;
const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reports whether a text is a complete id, so that nothing has to be listed to find it. */
export const isWholeId = (text: string): boolean => wholeId.test(text);

/** What has an id: its kind (`session`), the command that lists it, and one line on each to tell them apart. */
export type Listed = { kind: string; listedBy: string; entries: readonly { id: string; about: string }[] };

/**
 * Returns the id that begins with a text. Throws a CliError that lists the candidates if there are several, because the
 * caller may be about to end what has the id.
 */
export function resolveId(text: string, { kind, listedBy, entries }: Listed): string {
  // A table that does not fit on the terminal shows the beginning of an id, with an ellipsis.
  const beginning = text.replace(/…$/, '');
  const hint = `To list them, run: ${listedBy}`;
  if (entries.some(({ id }) => id === beginning)) return beginning;
  if (beginning.length < shortest)
    throw usageError(
      `"${text}" is too short for the id of ${/^[aeio]/.test(kind) ? 'an' : 'a'} ${kind}`,
      `Give at least ${shortest} characters. ${hint}`,
    );
  const found = entries.filter(({ id }) => id.startsWith(beginning));
  if (found.length === 1) return found[0]!.id;
  if (found.length === 0)
    throw new CliError('refused', `there is no such ${kind} that you can see: no id begins with "${text}"`, hint);
  const more = found.length - mostCandidates;
  throw usageError(
    `"${text}" is the beginning of ${found.length} ids: ${found
      .slice(0, mostCandidates)
      .map(({ id, about }) => `${id} (${about})`)
      .join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    'Nothing was done. Give more characters.',
  );
}
