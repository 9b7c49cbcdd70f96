import { createHash, X509Certificate } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configSchema, sallyportVersion } from '@sallyport/contracts';
import { createLogger, createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { openDownloads, type Downloads } from '../../downloads/open-downloads.ts';
import { authority, leafKey } from '../../testing/client-certificates.ts';
import { createPagesRig } from '../../testing/pages-rig.ts';
import { digestOf, releaseName, writeReleaseDirectory } from '../../testing/release-directory.ts';

const platforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64'];
const archiveOf = (platform: string) =>
  releaseName(`-${platform}.${platform.startsWith('windows') ? 'zip' : 'tar.gz'}`);
const npm = releaseName('.tgz');
const host = 'gate.example.com';

let directory: string;
let caFile: string;
beforeAll(() => {
  directory = writeReleaseDirectory(
    Object.fromEntries([...platforms.map(archiveOf), npm].map((name) => [name, `content of ${name}`])),
  );
  caFile = path.join(directory, 'ca.crt');
  writeFileSync(caFile, `${leafKey}${authority}`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Opens what a configuration says, and waits until the files are checked. */
async function open(downloads: object, gateway: object = {}): Promise<Downloads> {
  const opened = openDownloads({
    loaded: {
      config: configSchema.parse({ gateway: { url: 'http://127.0.0.1:1', ...gateway }, downloads }),
      resolvePath: (file: string) => file,
    } as never,
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    metrics: createMetrics(),
  });
  await until(() => opened.served === undefined || opened.served.release() !== undefined);
  return opened;
}
const agents = {
  linux: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36',
  'linux on ARM': 'Mozilla/5.0 (X11; Linux aarch64; rv:140.0) Gecko/20100101 Firefox/140.0',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15',
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  phone: 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
};

async function show(
  downloads: Downloads | undefined,
  headers: Record<string, string> = { 'user-agent': agents.linux },
) {
  const rig = createPagesRig(downloads ? { downloads } : {});
  const answer = await rig.get('/.sallyport/install', { ...headers });
  expect(answer.status).toBe(200);
  const { text } = answer;
  const commands = [...text.matchAll(/<code class="command">([^<]*)<\/code>/g)].map(([, one]) =>
    one!.replaceAll('&amp;', '&'),
  );
  return { text, headers: answer.headers, commands, events: rig.events };
}
const login = (program: string) => `${program} login ${host}`;
const address = (name: string) => `https://${host}/.sallyport/install/${name}`;
const programOf = (platform: string) => `./sallyport-${sallyportVersion}-${platform}/bin/sallyport`;

describe('the page about the command line', () => {
  it('has what to type on Linux, with the size and the checksum of the file', async () => {
    const { text, commands, events } = await show(await open({ directory }));
    const name = archiveOf('linux-x64');
    expect(commands.slice(0, 3)).toEqual([
      `curl -fsSLO ${address(name)} && tar -xzf ${name}`,
      login(programOf('linux-x64')),
      `${programOf('linux-x64')} kubeconfig --merge`,
    ]);
    expect(text).toContain(`<a href="${address(name)}" download>${name}</a>, 0.0 MB`);
    for (const one of [...platforms.map(archiveOf), npm]) expect(text).toContain(digestOf(`content of ${one}`));
    // Nobody is logged in, so there is nothing to record.
    expect(events).toEqual([]);
  });

  it.each<[keyof typeof agents, Record<string, string>, string[]]>([
    ['linux', {}, ['linux-x64']],
    ['linux on ARM', {}, ['linux-arm64']],
    ['mac', {}, ['darwin-arm64', 'darwin-x64']],
    ['windows', {}, ['windows-x64']],
    ['linux', { 'sec-ch-ua-platform': '"macOS"' }, ['darwin-arm64', 'darwin-x64']],
    ['linux', { 'sec-ch-ua-platform': '"Windows"' }, ['windows-x64']],
    ['windows', { 'sec-ch-ua-platform': '"Linux"' }, ['linux-x64']],
    ['windows', { 'sec-ch-ua-platform': '"><script>' }, ['windows-x64']],
  ])('begins with what is for %s, with %j', async (agent, hints, expected) => {
    const { text } = await show(await open({ directory }), { 'user-agent': agents[agent], ...hints });
    const [own = '', others = ''] = text.split('<h2>For other systems</h2>');
    const namesIn = (part: string) => [...part.matchAll(/ download>([^<]*)<\/a>/g)].map(([, name]) => name);
    expect(namesIn(own)).toEqual(expected.map(archiveOf));
    expect(new Set([...namesIn(own), ...namesIn(others)])).toEqual(new Set([...platforms.map(archiveOf), npm]));
  });

  it.each([
    ['a phone', agents.phone],
    ['an unknown system', 'curl/8.0'],
    ['no name', ''],
    ['a hostile name', `"><script>alert(1)</script>`],
  ])('begins with the npm package for %s', async (_who, agent) => {
    const { text, commands } = await show(await open({ directory }), { 'user-agent': agent });
    expect(commands.slice(0, 2)).toEqual([`npm install --global ${address(npm)}`, login('sallyport')]);
    expect(text).not.toContain('alert(1)');
  });

  it('begins with the npm package where there is no archive for the visitor, as in the image', async () => {
    const small = writeReleaseDirectory({ [npm]: 'npm' });
    const { text, commands } = await show(await open({ directory: small }));
    expect(commands[0]).toBe(`npm install --global ${address(npm)}`);
    expect(text).not.toContain('For other systems');
    rmSync(small, { recursive: true });
  });

  it('unpacks on Windows what the browser has downloaded: its PowerShell has another curl', async () => {
    const { text, commands } = await show(await open({ directory }), { 'user-agent': agents.windows });
    const program = `.\\sallyport-${sallyportVersion}-windows-x64\\bin\\sallyport`;
    expect(commands.slice(0, 2)).toEqual([`tar -xf ${archiveOf('windows-x64')}`, login(program)]);
    expect(text).toContain('in the directory in which your browser has saved it');
  });

  it.each([
    ['linux', [`tar -xzf ${archiveOf('linux-x64')}`, `${login(programOf('linux-x64'))} --ca-fingerprint FINGERPRINT`]],
    ['phone', [`npm install --global ./${npm}`, `${login('sallyport')} --ca-fingerprint FINGERPRINT`]],
  ] as const)('asks for the fingerprint of a private CA, and fetches nothing with curl: %s', async (who, expected) => {
    const { text, commands } = await show(await open({ directory }, { caFile }), { 'user-agent': agents[who] });
    expect(commands.slice(0, 2)).toEqual(expected);
    expect(commands.join()).not.toContain('curl');
    expect(text).toContain('Ask the operator of the gateway for it');
  });

  it('never shows the fingerprint, which an attacker would replace', async () => {
    const { text, headers } = await show(await open({ directory }, { caFile }));
    const { fingerprint256, raw } = new X509Certificate(authority);
    const shown = `${text}${JSON.stringify(headers)}`.toLowerCase();
    const hex = fingerprint256.replaceAll(':', '').toLowerCase();
    for (const form of [
      hex,
      fingerprint256.toLowerCase(),
      hex.slice(0, 16),
      createHash('sha256').update(raw).digest('base64').toLowerCase(),
    ])
      expect(shown).not.toContain(form);
  });

  it('leads to the URL of the configuration, and nowhere else', async () => {
    const { text, commands } = await show(await open({ url: 'https://files.example.com/sallyport/' }, { caFile }));
    const name = archiveOf('linux-x64');
    expect(commands.slice(0, 2)).toEqual([
      `curl -fsSLO https://files.example.com/sallyport/${name} && tar -xzf ${name}`,
      `${login(programOf('linux-x64'))} --ca-fingerprint FINGERPRINT`,
    ]);
    expect(text).not.toContain('SHA-256');
    const { get } = createPagesRig({ downloads: await open({ url: 'https://files.example.com' }) });
    expect((await get(`/.sallyport/install/${name}`)).status).toBe(404);
  });

  it.each([
    ['no downloads', () => undefined],
    ['a directory without a release', () => open({ directory: '/nowhere' })],
  ])('says how to get the program with %s', async (_what, opened) => {
    const { text, commands } = await show(await opened());
    expect(text).toContain(`Ask its operator for version ${sallyportVersion}`);
    expect(commands).toEqual([login('sallyport')]);
  });

  it('says that the files are being checked, as long as they are', async () => {
    const downloads = await open({ directory });
    const { text } = await show({ ...downloads, served: { ...downloads.served!, release: () => undefined } });
    expect(text).toContain('The files are being checked');
  });

  it('loads nothing, and works without its script', async () => {
    const { text, headers } = await show(await open({ directory }));
    const policy = headers['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(text).not.toMatch(/\son[a-z]+=|<link rel="stylesheet|src="http/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'User-Agent, Sec-CH-UA-Platform' });
  });

  it('is linked from the start page, which has the same command for a private CA', async () => {
    const start = async (downloads: Downloads) => (await createPagesRig({ downloads }).get('/', {})).text;
    expect(await start(await open({}))).toContain('<a href="/.sallyport/install">Install the command line</a>');
    expect(await start(await open({}))).toContain(`<code class="command">${login('sallyport')}</code>`);
    const asked = await start(await open({}, { caFile }));
    expect(asked).toContain(`<code class="command">${login('sallyport')} --ca-fingerprint FINGERPRINT</code>`);
    expect(asked).toContain('Ask the operator of the gateway for it');
  });
});

describe("the CA of the gateway's certificate", () => {
  it('is served without whatever else is in its file', async () => {
    const { get } = createPagesRig({ downloads: await open({}, { caFile }) });
    const answer = await get('/.sallyport/ca.pem', {}).responseType('blob');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/pem-certificate-chain; charset=utf-8',
      'content-disposition': 'attachment; filename="ca.pem"',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const body = (answer.body as Buffer).toString();
    expect(new X509Certificate(body).fingerprint256).toBe(new X509Certificate(authority).fingerprint256);
    expect(body).not.toContain('PRIVATE');
  });

  it('is not there if the configuration names none, and not available if its file is not', async () => {
    expect((await createPagesRig({ downloads: await open({}) }).get('/.sallyport/ca.pem')).status).toBe(404);
    const { agent } = createPagesRig({ downloads: await open({}, { caFile: '/nowhere/ca.crt' }) });
    const answer = await agent.get('/.sallyport/ca.pem').set({ host });
    expect([answer.status, answer.text]).toEqual([503, expect.not.stringContaining('nowhere')]);
  });
});
