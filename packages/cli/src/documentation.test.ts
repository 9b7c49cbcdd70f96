import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from './testing/rig.ts';

type Block = { info: string; text: string };
const blocksOf = (file: string): Block[] =>
  [
    ...readFileSync(fileURLToPath(new URL(`../../../docs/${file}`, import.meta.url)), 'utf8').matchAll(
      /^```(.+)\n([\s\S]*?)^```$/gm,
    ),
  ].map(([, info, text]) => ({ info: info!, text: text! }));

/** Runs the commands of a block. Returns standard output, standard error, and exit codes other than 0. */
async function transcript(text: string, rig: Rig): Promise<string> {
  const own = (said: string) => said.replaceAll(`${rig.directory}/`, '');
  let shown = '';
  for (const command of text.split('\n').filter((line) => line.startsWith('$ sallyport '))) {
    const { code, out, err } = await rig.run(...command.slice('$ sallyport '.length).split(' '));
    shown += `${command}\n${own(out)}${own(err)}${code === 0 ? '' : `[${code}]\n`}`;
  }
  return shown;
}

/** Returns the blocks of a page. Writes those that name a file to the directory in which the commands run. */
function page(name: string) {
  const rig = createRig();
  afterAll(() => rig.remove());
  const blocks = blocksOf(name);
  const files = blocks
    .map(({ info, text }) => ({ name: info.split(' ')[1], text }))
    .filter((one): one is { name: string; text: string } => one.name !== undefined);
  for (const one of files) writeFileSync(path.join(rig.directory, one.name), one.text);
  return { rig, blocks, files, sessions: blocks.filter(({ info }) => info === 'console') };
}

describe.each(['policy-tools.md', 'policy.md'])('docs/%s', (name) => {
  const { rig, files, sessions } = page(name);

  it('has examples', () => {
    expect([files.length > 2, sessions.length > 1]).toEqual([true, true]);
  });

  it.each(sessions.map(({ text }) => [text.split('\n')[0]!, text]))(
    'shows what comes of: %s',
    async (_command, text) => {
      expect(await transcript(text, rig)).toBe(text);
    },
  );
});

describe('the policies in docs/policy.md', () => {
  const { rig, blocks, files } = page('policy.md');

  it('each have their own file', () => {
    expect(blocks.filter(({ info }) => info === 'yaml')).toEqual([]);
  });

  it.each(files.map((one) => one.name))('are as they should be: %s', async (file) => {
    expect(await rig.run('policy', 'lint', '--strict', file)).toMatchObject({ code: 0, err: '' });
  });

  it('allow the discovery requests of kubectl, and no others', async () => {
    const asks = [
      ['get', '/api'],
      ['get', '/apis/apps/v1'],
      ['get', '/openapi/v3/api/v1'],
      ['get', '/version'],
      ['get', '/version/'],
      ['get', '/api/'],
      ['get', '/apis/'],
      ['get', '/apis/apps/v1/'],
      ['create', 'selfsubjectaccessreviews'],
    ];
    for (const words of asks)
      expect((await rig.run('policy', 'explain', ...words, '--policy', 'discovery.yaml', '--user', 'x')).out).toMatch(
        /^ALLOWED/,
      );
    for (const words of [
      ['get', '/metrics'],
      ['get', '/debug/pprof'],
      ['get', '/debug/pprof/'],
      ['get', '/versions/'],
      ['create', '/api'],
      ['get', 'pods'],
    ])
      expect((await rig.run('policy', 'explain', ...words, '--policy', 'discovery.yaml', '--user', 'x')).out).toMatch(
        /^REFUSED/,
      );
  });

  it.each([
    [
      [
        'patch',
        'deployments/shop',
        '-n',
        'prod-shop',
        '--groups',
        'release-managers',
        '--ip',
        '10.1.2.3',
        '--now',
        '2026-11-24T09:00:00Z',
      ],
      'ALLOWED',
    ],
    [
      [
        'patch',
        'deployments/shop',
        '-n',
        'prod-shop',
        '--groups',
        'release-managers',
        '--ip',
        '10.1.2.3',
        '--now',
        '2026-11-28T09:00:00Z',
      ],
      'REFUSED',
    ],
    [['logs', 'pods/x', '--claims', '{"department":"support"}'], 'ALLOWED'],
    [['exec', 'pods/x', '--claims', '{"department":"support"}'], 'REFUSED'],
    [['exec', 'pods/postgres-0', '--groups', 'dba', '--', 'pg_isready'], 'ALLOWED'],
    [['exec', 'pods/postgres-0', '--groups', 'dba', '--', 'psql'], 'REFUSED'],
    [['delete', 'pods/x', '-n', 'team-shop', '--groups', 'developers', '--claims', '{"team":"shop"}'], 'ALLOWED'],
    [['delete', 'pods/x', '-n', 'team-shop', '--groups', 'developers', '--claims', '{"team":"other"}'], 'REFUSED'],
  ])('decide as the page says: %j', async (words, verdict) => {
    const separator = words.indexOf('--');
    const [asked, command] = separator < 0 ? [words, []] : [words.slice(0, separator), words.slice(separator)];
    expect(
      (await rig.run('policy', 'explain', ...asked, '--user', 'x', '--policy', 'examples.yaml', ...command)).out,
    ).toMatch(new RegExp(`^${verdict}`));
  });
});
