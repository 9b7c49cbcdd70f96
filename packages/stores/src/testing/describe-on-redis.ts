import { describe, expect, it } from '@jest/globals';
import { hasRedisServer } from './redis-server.ts';

/** Registers tests that need a redis-server, or one that says on stderr that they were skipped. */
export function describeOnRedis(what: string, register: () => void): void {
  if (hasRedisServer()) return register();
  describe(`${what} on Redis`, () => {
    it('was SKIPPED: there is no redis-server on the PATH', () => {
      process.stderr.write(
        `\nSKIPPED: ${what} on Redis was not tested, because there is no redis-server on the PATH (apt-get install redis-server)\n\n`,
      );
      expect(hasRedisServer()).toBe(false);
    });
  });
}
