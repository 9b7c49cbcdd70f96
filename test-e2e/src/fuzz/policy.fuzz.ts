import { it } from '@jest/globals';
import {
  compilePolicy,
  criteria,
  evaluatePolicy,
  explainPolicy,
  readPolicyInput,
  type PolicyInput,
} from '@sallyport/policy';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';

const names = criteria.map(({ name, doc }) => doc.exampleKey ?? name);
const input: PolicyInput = {
  user: {
    id: 'alice@example.com',
    email: 'alice@example.com',
    groups: ['developers', 'a'.repeat(200)],
    claims: { department: 'r&d' },
  },
  session: { id: 's' },
  now: 1_750_000_000_000,
  request: { method: 'GET', path: '/a/b', host: 'gate', ip: '10.0.0.1', headers: {} },
  kubernetes: { cluster: 'dev', verb: 'get', resource: 'pods', namespace: 'dev', name: 'a'.repeat(253), apiGroup: '' },
} as PolicyInput;

function feed(bytes: Buffer): void {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    return; // not JSON: the reader of the file refuses it (see config)
  }
  readPolicyInput(document);
  const compiled = compilePolicy(document, { scope: 'fuzz' });
  if (!compiled.ok) {
    if (compiled.faults.length === 0 || compiled.faults.some(({ message }) => message.length > 1000))
      throw new Error('a refusal without a message, or with a very long one');
    return;
  }
  const result = evaluatePolicy([compiled.policy], input);
  if (result.effect !== 'allow' && result.effect !== 'deny' && result.effect !== 'authenticate')
    throw new Error(`an effect of ${String(result.effect)}`);
  if (result.effect === 'allow' && result.deny.value) throw new Error('allowed although it is denied');
  evaluatePolicy([compiled.policy], {}); // an empty input
  explainPolicy([compiled.policy], input);
}

const rule = (criterion: string, data: unknown, action = 'allow', operator = 'or') =>
  JSON.stringify([{ [action]: { [operator]: [{ [criterion]: data }] } }]);
const leaf = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(...criteria.map(({ doc }) => doc.example)),
);
const data = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom(
      'is',
      'not',
      'in',
      'has',
      'contains',
      'starts_with',
      'ends_with',
      'program',
      'argv',
      'type',
      '__proto__',
    ),
    leaf,
    { maxKeys: 3 },
  ),
);
const body = fc.dictionary(
  fc.constantFrom('and', 'or', 'not', 'nor', 'xor'),
  fc.array(fc.dictionary(fc.constantFrom(...names, '__proto__', 'k8s/'), data, { maxKeys: 2 }), { maxLength: 3 }),
  { maxKeys: 3 },
);

it(
  'policies are either refused, or compiled and evaluated',
  () =>
    fuzzParser({
      name: 'policy',
      feed,
      tokens: [
        ...names.map((name) => `"${name}"`),
        '"allow"',
        '"deny"',
        '"and"',
        '"nor"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"*"',
        '"**"',
        '"a*a*a*b"',
        'null',
        '1e999',
        '"__proto__"',
        '"\\ud800"',
        '"expression"',
        '"request.path.matches(\\"(a+)+$\\")"',
      ],
      seeds: [
        ...criteria.map(({ name, doc }) => rule(doc.exampleKey ?? name, doc.example)),
        rule('email', { ends_with: '@example.com' }, 'deny', 'nor'),
        JSON.stringify({ allow: { and: [{ groups: 'developers' }, { 'k8s/verb': ['get', 'list'] }] } }),
      ],
      built: fc
        .array(fc.dictionary(fc.constantFrom('allow', 'deny', 'permit', '__proto__'), body, { maxKeys: 2 }), {
          maxLength: 3,
        })
        .map((document) => Buffer.from(JSON.stringify(document))),
    }),
  2_400_000,
);
