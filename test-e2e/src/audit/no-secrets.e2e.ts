import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { serviceNames } from '@sallyport/contracts';
import {
  describeWith,
  dumpPostgres,
  dumpRedis,
  dumpTopic,
  eventually,
  httpRequestOnce,
  rawExchange,
  runCommand,
  runDirectory,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

const plant = (where: string) => `planted-${where}-${randomUUID()}`;
const planted = {
  argv: plant('in-argv'),
  'argv of a run on a node': plant('in-cmd'),
  'argv through a service': plant('in-proxied-cmd'),
  'argv that is searched for': plant('in-a-search'),
  'argv in another spelling': plant('in-another-spelling'),
  "a Secret's data": plant('in-a-body'),
  "a Secret's data in a response": plant('in-an-answer'),
  cookie: plant('in-a-cookie'),
  password: plant('in-a-password'),
  code: plant('in-a-code'),
  'credential of a cluster': plant('in-the-configuration'),
};
/** The forms in which a text could be in an output. */
const forms = (text: string): string[] => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
  text.replaceAll('-', '%2d'),
  text.replaceAll('-', '%2D'),
];

/** The distinctive part of every private key below a directory. */
function keysIn(directory: string): [string, string][] {
  return readdirSync(directory)
    .map((name): [string, string] => [`private key ${name}`, readFileSync(path.join(directory, name), 'utf8')])
    .filter(([, text]) => text.includes('PRIVATE KEY'))
    .map(([name, text]) => [name, text.split('\n')[1]!.slice(20, 60)]);
}

