import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readDemoOptions } from './demo-options.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-options-'));
writeFileSync(path.join(directory, 'policy.yaml'), '[]');
afterAll(() => rmSync(directory, { recursive: true }));

describe('the command line of the demo', () => {
  it('finds files from the directory in which npm was started', () => {
    expect(readDemoOptions(['--policy', 'policy.yaml', '--port', '0'], directory)).toMatchObject({
      policy: path.join(directory, 'policy.yaml'),
      stateDir: path.join(directory, '.sallyport'),
      port: 0,
    });
  });

  it.each([
    [['--nope'], 'there is no option --nope'],
    [['--nope=1'], 'there is no option --nope'],
    [['-x'], 'there is no option -x'],
    [
      ['9443'],
      '"9443" belongs to no option. npm keeps options for itself unless they follow --, as in: npm run demo --',
    ],
    [['--port', ''], '--port must be a number from 0 to 65535'],
    [['--port', '65536'], '--port must be a number from 0 to 65535'],
    [['--port', '1e3'], '--port must be a number from 0 to 65535'],
    [['--policy', 'nowhere.yaml'], '--policy: nowhere.yaml does not exist'],
    [['--policy', '.'], '--policy: . is a directory'],
    [['--kubeconfig', 'nowhere'], '--kubeconfig: nowhere does not exist'],
    [['--context', 'x'], '--context requires --kubeconfig'],
    [['--with-traffic', '--cluster', 'real'], '--with-traffic works with the practice cluster only'],
    [['--cluster', 'own'], 'For your own cluster, use --kubeconfig FILE'],
  ])('is refused with what to do: %j', (args, words) => {
    expect(() => readDemoOptions(args, directory)).toThrow(words);
  });
});
