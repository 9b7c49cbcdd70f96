import * as z from 'zod/mini';

/** A user name or an email address: one line of text without spaces around it. */
const nameSchema = z.string().check(
  z.minLength(1),
  z.maxLength(320),
  z.refine((text) => text.trim() === text && !/\p{Cc}/u.test(text), 'has spaces around it, or control characters'),
);

const timeSchema = z.pipe(
  z.iso.datetime({ offset: true, error: 'is not a time with a zone, such as 2026-11-01T08:00:00Z' }),
  z.transform((text) => Date.parse(text)),
);

const userSchema = z.pipe(
  z.union([nameSchema, z.strictObject({ user: nameSchema, until: z.optional(timeSchema) })]),
  z.transform((one): OnCallUser => {
    if (typeof one === 'string') return { user: one };
    return one.until === undefined ? { user: one.user } : { user: one.user, until: one.until };
  }),
);

/** Someone who is on call: a user name or an email address, and when that ends, in milliseconds since the epoch. */
export type OnCallUser = { readonly user: string; readonly until?: number };

const maxUsers = 10_000;
const users = z.array(userSchema).check(z.maxLength(maxUsers));

/** A file with an on-call list. People write it, so an unknown field is a fault. */
export const onCallFileSchema = z.strictObject({ users });

/** The answer of a server with an on-call list. What else it says is ignored. */
export const onCallAnswerSchema = z.object({ users });
