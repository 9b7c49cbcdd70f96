import * as z from 'zod/mini';
import { about } from '../text/about.ts';
import { parseUrl } from './outbound-url.ts';

/** Where people download from. It is on a page, so it has no secret in it. A trailing slash is removed. */
const linkSchema = z.pipe(
  z.string().check(
    z.maxLength(2048),
    z.refine((text) => {
      const url = parseUrl(text);
      return url?.protocol === 'https:' && !url.username && !url.password && !url.search && !url.hash;
    }, 'not an https URL without user, query and fragment'),
  ),
  z.transform((text) => text.replace(/\/+$/, '')),
);

/** Where users get the command line. */
export const downloadsSchema = z.prefault(
  z
    .strictObject({
      directory: about(
        'A directory with what `npm run release` writes. The gateway serves the files that SHA256SUMS lists, to anyone. They must be of its own version. In the image, /app/downloads has the npm package.',
        z.nullish(z.string().check(z.minLength(1))),
      ),
      url: about(
        'Instead of a directory: the https URL below which these files are, under their own names. The page links to them.',
        z.nullish(linkSchema),
      ),
    })
    .check(
      z.refine(({ directory, url }) => directory == null || url == null, {
        path: ['url'],
        message: 'cannot be combined with directory',
      }),
    ),
  {},
);
