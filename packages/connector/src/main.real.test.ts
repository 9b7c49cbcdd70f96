import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeConnectorKey } from './key/connector-key.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-main-'));
const { privateKey, publicKey } = makeConnectorKey();
const whole = `keyFile: key.pem\ngatewayPublicKeys: [${publicKey}]\n`;
beforeAll(() => writeFileSync(path.join(directory, 'key.pem'), privateKey));
afterAll(() => rmSync(directory, { recursive: true }));

function start(config: string, ...args: string[]) {
  writeFileSync(path.join(directory, 'connector.yaml'), config);
  const main = path.join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main, ...args], { cwd: directory });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { child, ended: ended.then(([[code], out, err]) => ({ code: code as number, out, err })) };
}

it('runs until a signal ends it, tells its health, and goes on while there is no gateway', async () => {
  // A port that was free a moment ago, and one on which nothing listens.
  const [admin, closed] = await Promise.all(
    [0, 0].map(async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      server.close();
      await once(server, 'close');
      return port;
    }),
  );
  const { child, ended } = start(`${whole}gateway: https://127.0.0.1:${closed}\nlisten: 127.0.0.1:${admin}\n`);
  let seen = '';
  child.stdout.on('data', (chunk) => (seen += String(chunk)));
  while (!seen.includes('no connection to the gateway')) await once(child.stdout, 'data');
  const ask = async (what: string) => (await fetch(`http://127.0.0.1:${admin}/${what}`)).status;
  expect([await ask('livez'), await ask('readyz'), await ask('metrics')]).toEqual([200, 503, 200]);
  child.kill('SIGTERM');
  const { code, out, err } = await ended;
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`"publicKey":"${publicKey}"`);
  expect(out + err).not.toContain('PRIVATE KEY');
});

it.each([
  ['a right configuration', ['--check-config'], 'gateway: https://gate.example.com', 0, 'connector.yaml: ok\n'],
  [
    'a wrong one',
    ['--check-config'],
    'gateway: gate.example.com',
    1,
    'connector.yaml:3:1: gateway: not an http(s) URL',
  ],
  ['no configuration', ['--config', 'missing.yaml'], '', 1, 'missing.yaml: cannot be read (ENOENT)'],
  ['an unknown argument', ['--confg'], '', 2, 'there is no option --confg'],
  [
    'an address that this machine does not have',
    [],
    'gateway: https://gate.example.com\nlisten: 192.0.2.1:1',
    1,
    'cannot listen on 192.0.2.1:1 (listen)',
  ],
])('says what is the matter with %s, and ends with a code', async (_what, args, config, code, words) => {
  const { out, err, ...rest } = await start(`${whole}${config}\n`, ...args).ended;
  expect(rest).toEqual({ code });
  expect(out + err).toContain(words);
});
