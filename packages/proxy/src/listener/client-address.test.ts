import { describe, expect, it } from '@jest/globals';
import { createClientAddress } from './client-address.ts';

describe("the client's address", () => {
  it("is the peer's unless the peer is a trusted proxy, whatever the header contains", () => {
    expect(createClientAddress([])('10.0.0.9', '6.6.6.6')).toBe('10.0.0.9');
    expect(createClientAddress(['192.168.0.0/16'])('10.0.0.9', '6.6.6.6')).toBe('10.0.0.9');
    expect(createClientAddress([])('::ffff:10.0.0.9', undefined)).toBe('10.0.0.9');
  });

  it('is the nearest hop that is not trusted', () => {
    const address = createClientAddress(['10.0.0.0/8', 'fd00::/8']);
    expect(address('10.0.0.1', '1.1.1.1, 6.6.6.6, 10.0.0.7')).toBe('6.6.6.6');
    expect(address('fd00::1', '2001:db8::5')).toBe('2001:db8::5');
    expect(address('10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  });

  it('does not go beyond a hop that cannot be parsed', () => {
    const address = createClientAddress(['10.0.0.0/8']);
    expect(address('10.0.0.1', '6.6.6.6, evil, 10.0.0.7')).toBe('10.0.0.7');
    expect(address('10.0.0.1', '')).toBe('10.0.0.1');
  });
});
