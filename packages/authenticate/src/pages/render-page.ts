import { hash } from 'node:crypto';
import helmet from 'helmet';
import type { RequestHandler, Response } from 'express';
import { pageStyle } from './page-style.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Markup, as opposed to untrusted text. */
export type Html = { markup: string };

/** Builds markup from a template. Escapes the inserted values, unless they are markup or a list of markup. */
export function html(parts: TemplateStringsArray, ...gaps: (string | number | Html | Html[])[]): Html {
  const fill = (gap: string | number | Html | Html[]): string => {
    if (Array.isArray(gap)) return gap.map((one) => one.markup).join('');
    return typeof gap === 'object'
      ? gap.markup
      : String(gap).replaceAll(/[&<>"']/g, (character) => escapes[character]!);
  };
  return { markup: parts.reduce((text, part, place) => text + fill(gaps[place - 1]!) + part) };
}

/**
 * Creates the middleware that sets the security headers: no scripts, no frames, no forms to other sites, no caching.
 */
export function pageHeaders(): RequestHandler {
  const secure = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [`'sha256-${hash('sha256', pageStyle, 'base64')}'`],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Not `no-referrer`, with which browsers send `Origin: null` for the logout form.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
  });
  return (request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    secure(request, response, next);
  };
}

/** Sends a page. `title` is both its heading and the title of the tab. */
export function sendPage(response: Response, status: number, title: string, body: Html): void {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title} - Sallyport</title><style>${{ markup: pageStyle }}</style></head>
<body><header><p class="brand">Sallyport</p></header>
<main><h1>${title}</h1>
${body}
</main></body></html>
`;
  response.status(status).type('html').send(page.markup);
}
