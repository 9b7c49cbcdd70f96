import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import express from 'express';
import supertest from 'supertest';
import { loadLogo, serveLogo } from './serve-logo.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'logo-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Loads `content` as the logo of a configuration that names it. */
function load(content: string | undefined) {
  const branding = content === undefined ? {} : { logoFile: 'logo' };
  if (content !== undefined) writeFileSync(path.join(directory, 'logo'), content);
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1:1' },
    branding,
  });
  return loadLogo({ config, resolvePath: (file: string) => path.join(directory, file) } satisfies Pick<
    LoadedConfig,
    'config' | 'resolvePath'
  >);
}

describe('the logo', () => {
  it('is none without logoFile', () => expect(load(undefined)).toBeUndefined());

  it('is served with the type of its content, as nothing that a browser runs', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const app = express().get('/logo', serveLogo(load(svg)!));
    const answer = await supertest(app).get('/logo').expect(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'attachment; filename="logo.svg"',
    });
    expect(answer.headers['content-security-policy']).toContain('sandbox');
    expect((answer.body as Buffer).toString()).toBe(svg);
    const head = await supertest(app).head('/logo').expect(200);
    expect(head.headers['content-length']).toBe(String(svg.length));
  });

  it('is never another kind of file', () => {
    expect(() => load('<html><script>alert(1)</script></html>')).toThrow('is not an image');
  });
});
