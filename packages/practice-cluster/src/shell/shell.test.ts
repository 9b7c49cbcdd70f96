import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../objects/kube-object.ts';
import { createInput, inputOf, type Machine } from './input.ts';
import { parseScript } from './parse-script.ts';
import { runCommand } from './run-command.ts';

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'dev' },
  spec: { containers: [{ name: 'c', env: [{ name: 'GREETING', value: 'hello' }] }] },
  status: { podIP: '10.0.0.1' },
};

async function run(
  argv: string[],
  { stdin = '', tty = false }: { stdin?: string; tty?: boolean } = {},
): Promise<{ code: number; out: string; err: string }> {
  const machine: Machine = { pod, container: 'c', clock: () => 0, tty, closing: new AbortController().signal };
  const text = { stdout: '', stderr: '' };
  const code = await runCommand(machine, argv, {
    stdin: inputOf(Buffer.from(stdin)),
    write: async (to, data) => void (text[to] += Buffer.from(data).toString()),
  });
  return { code, out: text.stdout, err: text.stderr };
}

describe('commands', () => {
  it.each([
    [['echo', '-n', 'a', 'b'], 'a b'],
    [['echo', '-e', 'a\\nb'], 'a\nb\n'],
    [['hostname'], 'web\n'],
    [['/bin/ls', '/etc'], 'hostname\nhosts\nos-release\n'],
    [['date'], 'Thu, 01 Jan 1970 00:00:00 GMT\n'],
    [['printenv', 'GREETING'], 'hello\n'],
    [['cat', '/etc/hostname'], 'web\n'],
    [['id'], 'uid=0(root) gid=0(root) groups=0(root)\n'],
  ])('run %j', async (argv, out) => {
    expect(await run(argv)).toEqual({ code: 0, out, err: '' });
  });

  it('read input', async () => {
    expect(await run(['cat'], { stdin: 'line\n' })).toEqual({ code: 0, out: 'line\n', err: '' });
  });

  it('that do not exist exit with 127', async () => {
    expect(await run(['rm', '-rf', '/'])).toEqual({ code: 127, out: '', err: 'rm: command not found\n' });
    expect(await run(['constructor'])).toMatchObject({ code: 127 });
  });

  it('never see the host', async () => {
    expect(await run(['cat', '/proc/self/environ', '/etc/passwd'])).toMatchObject({ code: 1, out: '' });
    expect((await run(['env'])).out).not.toContain(process.env.PATH ?? '\0');
  });
});

describe('a script', () => {
  it.each([
    ['exit 3', 3, ''],
    ['false; exit', 1, ''],
    ['true && echo yes', 0, 'yes\n'],
    ['false && echo yes', 1, ''],
    ['false || echo no', 0, 'no\n'],
    ['echo "$GREETING" \'$GREETING\' a\\ b', 0, 'hello $GREETING a b\n'],
    ['nope 2>/dev/null; echo $?', 0, '127\n'],
    ['echo a | cat', 0, 'a\n'],
    ['echo one\necho two # not three', 0, 'one\ntwo\n'],
    ['echo ${GREETING}x$NOTHING', 0, 'hellox\n'],
    ['echo a >/dev/null', 0, ''],
    ['sh -c "exit 4"; echo $?', 0, '4\n'],
  ])('%j', async (script, code, out) => {
    expect(await run(['sh', '-c', script])).toEqual({ code, out, err: '' });
  });

  it('can write to the error output', async () => {
    expect(await run(['sh', '-c', 'echo oops >&2; nope 2>&1'])).toEqual({
      code: 127,
      out: 'nope: command not found\n',
      err: 'oops\n',
    });
  });

  it.each(['a | | b', '&& a', 'a &&', 'a & b', '$(a', 'if true; then a; fi > x', '`a`', '"open', 'cat < x'])(
    '%j is refused as unsupported',
    async (script) => {
      expect(await run(['sh', '-c', script])).toMatchObject({
        code: 2,
        err: expect.stringContaining('practice shell'),
      });
    },
  );

  it('of any text is parsed or refused', () => {
    fc.assert(
      fc.property(fc.string(), (script) => {
        const steps = parseScript(script);
        expect(steps === undefined || Array.isArray(steps)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['"', '\\', 'a', '|', '"\\'])('of two hundred thousand %j does not crash the shell', (piece) => {
    for (const script of [`echo ${piece.repeat(200_000)}`, `"${piece.repeat(200_000)}`]) {
      const steps = parseScript(script);
      expect(steps === undefined || Array.isArray(steps)).toBe(true);
    }
  });
});

describe('an interactive shell', () => {
  it('runs lines from a pipe and leaves the rest to commands', async () => {
    expect(await run(['sh'], { stdin: 'echo a\ncat\nfor cat\n' })).toEqual({ code: 0, out: 'a\nfor cat\n', err: '' });
    expect(await run(['sh'], { stdin: 'exit 7\necho never\n' })).toEqual({ code: 7, out: '', err: '' });
  });

  it('prompts, echoes and edits on a terminal', async () => {
    expect(await run(['sh'], { tty: true, stdin: 'echo ax\u007f\r\u0003\u0015exit 2\r' })).toEqual({
      code: 2,
      out: '/ # echo ax\b \b\na\n/ # ^C\n/ # exit 2\n',
      err: '',
    });
    expect(await run(['sh'], { tty: true, stdin: '\u0004' })).toEqual({ code: 0, out: '/ # \n', err: '' });
  });
});

describe('an input', () => {
  it('returns the bytes before its end, then undefined', async () => {
    const input = createInput();
    const first = input.read();
    input.push(Buffer.from('a'));
    expect((await first)?.toString()).toBe('a');
    input.push(Buffer.from('b'));
    input.end();
    input.push(Buffer.from('late'));
    expect([(await input.read())?.toString(), await input.read(), input.waiting()]).toEqual(['b', undefined, 0]);
  });
});
