// Compares what the gateway offers to its users with what a release has.
import { describe, expect, it } from '@jest/globals';
import { offersOf } from '../packages/proxy/src/portal/install/offers.ts';
import { platforms } from './release/platforms.mjs';

describe('the page about the command line', () => {
  it('offers the archive of each platform, and the npm package', () => {
    const offers = offersOf(
      { url: 'https://files.example.com' },
      { origin: 'https://gate.example.com', version: '1.2.3' },
    );
    const endOf = (platform) => (platform.startsWith('windows-') ? 'zip' : 'tar.gz');
    const names = Object.keys(platforms).map((platform) => `sallyport-1.2.3-${platform}.${endOf(platform)}`);
    expect(new Set(offers.map(({ name }) => name))).toEqual(new Set([...names, 'sallyport-1.2.3.tgz']));
  });
});
