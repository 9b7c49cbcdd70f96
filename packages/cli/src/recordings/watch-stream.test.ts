import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LiveTap, sealFor } from '@sallyport/recordings';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { watchStream } from './watch-stream.ts';

const esc = '\u001b';
const stream = '0b7c1c0e-5d0a-4f0e-9a50-2f7f0b0f6f11';
const api = '/.sallyport/api/v1/streams';

let gateway: FakeGateway;
let rig: Rig;
let asked: string[];
/** The lines that the gateway answers with, in which frames are sealed for the one who watches. */
let lines: { show?: (tap: LiveTap) => void; lost?: number; end?: string | undefined }[];
beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  lines = [];
  gateway.override = ({ method, path, query }) => {
    asked.push(`${method} ${path}`);
    if (method === 'DELETE') return { status: 204, body: undefined };
    if (path !== `${api}/${stream}/watch`) return undefined;
    return { status: 200, body: answer(query.get('recipient')!) };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

let batches: Map<object, Buffer>;
const prepare = async () => {
  batches = new Map();
  for (const line of lines) {
    const tap = new LiveTap();
    const { next } = (await tap.read('a', undefined, 0))!;
    line.show?.(tap);
    batches.set(line, (await tap.read('a', next, 0))!.frames);
  }
};
const answer = (recipient: string) =>
  Buffer.from(
    lines
      .map((line) => {
        const frames = batches.get(line)!;
        const sealed = frames.length > 0 ? { sealed: sealFor(recipient, frames).toString('base64') } : {};
        return `${JSON.stringify({ ...sealed, lost: line.lost, end: line.end })}\n`;
      })
      .join(''),
  );
const watch = async (id = stream) => {
  await prepare();
  return rig.run('sessions', 'watch', id);
};

describe('sallyport sessions watch', () => {
  it('shows the session until it is over, without control codes where there is no terminal', async () => {
    lines = [
      { show: (tap) => tap.resize(120, 40) },
      { show: (tap) => tap.data('stdout', Buffer.from(`$ ${esc}[31mls${esc}[0m\n${esc}]52;c;eA==\u0007`)) },
      {},
      { lost: 12, show: (tap) => tap.data('stderr', Buffer.from('late\n')), end: 'over' },
    ];
    expect(await watch()).toEqual({
      code: 0,
      out: '$ ls\nlate\n',
      err: '\n[12 bytes were skipped, because they came too fast]\n\nThe session is over.\n',
    });
    expect(asked).toEqual([`GET ${api}/${stream}/watch`]);
  });

  it('draws on a terminal only what cannot own it, after the size of the window, and ends the session with E', async () => {
    lines = [
      { show: (tap) => tap.resize(120, 40) },
      { show: (tap) => tap.data('stdout', Buffer.from(`${esc}[31mred${esc}]2;title\u0007${esc}[6n`)) },
      { end: 'over' },
    ];
    await prepare();
    const written = { out: '', err: '' };
    const raw: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
    stdin.write('E');
    const environment = Object.assign(rig.environment, {
      env: { ...rig.environment.env, NO_COLOR: '1' },
      stdin,
      stdout: { isTTY: true, write: (text: string) => void (written.out += text) },
      stderr: { isTTY: true, write: (text: string) => void (written.err += text) },
    });
    await watchStream(environment, stream, { gateway: gateway.origin });
    expect(written.out).toMatch(/^\u001b\[31mred\u001b\[0m/);
    expect(written.out).not.toMatch(/title|\[6n/);
    expect(written.err).toContain('The window of the session has 120 columns and 40 rows.\n');
    expect(raw).toEqual([true, false]);
    for (let turn = 0; turn < 100 && !asked.some((one) => one.startsWith('DELETE')); turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asked).toContain(`DELETE ${api}/${stream}`);
  });

  it.each([
    ['not-allowed', 5, 'you may not watch this session any more'],
    ['unavailable', 4, 'does not answer'],
    [undefined, 4, 'closed the connection before the session ended'],
  ])('fails if it ends early: %s', async (end, code, message) => {
    lines = [{ end }];
    const outcome = await watch();
    expect(outcome).toMatchObject({ code, err: expect.stringContaining(message) });
  });

  it('fails if what it gets is not sealed for it', async () => {
    lines = [];
    batches = new Map();
    gateway.override = ({ path }) =>
      path.endsWith('/watch') ? { status: 200, body: `${JSON.stringify({ sealed: 'eA==' })}\n` } : undefined;
    expect((await watch()).code).not.toBe(0);
  });
});
