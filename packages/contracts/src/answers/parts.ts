import * as z from 'zod/mini';

/** Text that some gateways leave out and others send as null. */
export const optionalText = z.nullish(z.string());

/** A time: milliseconds since the epoch, or RFC 3339. Parsed to milliseconds. */
export const timeSchema = z.pipe(
  z.union([z.number(), z.string()]),
  z.transform((value: number | string, context) => {
    const ms = typeof value === 'number' ? value : Date.parse(value);
    if (Number.isFinite(ms) && ms >= 0 && ms <= 8.64e15) return Math.floor(ms);
    context.issues.push({ code: 'custom', message: 'not a time', input: value });
    return z.NEVER;
  }),
);

/** A token (RFC 6750, 2.1). None of its characters needs escaping in JSON or a shell. */
export const tokenSchema = z.string().check(z.regex(/^[A-Za-z0-9._~+/-]{16,4096}=*$/));

/** One of these words, or one that a newer gateway has added. Readers show such a word as it is. */
export const wordOf = <Known extends string>(): z.ZodMiniType<Known | (string & {}), Known | (string & {})> =>
  z.string();
