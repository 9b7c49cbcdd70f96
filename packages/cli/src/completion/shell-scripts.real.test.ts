import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWithPrograms } from '../testing/describe-with-programs.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createTypingRig, type TypingRig } from '../testing/typing-rig.ts';
import { shellScripts } from './shell-scripts.ts';

// These tests start real shells, which start the program for every completion, on machines that may be busy.

let gateway: FakeGateway;
let rig: TypingRig;
beforeAll(async () => {
  gateway = await startFakeGateway();
  rig = createTypingRig();
  await rig.run('login', '--gateway', gateway.origin);
  for (const name of ['gate-config.yaml', 'two words.yaml']) writeFileSync(path.join(rig.directory, name), '');
  gateway.override = ({ path: asked }) =>
    asked.endsWith('/sessions')
      ? {
          status: 200,
          body: {
            sessions: ['$(touch hacked)', '`touch hacked`', 'x;touch hacked', '5f0c6a1e-1'].map((id) => ({ id })),
          },
        }
      : undefined;
});
afterAll(async () => {
  await gateway.close();
  rig.remove();
});

const typed = () => [
  'sallyport aud',
  'sallyport can-i get pods --cluster d',
  'sallyport audit search --order=n',
  `sallyport whoami --gateway ${gateway.origin.slice(0, -2)}`,
  'sallyport config check gate',
  'sallyport config check two\\ w',
  'sallyport sessions revoke ',
];
const completed = () => [
  'sallyport audit ',
  'sallyport can-i get pods --cluster dev ',
  'sallyport audit search --order=newest ',
  `sallyport whoami --gateway ${gateway.origin} `,
  'sallyport config check gate-config.yaml ',
  'sallyport config check two\\ words.yaml ',
  'sallyport sessions revoke 5f0c6a1e-1 ',
];
const nothingRan = () => expect(existsSync(path.join(rig.directory, 'hacked'))).toBe(false);

describeWithPrograms(['bash'], 'completion in bash', () => {
  it('completes commands, values, addresses and files as they are typed, and runs nothing', async () => {
    expect(await rig.type('bash', typed())).toEqual(completed());
    nothingRan();
  });
});

describeWithPrograms(['zsh'], 'completion in zsh', () => {
  it('completes commands, values, addresses and files as they are typed, and runs nothing', async () => {
    expect(await rig.type('zsh', typed())).toEqual(completed());
    nothingRan();
  });
});

describeWithPrograms(['fish'], 'completion in fish', () => {
  it('completes commands, values, addresses and files, and runs nothing', async () => {
    const lines = typed().map((line) => `complete -C ${JSON.stringify(line)}`);
    const { out } = await rig.start('fish', '-c', `sallyport completion fish | source\n${lines.join('\n')}`);
    expect(out.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'audit',
      'dev',
      '--order=newest',
      gateway.origin,
      'gate-config.yaml',
      'two words.yaml',
      '5f0c6a1e-1',
      '',
    ]);
    nothingRan();
  });
});

// PowerShell is not among the programs that the tests can have. This compares what its script depends on.
describe('the script for PowerShell', () => {
  it('calls the program with the words up to the cursor, and reads what the program prints', async () => {
    const script = shellScripts.powershell;
    expect(script).toContain('Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {');
    expect(script).toContain('& $program __complete @flags -- @rest 2>$null');
    const { out } = await rig.start(
      path.join(rig.directory, 'bin/sallyport'),
      '__complete',
      '--empty',
      '--',
      'completion',
    );
    expect(out).toBe('bash\nzsh\nfish\npowershell\n:none\n');
    for (const [open, close] of ['{}', '()', '[]']) {
      const count = (character: string) => script.split(character).length;
      expect([open, count(open!)]).toEqual([open, count(close!)]);
    }
  });
});
