import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
  put(
    'policy.yaml',
    '- allow:\n    and:\n      - groups: {has: sre}\n      - k8s/verb: {in: [get, list]}\n- deny:\n    or:\n      - k8s/namespace: kube-system\n',
  );
});
afterEach(() => rig.remove());

const put = (name: string, text: string) => writeFileSync(path.join(rig.directory, name), text);
const sre = (verb: string, namespace = 'dev') =>
  JSON.stringify({ session: { id: 's' }, user: { id: 'a', groups: ['sre'] }, kubernetes: { verb, namespace } });
async function evaluate(input: string, policy = 'policy.yaml') {
  put('input.json', input);
  const { code, out, err } = await rig.run('policy', 'eval', '--policy', policy, '--input', 'input.json');
  return {
    code,
    err,
    answers: out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown),
  };
}

describe('sallyport policy eval', () => {
  it('prints one line per input: effect, rule, and both sides with their reasons', async () => {
    expect(await evaluate(`${sre('get')}\n\n${sre('delete')}\n${sre('get', 'kube-system')}\n{}\n`)).toEqual({
      code: 0,
      err: '',
      answers: [
        {
          effect: 'allow',
          rule: 'policy[0].allow.and',
          allow: { value: true, reasons: ['groups-ok', 'k8s-verb-ok'] },
          deny: { value: false, reasons: ['k8s-namespace-unauthorized'] },
        },
        {
          effect: 'deny',
          rule: 'default-deny',
          allow: { value: false, reasons: ['k8s-verb-unauthorized'] },
          deny: { value: false, reasons: ['k8s-namespace-unauthorized'] },
        },
        {
          effect: 'deny',
          rule: 'policy[1].deny.or',
          allow: { value: true, reasons: ['groups-ok', 'k8s-verb-ok'] },
          deny: { value: true, reasons: ['k8s-namespace-ok'] },
        },
        {
          effect: 'authenticate',
          rule: 'default-deny',
          allow: { value: false, reasons: ['k8s-verb-unauthorized', 'user-unauthenticated'] },
          deny: { value: false, reasons: ['k8s-namespace-unauthorized'] },
        },
      ],
    });
  });

  it('accepts facts about a kind and a request, and prints the verb that was refused', async () => {
    const input = (kubernetes: object) =>
      JSON.stringify({ session: { id: 's' }, user: { id: 'a', groups: ['sre'] }, kubernetes });
    const widgets = { verb: 'list', apiGroup: 'example.com', resource: 'widgets' };
    const { answers } = await evaluate(
      [
        input(widgets),
        input({ ...widgets, namespaced: false }),
        input({ ...widgets, namespaced: true, aggregated: false, fieldSelector: 'metadata.namespace=dev' }),
        input({ verb: 'list', resource: 'secrets' }),
        input({ verb: 'get', resource: 'pods', subresource: 'proxy', namespace: 'dev', upgrade: true }),
      ].join('\n'),
    );
    expect(answers).toMatchObject([
      { effect: 'deny', rule: 'policy[1].deny.or', deny: { reasons: ['k8s-namespace-open'] } },
      { effect: 'allow' },
      { effect: 'allow' },
      { effect: 'deny' },
      { effect: 'deny', rule: 'default-deny', evaluatedAs: 'create' },
    ]);
    for (const answer of answers.slice(0, 4)) expect(answer).not.toHaveProperty('evaluatedAs');
  });

  it('accepts one input that spans several lines', async () => {
    expect((await evaluate(JSON.stringify(JSON.parse(sre('get')), null, 2))).answers).toMatchObject([
      { effect: 'allow' },
    ]);
  });

  it('prints documents with -o yaml', async () => {
    put('input.json', `${sre('get')}\n${sre('delete')}\n`);
    const { out } = await rig.run('policy', 'eval', '--policy', 'policy.yaml', '--input', 'input.json', '-o', 'yaml');
    expect(out.match(/^---\neffect: (allow|deny)$/gm)).toEqual(['---\neffect: allow', '---\neffect: deny']);
  });

  it('reads standard input', async () => {
    rig.environment.stdin = Readable.from([
      Buffer.from(sre('get').slice(0, 9)),
      Buffer.from(`${sre('get').slice(9)}\n${sre('list')}`),
    ]);
    const { out, code } = await rig.run('policy', 'eval', '--policy', 'policy.yaml', '--input', '-');
    expect({ code, effects: out.match(/"effect":"\w+"/g) }).toEqual({
      code: 0,
      effects: ['"effect":"allow"', '"effect":"allow"'],
    });
  });

  it('accepts a policy in JSON', async () => {
    put('policy.json', JSON.stringify({ allow: { or: [{ accept: true }] } }));
    expect((await evaluate('{}', 'policy.json')).answers).toMatchObject([
      { effect: 'allow', rule: 'policy[0].allow.or' },
    ]);
  });

  it('warns once about members that nothing reads', async () => {
    const { answers, err } = await evaluate('{"usr":{}}\n{"usr":{}}\n');
    expect(answers).toHaveLength(2);
    expect(err).toMatch(/^warning: .*input\.json:1: usr: unknown member "usr" \(did you mean user\?\)\n$/);
  });

  it.each([
    ['invalid JSON', `${'{}'}\nno\n`, /input\.json:2: is not JSON/, 1],
    ['a broken layout', '{\n', /input\.json:1: is not JSON/, 0],
    ['the wrong type', '{"user":{"groups":"sre"}}', /input\.json:1: user\.groups: must be a list of strings/, 0],
    ['a list', '[]', /input\.json:1: must be a mapping/, 0],
    ['nothing', '\n', /input\.json: contains no input/, 0],
  ])('reports what is wrong with %s and where, and ends', async (_what, input, words, answered) => {
    const { code, err, answers } = await evaluate(input);
    expect({ code, answered: answers.length }).toEqual({ code: 1, answered });
    expect(err).toMatch(words);
  });

  it('reports the faults of the policy, with line and column', async () => {
    put('policy.yaml', 'allow:\n  or:\n    - grops: x\n');
    expect(await evaluate('{}')).toMatchObject({
      code: 1,
      answers: [],
      err: expect.stringMatching(
        /policy\.yaml:3:7: allow\.or\.0\.grops: unknown criterion "grops" \(did you mean groups\?\)/,
      ),
    });
  });

  it('reports which file is missing', async () => {
    expect(await rig.run('policy', 'eval', '--policy', 'none.yaml', '--input', '-')).toMatchObject({
      code: 7,
      err: expect.stringContaining('none.yaml does not exist'),
    });
    expect(await rig.run('policy', 'eval', '--policy', 'policy.yaml', '--input', 'none.json')).toMatchObject({
      code: 7,
      err: expect.stringContaining('none.json does not exist'),
    });
  });
});
