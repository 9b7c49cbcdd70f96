import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { kubectlContext } from './read-kubeconfigs.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-context-'));
afterAll(() => rmSync(directory, { recursive: true }));
const gate = { origin: 'https://gate.example.com:8443', scheme: 'https', authority: 'gate.example.com:8443' };
let made = 0;
function file(text: string): string {
  made += 1;
  const name = path.join(directory, `${made}.yaml`);
  writeFileSync(name, text);
  return name;
}
const config = (server: string, more = '') =>
  `current-context: here\ncontexts: [{name: other, context: {cluster: x}}, {name: here, context: {cluster: c${more}}}]\nclusters: [{name: c, cluster: {server: '${server}'}}]\n`;

describe('the current context of kubectl', () => {
  it('is a cluster behind a gateway, with the namespace of the context', async () => {
    expect(await kubectlContext([file(config('https://gate.example.com:8443/clusters/dev'))])).toMatchObject({
      name: 'here',
      place: { gateway: gate, cluster: 'dev' },
    });
    expect(
      await kubectlContext([file(config('https://gate.example.com:8443/clusters/dev', ', namespace: shop'))]),
    ).toMatchObject({ place: { gateway: gate, cluster: 'dev', namespace: 'shop' } });
    expect(
      await kubectlContext([
        path.join(directory, 'missing'),
        file('current-context: here'),
        file(config('https://gate.example.com:8443/clusters/dev').replace('here\n', 'other\n')),
      ]),
    ).toMatchObject({ place: { gateway: gate, cluster: 'dev' } });
  });

  it.each([
    config('https://gate.example.com:8443'),
    config('https://10.0.0.1:6443'),
    config('http://evil/clusters/dev'),
    config('x'),
    config('https://gate.example.com:8443/clusters/dev').replace('current-context', 'x'),
    '',
    '[]',
    'null',
    ': : :',
    'contexts: {a: 1}\ncurrent-context: here',
    'current-context: here\ncontexts: [null, 3]',
  ])('is not used if it is %j', async (text) => {
    expect((await kubectlContext([file(text)]))?.place).toBeUndefined();
  });

  it('is another one if that is named', async () => {
    const text = config('https://gate.example.com:8443/clusters/dev').replace('current-context: here', '');
    expect(await kubectlContext([file(text)])).toBeUndefined();
    expect(await kubectlContext([file(text)], 'here')).toMatchObject({ name: 'here', place: { cluster: 'dev' } });
    expect(await kubectlContext([file(text)], 'other')).toEqual({ name: 'other' });
    expect(await kubectlContext([file(text)], 'missing')).toBeUndefined();
  });
});
