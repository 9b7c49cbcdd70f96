import { describe, expect, it } from '@jest/globals';
import { createExpiringCache } from './expiring-cache.ts';

describe('an expiring cache', () => {
  it('forgets each value after its own time', () => {
    let now = 1000;
    const cache = createExpiringCache<string>({ max: 10, clock: () => now });
    cache.set('short', 'a', 5);
    cache.set('long', 'b', 50);
    now += 4;
    expect([cache.get('short'), cache.get('long')]).toEqual(['a', 'b']);
    now += 2;
    expect([cache.get('short'), cache.get('long')]).toEqual([undefined, 'b']);
    now += 50;
    expect(cache.get('long')).toBeUndefined();
  });

  it('never holds more than its number of values', () => {
    const cache = createExpiringCache<string>({ max: 3, clock: () => 1 });
    for (let index = 0; index < 100; index += 1) cache.set(`k${index}`, 'v', 1000);
    const held = Array.from({ length: 100 }, (_, index) => cache.get(`k${index}`)).filter(Boolean);
    expect(held).toHaveLength(3);
  });
});
