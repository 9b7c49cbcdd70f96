import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { hourMs, secondMs } from '../text/duration.ts';
import { durationSchema } from './quantities.ts';
import { outboundUrlSchema, overNetwork, refuseClear } from './outbound-url.ts';
import { about } from '../text/about.ts';

const defaults = { refresh: 30 * secondMs, maxStale: 300 * secondMs };

/** The value of the header `Authorization`. The message of a fault does not contain it. */
const authorizationSchema = z
  .string()
  .check(
    z.maxLength(8192),
    z.regex(
      /^[!-~]+( [!-~]+)*$/,
      'is not the value of a header: one line of visible ASCII characters, such as Bearer TOKEN',
    ),
  );

const ofHook = ['authorization', 'refresh', 'maxStale', 'caFile'] as const;

/** Who is on call, from a file or from a server that is asked again and again. */
export const onCallListSchema = z.pipe(
  z
    .strictObject({
      name: about('The name that policies use.', nameSchema),
      file: about(
        'A file (YAML or JSON) of the form {users: [alice@example.com, {user: bob, until: 2026-11-01T18:00:00Z}]}. A change counts without a restart.',
        z.nullish(z.string().check(z.minLength(1))),
      ),
      url: about(
        'Instead of a file: a server that answers GET with such a list as JSON. It must begin with https. Redirects are not followed.',
        z.nullish(outboundUrlSchema),
      ),
      authorization: about(
        'The value of the header Authorization that the server is sent. Write Bearer ${file:/path}.',
        z.nullish(authorizationSchema),
      ),
      refresh: about(
        'How often the server is asked, from one second to one hour: 30s by default.',
        z.nullish(
          durationSchema.check(
            z.refine((ms) => ms >= secondMs && ms <= hourMs, 'must be between one second and one hour'),
          ),
        ),
      ),
      maxStale: about(
        'How long an answer counts while the server is away, up to 24 hours: 5m by default. After that, no one counts as on call in an allow rule, and everyone may be on call in a deny rule.',
        z.nullish(durationSchema.check(z.refine((ms) => ms <= 24 * hourMs, 'must be 24 hours at most'))),
      ),
      ...overNetwork('server'),
    })
    .check(
      z.superRefine((list, context) => {
        const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
        const { file, url, allowInsecure } = list;
        if (file == null && url == null) fault('file', 'is missing: give a file, or the url of a server');
        if (file != null && url != null) fault('url', 'is of no use with a file; remove one of the two');
        if (url == null) {
          if (file != null) for (const name of ofHook) if (list[name] != null) fault(name, 'is of no use with a file');
          return;
        }
        refuseClear({ url, allowInsecure }, context);
        const { refresh, maxStale } = { ...defaults, ...given(list) };
        if (maxStale < refresh)
          fault('maxStale', 'must not be shorter than refresh: the list would be unknown in between');
      }),
    ),
  z.transform((list) => ({ ...list, ...defaults, ...given(list) })),
);
export type OnCallConfig = z.infer<typeof onCallListSchema>;

const given = ({
  refresh,
  maxStale,
}: {
  refresh?: number | null | undefined;
  maxStale?: number | null | undefined;
}) => ({
  ...(refresh == null ? {} : { refresh }),
  ...(maxStale == null ? {} : { maxStale }),
});
