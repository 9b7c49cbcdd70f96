import { describe, expect, it } from '@jest/globals';
import { brandingSchema } from './branding.ts';

const faultsOf = (branding: unknown) => brandingSchema.safeParse(branding).error?.issues.map(({ message }) => message);

describe('branding', () => {
  it('is optional, and so is each of its parts', () => {
    expect(brandingSchema.parse(undefined)).toEqual({});
    expect(faultsOf({ name: null, helpUrl: null, logoFile: null, accent: null })).toBeUndefined();
    expect(
      faultsOf({
        name: 'Example Corp – Straße',
        helpUrl: 'https://help.example.com/k8s?from=gate#login',
        logoFile: 'logo.svg',
        accent: '#2457d6',
      }),
    ).toBeUndefined();
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'ftp://help.example.com',
    '//help.example.com',
    'help.example.com',
    'https://user:password@help.example.com',
    'https://user@help.example.com',
  ])('has no help at %j', (helpUrl) => {
    expect(faultsOf({ helpUrl })).toEqual([expect.stringContaining('not an http(s) URL without a user')]);
  });

  it.each(['blue', '#12345', '#1234567', '2457d6', '#2457d6;}body{', 'url(x)'])('has no accent %j', (accent) => {
    expect(faultsOf({ accent })).toEqual([expect.stringContaining('not a color')]);
  });

  it.each(['', ' Example', 'Example ', 'two\nlines', 'bad\u202Eorder', 'x'.repeat(61)])('has no name %j', (name) => {
    expect(faultsOf({ name })).toHaveLength(1);
  });
});