describeWith(['redis', 'kafka', 'postgres'], 'a secret that passes through four services', () => {
  let [gateway, upstream]: [Gateway, RecordingUpstream] = [undefined!, undefined!];
  const basic = Buffer.from(`alice:${planted.password}`).toString('base64');
  const secrets = new Map<string, string>([
    ...Object.entries(planted),
    ['the Basic form of the password', basic],
    ['the client secret of the provider', 'secret-of-the-tests'],
  ]);
  /** What others than the owner of a secret were answered. */
  const answers: string[] = [];

  const exchange = async (method: string, target: string, lines: readonly string[], body = '') => {
    const head = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, `Content-Length: ${body.length}`];
    const { text } = await rawExchange(gateway.url, gateway.caPem, `${head.join('\r\n')}\r\n\r\n${body}`, {
      done: /^HTTP\/1\.1 \d+/,
    });
    return text;
  };
  const webSocket = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ];

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startGateway({
      mode: 'processes',
      audit: { execCommand: 'hashed', spool: { dir: './spool', maxBytes: '64MiB' } },
      clusters: [
        {
          ...upstream.access,
          token: planted['credential of a cluster'],
          policy: [{ allow: { or: [{ groups: 'developers' }] } }],
        },
      ],
    });
    for (const [name, text] of keysIn(path.join(gateway.directory, 'keys'))) secrets.set(name, text);
    for (const user of ['alice', 'mallory', 'carol'])
      secrets.set(`token of ${user}`, (await gateway.login(`${user}@example.com`)).token);
    for (const [index, token] of gateway.provider.issued.entries())
      secrets.set(`token ${index} of the provider`, token);
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });

  it('arrives where it belongs', async () => {
    const bearer = (user: string) => `Authorization: Bearer ${secrets.get(`token of ${user}`)}`;
    const [pod, node] = ['/clusters/dev/api/v1/namespaces/dev/pods/web', '/clusters/dev/api/v1/nodes/n/proxy'];
    const run = `exec?command=mysql&command=-p${planted.argv}&stdout=true`;
    const cmd = encodeURIComponent(`mysql -p${planted['argv of a run on a node']}`);
    const proxied = `cmd=-p${planted['argv through a service']}&command=-p${planted.argv}`;
    for (const user of ['alice', 'mallory']) {
      answers.push(await exchange('GET', `${pod}/${run}`, [bearer(user), ...webSocket]));
      answers.push(await exchange('POST', `${node}/run/dev/web/c?cmd=${cmd}`, [bearer(user)]));
      answers.push(await exchange('POST', `${node}/exec/dev/web/c?command=-p${planted.argv}`, [bearer(user)]));
      answers.push(
        await exchange('POST', `/clusters/dev/api/v1/namespaces/dev/services/https:s:1/proxy/run/d/w/c?${proxied}`, [
          bearer(user),
        ]),
      );
      for (const spelled of ['c?command', 'c%3Fcmd', 'c%253Fcmd', 'c;cmd', 'c?a=1;cmd', 'c?%2563md', 'c?CMD'])
        answers.push(
          await exchange('POST', `${node}/run/dev/web/${spelled}=-p${planted['argv in another spelling']}`, [
            bearer(user),
          ]),
        );
      answers.push(await exchange('GET', `${pod}/exec?c%6fmmand=-p${planted.argv}&%zz`, [bearer(user)]));
    }
    upstream.answer((request, response) => {
      request.on('end', () => response.writeHead(200).end(planted["a Secret's data in a response"])).resume();
    });
    const secret = JSON.stringify({ kind: 'Secret', stringData: { password: planted["a Secret's data"] } });
    for (const user of ['alice', 'mallory']) {
      const lines = [bearer(user), 'Content-Type: application/json'];
      const text = await exchange('POST', '/clusters/dev/api/v1/namespaces/dev/secrets', lines, secret);
      if (user === 'mallory') answers.push(text);
    }
    answers.push(await exchange('GET', pod, [`Authorization: Basic ${basic}`, `Cookie: a=${planted.cookie}`]));
    const form = `grant_type=authorization_code&code=${planted.code}&code_verifier=${planted.code}`;
    answers.push(
      await exchange('POST', '/.sallyport/token', ['Content-Type: application/x-www-form-urlencoded'], form),
    );
    const callback = `${gateway.pagesUrl}/.sallyport/callback?code=${planted.code}&state=${planted.code}`;
    answers.push((await httpRequestOnce(callback, { headers: { cookie: `a=${planted.cookie}` } })).text);
    const search = `/.sallyport/api/v1/audit?command=-p${planted['argv that is searched for']}`;
    answers.push(await exchange('GET', search, [bearer('carol')]));

    const sent = upstream.connections.map((one) => one.bytes().toString('latin1')).join('\n');
    for (const name of ['argv', 'argv of a run on a node', 'argv through a service', "a Secret's data"] as const)
      expect(sent).toContain(planted[name]);
    expect(sent).toContain(planted['credential of a cluster']);
    expect(answers.length).toBeGreaterThan(12);
  });

  const none = (where: string, text: string) => {
    for (const [what, secret] of secrets)
      expect([where, what, forms(secret).some((form) => text.includes(form))]).toEqual([where, what, false]);
  };

  it('is in no response to somebody else', () => {
    for (const answer of answers) none('a response', answer);
  });

  it('is in no message on the topic, with its key and headers', async () => {
    await gateway.audit.await(({ data }) => data.sallyport.request?.query?.startsWith('command=') === true);
    const text = await dumpTopic(gateway.kafka!);
    expect(text).toContain('alice@example.com');
    expect(text.match(/hmac-sha256:/g)!.length).toBeGreaterThan(10);
    none('the topic', text);
  });

  it('is in no table of the store, and in no answer of the audit service', async () => {
    const { length } = gateway.events();
    const text = await eventually('the events to be stored', async () => {
      const dump = await dumpPostgres(gateway.postgres!.url);
      return dump.split('\n').length >= length / 2 && dump.includes('hmac-sha256:') ? dump : undefined;
    });
    none('the store', text);
    const token = secrets.get('token of carol')!;
    const { status, text: page } = await gateway.request('/.sallyport/api/v1/audit?limit=1000', { token });
    expect([status, page.includes('hmac-sha256:')]).toEqual([200, true]);
    none('the audit service', page);
  });

  it.each(['ndjson', 'csv'])('is in no export as %s', async (format) => {
    const token = secrets.get('token of carol')!;
    const { status, text } = await gateway.request(`/.sallyport/api/v1/audit/export?format=${format}`, { token });
    expect([status, text.includes('hmac-sha256:')]).toEqual([200, true]);
    // The end says that nothing was cut.
    expect(text.trimEnd().split('\n').at(-1)).toMatch(/complete/);
    none(`the export as ${format}`, text);
  });

  it('is in no report', async () => {
    const token = secrets.get('token of carol')!;
    for (const path of ['report?by=user,resource,verb', 'elevations']) {
      const { status, text } = await gateway.request(`/.sallyport/api/v1/audit/${path}`, { token });
      expect(status).toBe(200);
      none(path, text);
    }
  });

  it('is in Redis, in metrics and in lists of streams neither', async () => {
    none('Redis', await dumpRedis(gateway.redis!.client));
    for (const name of serviceNames)
      none(name, (await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts[name]}/metrics`)).text);
    const token = secrets.get('token of alice')!;
    const streams = await gateway.request('/.sallyport/api/v1/streams?ended=true', { token });
    none('the list of streams', streams.text);
  });

  it('is in no file that the services write: logs, spool, anything', () => {
    // The settings are not written by the services. They hold secrets, and only their owner can read them.
    const settings = /^(?:keys|tls)\/|\.ya?ml$|\.pem$|\.token$/;
    const files = readdirSync(gateway.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => !settings.test(path.relative(gateway.directory, file)));
    expect(files.filter((file) => file.includes('/logs/')).length).toBeGreaterThanOrEqual(serviceNames.length);
    const spooled = files.filter((file) => file.includes('/spool/')).map((file) => readFileSync(file, 'latin1'));
    expect(spooled.some((text) => text.includes('alice@example.com') && text.includes('hmac-sha256:'))).toBe(true);
    for (const file of files) none(file, readFileSync(file, 'latin1'));
  });

  it('is in no support bundle', async () => {
    const directory = mkdtempSync(path.join(runDirectory(), 'bundle-'));
    const odd = path.join(directory, 'odd.log');
    writeFileSync(odd, `a line with secret-of-the-tests, and one of alice@example.com`);
    const out = path.join(directory, 'bundle.tar.gz');
    const logs = readdirSync(path.join(gateway.directory, 'logs')).map((name) =>
      path.join(gateway.directory, 'logs', name),
    );
    const args = ['support-bundle', '--config', gateway.configFile, '--out', out, '-o', 'json'];
    const made = await gateway.cli([...args, ...[...logs, odd].flatMap((log) => ['--log', log])], { home: directory });
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(JSON.parse(made.stdout)).toMatchObject({ missing: 0 });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(await runCommand('tar', ['-xzf', out], { cwd: directory })).toMatchObject({ code: 0 });
    const at = path.join(directory, 'sallyport-support');
    const texts = new Map(
      readdirSync(at, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .map((file) => [path.relative(at, file), readFileSync(file, 'utf8')]),
    );
    for (const name of serviceNames) expect(texts.get(`services/${name}/metrics.txt`)).toContain('# HELP');
    expect(texts.get('config.yaml')).toContain('clientId: sallyport');
    expect(texts.get(`logs/${logs.length}.log`)).toBe('a line with (removed), and one of alice@example.com');
    for (const [name, text] of texts) none(name, text);
  });
});
