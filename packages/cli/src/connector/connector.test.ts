import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig({ nodeVersion: '24.21.0' });
});
afterEach(() => rig.remove());
const file = (name: string) => path.join(rig.directory, name);
const keygen = () => rig.run('connector', 'keygen', '--name', 'factory', '--out', 'keys');

describe('sallyport connector keygen', () => {
  it('writes a key that only its owner can read, and prints what the gateway needs', async () => {
    const { code, out, err } = await keygen();
    expect([code, err]).toEqual([0, expect.stringContaining('It is a secret')]);
    expect(parse(out)).toEqual({ connectors: [{ name: 'factory', publicKeys: [expect.stringMatching(/^MCowBQ/)] }] });
    expect(statSync(file('keys/connector.pem')).mode & 0o777).toBe(0o600);
    expect(out + err).not.toContain('PRIVATE KEY');
  });

  it('never replaces a key', async () => {
    await keygen();
    const before = readFileSync(file('keys/connector.pem'), 'utf8');
    expect(await keygen()).toMatchObject({ code: 7, out: '', err: expect.stringContaining('exists already') });
    expect(readFileSync(file('keys/connector.pem'), 'utf8')).toBe(before);
  });
});

describe('sallyport connector --check-config', () => {
  const check = async (text: string) => {
    const { out } = await keygen();
    const key = (parse(out) as { connectors: { publicKeys: string[] }[] }).connectors[0]!.publicKeys[0]!;
    writeFileSync(file('connector.yaml'), text.replace('KEY', key));
    return rig.run('connector', '--check-config');
  };

  it('takes the key that keygen made', async () => {
    expect(
      await check('gateway: https://gate.example.com\nkeyFile: keys/connector.pem\ngatewayPublicKeys: [KEY]\n'),
    ).toMatchObject({ code: 0, out: expect.stringContaining('connector.yaml: ok') });
  });

  it('reports every fault with its line', async () => {
    const { code, out, err } = await check('gateway: http://gate.example.com\ncarrers: 3\n');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/connector\.yaml:1:1: gateway: must begin with https:\/\/\n/);
    expect(err).toMatch(/connector\.yaml:2:1: carrers: unknown field \(did you mean carriers\?\)\n/);
  });

  it('is not needed to learn the faults of a file that --config names', async () => {
    writeFileSync(file('other.yaml'), 'carrers: 3\n');
    const { code, out, err } = await rig.run('connector', '--config', 'other.yaml');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('other.yaml:1:1: carrers: unknown field');
    expect(await rig.run('connector', '--config')).toMatchObject({ code: 2, err: expect.stringContaining('--config') });
    expect(await rig.run('connector', '--config', 'other.yaml', 'x')).toMatchObject({ code: 2, out: '' });
  });

  it('says that an older Node.js is not enough', async () => {
    const old = createRig();
    expect(await old.run('connector')).toMatchObject({ code: 1, err: expect.stringContaining('needs Node.js 24') });
    old.remove();
  });
});
