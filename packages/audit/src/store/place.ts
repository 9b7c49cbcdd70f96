import { ProblemError } from '@sallyport/kit';

/** A part of the order in which events were taken in: after `above`, before `below`. */
export type Place = { above?: number; below?: number };

/** Makes the opaque text that stands for a place. */
export function encodePlace({ above, below }: Place): string {
  return Buffer.from(`${above ?? ''}:${below ?? ''}`).toString('base64url');
}

/** Reads a place back; throws `bad-request` if it is none. */
export function decodePlace(text: string): Place {
  const match = /^(\d{0,15}):(\d{0,15})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  if (!match || encodePlace(toPlace(match[1]!, match[2]!)) !== text)
    throw new ProblemError('bad-request', 'after: is not a place that this address gave out');
  return toPlace(match[1]!, match[2]!);
}

function toPlace(above: string, below: string): Place {
  return { ...(above === '' ? {} : { above: Number(above) }), ...(below === '' ? {} : { below: Number(below) }) };
}
