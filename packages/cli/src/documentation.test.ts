import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createRig } from './testing/rig.ts';

const rig = createRig();
afterAll(() => rig.remove());

type Block = { info: string; text: string };
const blocksOf = (file: string): Block[] => [...readFileSync(fileURLToPath(new URL(`../../../docs/${file}`, import.meta.url)), 'utf8').matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].map(([, info, text]) => ({ info: info!, text: text! }));

/** What a reader would see who typed the commands of a block: answers, what is said beside them, and exit codes other than 0. */
async function transcript(text: string): Promise<string> {
  const own = (said: string) => said.replaceAll(`${rig.directory}/`, '');
  let shown = '';
  for (const command of text.split('\n').filter((line) => line.startsWith('$ sallyport '))) {
    const { code, out, err } = await rig.run(...command.slice('$ sallyport '.length).split(' '));
    shown += `${command}\n${own(out)}${own(err)}${code === 0 ? '' : `[${code}]\n`}`;
  }
  return shown;
}

describe('docs/policy-tools.md', () => {
  const blocks = blocksOf('policy-tools.md');
  const files = blocks.map(({ info, text }) => ({ name: info.split(' ')[1], text })).filter(({ name }) => name !== undefined);
  for (const { name, text } of files) writeFileSync(path.join(rig.directory, name!), text);
  const sessions = blocks.filter(({ info }) => info === 'console');

  it('has examples', () => {
    expect([files.length > 4, sessions.length > 4]).toEqual([true, true]);
  });

  it.each(sessions.map(({ text }) => [text.split('\n')[0]!, text]))('shows what comes of: %s', async (_command, text) => {
    expect(await transcript(text)).toBe(text);
  });
});
