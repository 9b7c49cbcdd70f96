import * as z from 'zod/mini';

/** An address for people, so with a query and a fragment, but without a password. Never `javascript:` or `data:`. */
const helpUrlSchema = z.string().check(
  z.refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return (url?.protocol === 'https:' || url?.protocol === 'http:') && url.username === '' && url.password === '';
  }, 'not an http(s) URL without a user; write it like https://help.example.com/kubernetes'),
);

/** What the operator puts on the pages. Nothing of it decides about anything. */
export const brandingSchema = z.prefault(
  z.strictObject({
    name: z.nullish(
      z.string().check(
        z.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,60}$/u, 'must be one line of 1 to 60 characters'),
        z.refine((name) => name.trim() === name, 'must not begin or end with a space'),
      ),
    ),
    helpUrl: z.nullish(helpUrlSchema),
    logoFile: z.nullish(z.string().check(z.minLength(1))),
    accent: z.nullish(
      z
        .string()
        .check(
          z.regex(/^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 'not a color; write it like "#2457d6", with the quotes'),
        ),
    ),
  }),
  {},
);
