import { ProblemError } from '@sallyport/kit';

/**
 * A range in the order in which events were stored: after `above` and before `below`. `top` is the newest event when the
 * first page was read, for a reader who must not see what happened since.
 */
export type Cursor = { above?: number; below?: number; top?: number };

/** Encodes a cursor as opaque text. */
export function encodeCursor({ above, below, top }: Cursor): string {
  return Buffer.from(`${above ?? ''}:${below ?? ''}${top === undefined ? '' : `:${top}`}`).toString('base64url');
}

/** Decodes a cursor. Throws `bad-request` if it is not one. */
export function decodeCursor(text: string): Cursor {
  const match = /^(\d{0,15}):(\d{0,15})(?::(\d{1,15}))?$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const cursor = match ? toCursor(match[1]!, match[2]!, match[3] ?? '') : undefined;
  if (cursor === undefined || encodeCursor(cursor) !== text)
    throw new ProblemError('bad-request', 'after: is not a cursor that this API issued');
  return cursor;
}

function toCursor(above: string, below: string, top: string): Cursor {
  return {
    ...(above === '' ? {} : { above: Number(above) }),
    ...(below === '' ? {} : { below: Number(below) }),
    ...(top === '' ? {} : { top: Number(top) }),
  };
}
