import { ProblemError } from '@sallyport/kit';

/** A range in the order in which events were stored: after `above` and before `below`. */
export type Cursor = { above?: number; below?: number };

/** Encodes a cursor as opaque text. */
export function encodeCursor({ above, below }: Cursor): string {
  return Buffer.from(`${above ?? ''}:${below ?? ''}`).toString('base64url');
}

/** Decodes a cursor. Throws `bad-request` if it is not one. */
export function decodeCursor(text: string): Cursor {
  const match = /^(\d{0,15}):(\d{0,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (!match || encodeCursor(toCursor(match[1]!, match[2]!)) !== text)
    throw new ProblemError('bad-request', 'after: is not a cursor that this API issued');
  return toCursor(match[1]!, match[2]!);
}

function toCursor(above: string, below: string): Cursor {
  return { ...(above === '' ? {} : { above: Number(above) }), ...(below === '' ? {} : { below: Number(below) }) };
}
