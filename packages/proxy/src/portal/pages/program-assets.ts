import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Where the programs of pages are. */
export const assetsPath = '/.sallyport/app';

/** A file of a program, with its own address. */
export type Asset = { path: string; type: string; content: Buffer };

const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

/** Makes the file of a program. Its address changes with its content. */
export function assetOf(program: string, extension: keyof typeof types, content: string): Asset {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return {
    path: `${assetsPath}/${program}-${digest}.${extension}`,
    type: types[extension],
    content: Buffer.from(content),
  };
}

/** Keeps what is loaded when it is first asked for. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
}

/**
 * Serves the files of a program, also without a login. A browser may keep them for ever. The files of other programs are
 * left to the next handler.
 */
export const serveAssets =
  (assets: () => Promise<Readonly<Record<string, Asset>>>): RequestHandler =>
  async (request, response, next) => {
    const found = Object.values(await assets()).find(({ path }) => path === request.path);
    if (!found) return next();
    const { type, content } = found;
    response.set({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    response.end(content);
  };
