/** An image that the gateway serves, with its media type by content. */
export type Logo = { type: string; extension: string; content: Buffer };

const maxBytes = 256 * 1024;
const latin = (content: Buffer, from: number, to: number) => content.toString('latin1', from, to);

/** Reports whether a text is SVG: nothing but a declaration, comments and a document type before the root element. */
function isSvg(content: Buffer): boolean {
  let rest = content.toString('utf8').replace(/^\uFEFF/, '');
  for (;;) {
    rest = rest.trimStart();
    if (/^<svg[\s>]/.test(rest)) return true;
    const end = rest.startsWith('<?xml ')
      ? '?>'
      : rest.startsWith('<!--')
        ? '-->'
        : /^<!DOCTYPE svg[^[>]*>/.exec(rest)?.[0];
    const at = end === undefined ? -1 : rest.indexOf(end);
    if (end === undefined || at < 0) return false;
    rest = rest.slice(at + end.length);
  }
}

const kinds: { type: string; extension: string; matches(content: Buffer): boolean }[] = [
  { type: 'image/png', extension: 'png', matches: (content) => latin(content, 0, 8) === '\x89PNG\r\n\x1a\n' },
  { type: 'image/jpeg', extension: 'jpg', matches: (content) => latin(content, 0, 3) === '\xff\xd8\xff' },
  { type: 'image/gif', extension: 'gif', matches: (content) => /^GIF8[79]a$/.test(latin(content, 0, 6)) },
  {
    type: 'image/webp',
    extension: 'webp',
    matches: (content) => latin(content, 0, 4) === 'RIFF' && latin(content, 8, 12) === 'WEBP',
  },
  { type: 'image/svg+xml', extension: 'svg', matches: isSvg },
];

/** Reads a logo, whose type is that of its content, whatever its file is called. Throws what is wrong with it. */
export function readLogo(content: Buffer): Logo {
  if (content.length > maxBytes) throw new Error('is larger than 256 KiB; save a smaller image');
  const kind = kinds.find(({ matches }) => matches(content));
  if (!kind) throw new Error('is not an image; save it as PNG, JPEG, GIF, WebP or SVG');
  return { type: kind.type, extension: kind.extension, content };
}

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
