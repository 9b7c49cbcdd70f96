import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../compile/compile-policy.ts';
import { criteria } from '../criteria/index.ts';
import type { JsonSchema } from '../language/json-schema.ts';
import { criterionOfReason, reasons } from '../language/reasons.ts';
import { checkSchema } from '../testing/check-schema.ts';
import { policyJsonSchema } from './policy-json-schema.ts';
import { policyReference, yamlFlow } from './policy-reference.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const howTo = 'node scripts/generate-docs.mjs';
const schema = policyJsonSchema() as JsonSchema & { $defs: Record<string, JsonSchema> };
const accepts = (document: unknown) => checkSchema(schema, document, schema.$defs);
const compiles = (document: unknown) => compilePolicy(document, { scope: 'x' }).ok;
const around = (key: string, data: unknown) => ({ allow: { and: [{ [key]: data }] } });

describe('the reference', () => {
  it('is up to date with the code', () => {
    expect({ howTo, page: read('../../docs/policy-reference.md') }).toEqual({ howTo, page: policyReference() });
    expect({ howTo, schema: read('schema/policy.schema.json') }).toEqual({
      howTo,
      schema: `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
    });
  });

  it('has an example of every criterion, which compiles', () => {
    for (const { name, doc } of criteria)
      expect({
        name,
        faults: compilePolicy(around(doc.exampleKey ?? name, doc.example), { scope: 'x' }),
      }).toMatchObject({ name, faults: { ok: true } });
  });

  it('has a summary, data and reasons for every criterion, and a criterion for every reason', () => {
    for (const { name, doc } of criteria) {
      expect(doc.summary).toMatch(/^[A-Z].*\.$/s);
      expect({ name, data: doc.data.length > 0, reasons: doc.reasons.length > 0 }).toEqual({
        name,
        data: true,
        reasons: true,
      });
      expect(policyReference()).toContain(`### \`${doc.exampleKey ? 'claim/<path>' : name}\``);
    }
    const names = new Set(criteria.map(({ name }) => name));
    for (const reason of reasons) expect(names).toContain(criterionOfReason(reason));
  });
});

describe('the JSON Schema', () => {
  it('accepts every example, and what an editor should not mark as wrong', () => {
    for (const { name, doc } of criteria)
      expect({ name, accepted: accepts(around(doc.exampleKey ?? name, doc.example)) }).toEqual({
        name,
        accepted: true,
      });
    for (const document of [{}, [], { allow: {} }, [{ allow: { or: [] }, deny: { nor: [{ accept: null }] } }]])
      expect(accepts(document)).toBe(true);
  });

  it('refuses misspelled names and wrong types', () => {
    for (const document of [
      'allow',
      null,
      { alow: {} },
      { allow: [] },
      { allow: { xor: [] } },
      { allow: { or: {} } },
      { allow: { or: [{}] } },
      { allow: { or: [{ email: 'a', user: 'b' }] } },
      around('emial', 'a'),
      around('email', 1),
      around('email', { startswith: 'a' }),
      around('email', {}),
      around('email/x', 'a'),
      around('groups', ['a']),
      around('k8s/verbs', 'get'),
      around('k8s/dry_run', 'All'),
      around('k8s/exec_command', {}),
      around('time_of_day', { after: '8:00' }),
      around('client_certificate', { fingerprints: 'x' }),
      around('record', { field: 'x' }),
      around('expression', true),
      around('claim/x', ['a']),
      around('source_ip', 5),
    ])
      expect({ document, accepted: accepts(document) }).toEqual({ document, accepted: false });
  });

  it('never refuses what compiles', () => {
    const data = fc.oneof(
      fc.constantFrom<unknown>(
        'a',
        '10.0.0.0/8',
        'mon-fri',
        5,
        true,
        null,
        'true',
        ...criteria.map(({ doc }) => doc.example),
      ),
      fc.array(fc.constantFrom('a', 'pods', '::1', ''), { maxLength: 2 }),
      fc.dictionary(
        fc.constantFrom(
          'is',
          'not',
          'in',
          'has',
          'exclude',
          'type',
          'field',
          'exists',
          'after',
          'before',
          'timezone',
          'program',
          'argv',
          '>=',
          'approved',
        ),
        fc.constantFrom<unknown>('a', '8:00', '2020-01-01', 'UTC', ['a'], [], true, 5),
        { maxKeys: 3 },
      ),
    );
    const document = fc
      .tuple(fc.constantFrom(...criteria.map(({ name }) => name), 'claim/x', 'claim/'), data)
      .map(([key, one]) => around(key, one));
    fc.assert(
      fc.property(document, (one) => !compiles(one) || accepts(one)),
      { numRuns: 1000 },
    );
  });
});

describe('writing YAML on one line', () => {
  it('quotes only what could be read as another type', () => {
    expect(
      yamlFlow({ email: { ends_with: '@example.com' }, list: ['a', 'true', '5', 'no', ''], n: 5, b: true, none: null }),
    ).toBe('{email: {ends_with: "@example.com"}, list: [a, "true", "5", "no", ""], "n": 5, b: true, none: null}');
    expect(yamlFlow(['k8s/verb', '/healthz', 'a@b.c', '>=', 'a: b', 'x "y"'])).toBe(
      '[k8s/verb, /healthz, a@b.c, ">=", "a: b", "x \\"y\\""]',
    );
    expect(yamlFlow('say "hi"\n')).toBe('"say \\"hi\\"\\n"');
  });
});
