import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readArguments, usage } from './arguments.mjs';
import { platforms } from './platforms.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const read = (...args) => readArguments(root, args);

describe('the arguments of a release', () => {
  it('choose platforms, in an order of their own', () => {
    expect(read().chosen).toEqual(Object.keys(platforms));
    expect(read('--only', 'none').chosen).toEqual([]);
    expect(read('--only', 'darwin-x64,linux-x64').chosen).toEqual(['linux-x64', 'darwin-x64']);
    expect(() => read('--only', 'linux-x86')).toThrow('there is no archive for "linux-x86"');
  });

  it('name an https URL for downloads, and any URI for the builder', () => {
    expect(read('--download-url', 'https://files.example.com/x/').downloadUrl).toBe('https://files.example.com/x');
    for (const wrong of ['http://a.example', 'files', 'https://a.example/?x', 'https://u:p@a.example', 'https://a/"'])
      expect(() => read('--download-url', wrong)).toThrow('--download-url needs an https URL');
    expect(read('--builder', 'urn:example:builder').builder).toBe('urn:example:builder');
    for (const wrong of ['builder', 'https://u:p@a.example'])
      expect(() => read('--builder', wrong)).toThrow('--builder needs an absolute URI');
  });

  it('are all in the help', () => {
    for (const name of ['only', 'out', 'signing-key', 'trusted-key', 'download-url', 'builder', 'unattested', 'help'])
      expect(usage).toContain(`--${name}`);
    expect(() => read('--nonsense')).toThrow('--nonsense');
  });
});
