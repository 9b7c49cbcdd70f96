import { describe, expect, it } from '@jest/globals';
import { logoHeaders, readLogo } from './read-logo.ts';

const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('a logo', () => {
  it.each([
    ['image/png', '\x89PNG\r\n\x1a\n\0\0'],
    ['image/jpeg', '\xff\xd8\xff\xe0'],
    ['image/gif', 'GIF89a..'],
    ['image/webp', 'RIFF\0\0\0\0WEBPVP8 '],
    ['image/svg+xml', svg],
    ['image/svg+xml', `\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n${svg}`],
    ['image/svg+xml', `<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">${svg}`],
  ])('has the type %s by its content', (type, content) => {
    expect(readLogo(bytes(content)).type).toBe(type);
  });

  it.each([
    ['a page', '<!doctype html><html><svg></svg></html>'],
    ['a page behind a comment', `<!-- ${svg} --><html></html>`],
    ['a script', 'alert(1)//<svg>'],
    ['an SVG that declares entities', `<!DOCTYPE svg [<!ENTITY x "y">]>${svg}`],
    ['an unended comment', `<!-- ${svg}`],
    ['another element', '<svgx></svgx>'],
    ['nothing', ''],
    ['a key', '-----BEGIN PRIVATE KEY-----'],
  ])('is never %s', (_what, content) => {
    expect(() => readLogo(bytes(content))).toThrow('is not an image');
  });

  it('has at most 256 KiB', () => {
    const image = (length: number) => Buffer.concat([bytes('\x89PNG\r\n\x1a\n'), Buffer.alloc(length - 8)]);
    expect(readLogo(image(256 * 1024)).content).toHaveLength(256 * 1024);
    expect(() => readLogo(image(256 * 1024 + 1))).toThrow('is larger than 256 KiB');
  });

  it('is served as an image, without scripts, and saved rather than opened', () => {
    expect(logoHeaders(readLogo(bytes(svg)))).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-disposition': 'attachment; filename="logo.svg"',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });
});
