import type { IncomingMessage } from 'node:http';
import { ProblemError, readBody } from '@sallyport/kit';

/** Enough for a reason and a ticket of the greatest length, with every byte escaped. */
const maxBodyBytes = 16 * 1024;

/** The fields of a form by name, as one line each. Empty fields are missing. */
export type FormFields = ReadonlyMap<string, string>;

/**
 * Reads a form with these fields and no others. Line breaks become spaces. Throws for another type, for more than 16
 * KiB, and for unknown or repeated fields.
 */
export async function readForm(request: IncomingMessage, names: readonly string[]): Promise<FormFields> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This address accepts only the form of its page.');
  const text = (await readBody(request, maxBodyBytes)).toString('latin1');
  const fields = new URLSearchParams(text);
  // The form of a browser is ASCII, with everything else escaped (URL standard, 5.2).
  const isPlain = /^[\x21-\x7e]*$/.test(text) && new Set(fields.keys()).size === fields.size;
  if (!isPlain || [...fields.keys()].some((name) => !names.includes(name)))
    throw new ProblemError('bad-request', 'This form cannot be read. Open its page again, and send it from there.');
  return new Map(
    [...fields]
      .map(([name, value]) => [name, value.replaceAll(/\s+/g, ' ').trim()] as const)
      .filter(([, value]) => value !== ''),
  );
}
