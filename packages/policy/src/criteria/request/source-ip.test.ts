import { describe, expect, it } from '@jest/globals';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const from = (ip: unknown) => ({ request: { ip: ip as string } });
const holds = (data: unknown, ip: unknown) => evaluateCriterion('source_ip', data, from(ip))[0];

describe('source_ip', () => {
  it('holds for an address, a range, or one of several', () => {
    expect(holds('1.2.3.4', '1.2.3.4')).toBe(true);
    expect(holds('1.2.3.4', '1.2.3.5')).toBe(false);
    expect(holds('192.168.1.1/24', '192.168.1.200')).toBe(true);
    expect(holds('192.168.1.1/24', '192.168.2.1')).toBe(false);
    expect(holds(['10.0.0.1', '2001:db8::/32'], '2001:db8:1::5')).toBe(true);
    expect(holds('10.0.0.0/31', '10.0.0.1')).toBe(true);
    expect(holds('10.0.0.0/31', '10.0.0.2')).toBe(false);
  });

  it('treats an IPv4 address written as IPv6 as the same, on both sides', () => {
    expect(holds('10.0.0.0/8', '::ffff:10.1.2.3')).toBe(true);
    expect(holds('10.0.0.0/8', '::ffff:a01:203')).toBe(true);
    expect(holds('::ffff:10.0.0.0/104', '10.1.2.3')).toBe(true);
    expect(holds('::/0', '10.1.2.3')).toBe(false);
    expect(holds('0.0.0.0/0', '::1')).toBe(false);
    expect(holds('::/0', '::1')).toBe(true);
  });

  it('ignores the zone of a link-local address', () => {
    expect(holds('fe80::/10', 'fe80::1%eth0')).toBe(true);
  });

  it('does not hold for what is not an address', () => {
    for (const ip of [
      undefined,
      null,
      5,
      '',
      'localhost',
      '1.2.3',
      '01.2.3.4',
      '1.2.3.4.5',
      '::g',
      '1.2.3.4:80',
      ' 1.2.3.4',
    ])
      expect(evaluateCriterion('source_ip', ['0.0.0.0/0', '::/0'], from(ip))).toEqual([
        false,
        'source-ip-unauthorized',
      ]);
  });

  it('refuses what is neither an address nor a range', () => {
    expect(faultsOf('source_ip', 'not-an-ip')).toEqual([
      'source_ip: "not-an-ip" is neither an IP address nor a CIDR range',
    ]);
    for (const data of [
      '1.2.3.4/33',
      '1.2.3.4/-1',
      '1.2.3.4/',
      '1.2.3.4/08',
      '::1/129',
      'fe80::1%eth0',
      '1.2.3.0/24/8',
      5,
      null,
      {},
      [],
      ['10.0.0.1', 5],
    ])
      expect(faultsOf('source_ip', data)).toHaveLength(1);
  });
});
