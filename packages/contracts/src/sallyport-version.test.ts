import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { sallyportVersion } from './sallyport-version.ts';

describe('the version of Sallyport', () => {
  it.each(['../package.json', '../../cli/package.json', '../../../package.json'])('is that of %s', (file) => {
    const { version } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as { version: string };
    expect(sallyportVersion).toBe(version);
  });
});
