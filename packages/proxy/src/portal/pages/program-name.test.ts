import { describe, expect, it } from '@jest/globals';
import { programName } from './program-name.ts';

describe('the name of a program', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
      'Chrome on Linux',
    ],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0', 'Firefox on macOS'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      'Safari on iOS',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
      'Microsoft Edge on Windows',
    ],
    ['kubectl/v1.34.2 (linux/amd64) kubernetes/8cc511e', 'kubectl v1.34.2'],
    ['sallyport-cli', 'sallyport-cli'],
    ['', ''],
    [' (odd)', ' (odd)'],
  ])('of %j is %j', (userAgent, name) => {
    expect(programName(userAgent)).toBe(name);
  });

  it('is short, and found at once, whatever a client sends', () => {
    for (const piece of ['a', ' ', '(', 'Mozilla/5.0 (', 'Mozilla/5.0 Chrome/'.repeat(3), '1.'])
      expect(programName(`Mozilla/${piece.repeat(100_000)}`).length).toBeLessThanOrEqual(512);
  });
});
