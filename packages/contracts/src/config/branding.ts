import * as z from 'zod/mini';
import { about } from '../text/about.ts';

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
    name: about(
      'The name of the gateway on its pages, at most 60 characters. Without it they show Sallyport.',
      z.nullish(
        z.string().check(
          z.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,60}$/u, 'must be one line of 1 to 60 characters'),
          z.refine((name) => name.trim() === name, 'must not begin or end with a space'),
        ),
      ),
    ),
    helpUrl: about('Where people get help: an http(s) URL, to which every page links.', z.nullish(helpUrlSchema)),
    logoFile: about(
      'An image that the pages show: PNG, JPEG, GIF, WebP or SVG, at most 256 KiB. Only the gateway (proxy) reads the file.',
      z.nullish(z.string().check(z.minLength(1))),
    ),
    accent: about(
      'The color of links and buttons, such as "#2457d6". Where it is hard to read on the page, the pages use a darker or lighter one.',
      z.nullish(
        z
          .string()
          .check(
            z.regex(/^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 'not a color; write it like "#2457d6", with the quotes'),
          ),
      ),
    ),
  }),
  {},
);
