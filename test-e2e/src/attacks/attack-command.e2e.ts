import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { attackRows } from '@sallyport/attack';
import {
  runCli,
  startGateway,
  startPractice,
  type CommandResult,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { plantedHoles, startNaiveProxy } from './fixtures/naive-proxy.ts';

type Found = {
  target: string;
  ok: boolean;
  holes: number;
  user: { username: string };
  rows: { row: string; result: string; probes: { what: string; result: string; seen: string }[] }[];
};
const rowsThat = ({ rows }: Found, result: string) => rows.filter((one) => one.result === result).map(({ row }) => row);

describe('sallyport attack', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let tokenFile: string;
  let token: string;
  beforeAll(async () => {
    practice = await startPractice();
    const { publicKey } = generateKeyPairSync('ed25519');
    const connector = { name: 'factory', publicKeys: [publicKey.export({ format: 'pem', type: 'spki' })] };
    gateway = await startGateway({
      mode: 'embedded',
      clusters: [{ ...practice.access }],
      more: { connectors: [connector] },
    });
    ({ token } = await gateway.login('alice@example.com'));
    tokenFile = path.join(gateway.directory, 'token');
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });
  const attack = (target: string, ...more: string[]): Promise<CommandResult> =>
    runCli(['attack', '--target', target, '--token-file', tokenFile, ...more], {
      home: path.join(gateway.directory, 'attacker'),
      timeoutMs: 170_000,
    });

  // The first, because events of an attack may still arrive after it.
  it('does nothing without confirmation', async () => {
    const { code, stderr } = await attack(gateway.url, '--ca-file', gateway.caFile);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/hostile requests to https:[\s\S]*--yes/)]);
    expect(gateway.events((record) => record.data.userAgent?.startsWith('sallyport-attack/') === true)).toEqual([]);
  });

  it('finds nothing in the gateway, and reports what it could not check', async () => {
    const { code, stdout, stderr } = await attack(gateway.url, '--ca-file', gateway.caFile, '--yes', '-o', 'json');
    const found = JSON.parse(stdout) as Found;
    expect(
      found.rows.flatMap(({ row, probes }) =>
        probes.filter(({ result }) => result === 'hole').map((one) => ({ row, ...one })),
      ),
    ).toEqual([]);
    expect([code, found.ok, found.user.username, found.target]).toEqual([
      0,
      true,
      'alice@example.com',
      gateway.clusterUrl(),
    ]);
    expect(found.rows.map(({ row }) => row)).toEqual(attackRows.map(({ row }) => row));
    expect(rowsThat(found, 'inconclusive')).toEqual(['A05', 'A14']);
    expect(`${stdout}${stderr}`).not.toContain(token);
  });

  it('is marked in the audit trail', async () => {
    const events = await gateway.audit.await(
      (record) => record.data.userAgent?.startsWith('sallyport-attack/') === true,
      50,
    );
    expect(events.every(({ type }) => ['k8s.request', 'http.request'].includes(type))).toBe(true);
    expect(
      events.filter(({ data }) => data.stage === 'ResponseComplete' && (data.responseStatus?.code ?? 0) >= 500),
    ).toEqual([]);
  });

  it('reports what is wrong with a token or an address instead of checking anything', async () => {
    writeFileSync(`${tokenFile}.wrong`, `spt_${'A'.repeat(43)}`, { mode: 0o644 });
    const wrong = await runCli(
      [
        'attack',
        '--target',
        gateway.clusterUrl(),
        '--token-file',
        `${tokenFile}.wrong`,
        '--ca-file',
        gateway.caFile,
        '--yes',
      ],
      { home: path.join(gateway.directory, 'attacker') },
    );
    expect([wrong.code, wrong.stderr]).toEqual([
      3,
      expect.stringMatching(/can be read by others[\s\S]*does not accept the token/),
    ]);
    expect((await attack(`${gateway.url}/clusters/none`, '--ca-file', gateway.caFile, '--yes')).code).toBe(5);
    expect((await attack('https://127.0.0.1:9', '--yes')).code).toBe(4);
    expect((await attack('http://gate.example.com', '--yes')).code).toBe(2);
    expect(
      (
        await runCli(['attack', '--target', gateway.url, '--token-file', '/none', '--yes'], {
          home: gateway.directory,
        })
      ).code,
    ).toBe(7);
  });

  it('finds every hole in a naive proxy, and reports what it observed', async () => {
    const naive = await startNaiveProxy(token);
    try {
      const { code, stdout } = await attack(naive.url, '--yes', '-o', 'json');
      const found = JSON.parse(stdout) as Found;
      expect([code, found.ok]).toEqual([1, false]);
      expect(rowsThat(found, 'hole')).toEqual(plantedHoles);
      const text = await attack(naive.url, '--yes');
      expect(text.code).toBe(1);
      for (const row of plantedHoles) expect(text.stdout).toMatch(new RegExp(`^${row} .* HOLE `, 'm'));
      expect(text.stdout).toContain('the cluster identified you as sallyport-attack');
      expect(`${text.stdout}${text.stderr}`).not.toContain(token);
    } finally {
      await naive.stop();
    }
  });
});
