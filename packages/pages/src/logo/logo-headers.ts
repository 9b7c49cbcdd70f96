import type { Logo } from './read-logo.ts';

/**
 * Returns the headers with which a logo is an image and nothing else. A browser that opens it by its address saves it,
 * and an SVG runs no script wherever it is shown.
 */
export function logoHeaders({ type, extension, content }: Logo): Record<string, string | number> {
  return {
    'content-type': type,
    'content-length': content.length,
    'content-disposition': `attachment; filename="logo.${extension}"`,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, max-age=300',
  };
}
