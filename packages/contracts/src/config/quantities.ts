import * as z from 'zod/mini';
import { parseBytes } from '../text/bytes.ts';
import { parseDuration } from '../text/duration.ts';

/** A duration such as `30s`, `12h` or `1h30m`; parsed to milliseconds. */
export const durationSchema = z.pipe(
  z.string(),
  z.transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.issues.push({
      code: 'custom',
      message: 'not a duration; write it like 30s, 5m, 12h or 1h30m',
      input: text,
    });
    return z.NEVER;
  }),
);

/** A size such as `8MiB` or `1GiB`; parsed to bytes. */
export const sizeSchema = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((value, context) => {
    const bytes = parseBytes(String(value));
    if (bytes !== undefined) return bytes;
    context.issues.push({ code: 'custom', message: 'not a size; write it like 512KiB, 8MiB or 1GiB', input: value });
    return z.NEVER;
  }),
);
