import { describe, expect, it } from '@jest/globals';
import { expressionFields } from './expression-fields.ts';
import { bitOf, fieldsIn, type Field } from './fields.ts';

const reach: Field[] = [
  'kubernetes.verb',
  'kubernetes.requestVerb',
  'kubernetes.isResourceRequest',
  'kubernetes.apiGroup',
  'kubernetes.apiVersion',
  'kubernetes.resource',
  'kubernetes.subresource',
  'kubernetes.fieldSelector',
  'kubernetes.namespaced',
  'kubernetes.aggregated',
];

describe('the fields that an expression can see', () => {
  it.each([
    ['"sre" in user.groups', ['user.groups']],
    ['kubernetes.namespace == user . id', ['user.id', 'kubernetes.namespace']],
    ['has(kubernetes.name) && now > timestamp("2026-01-01T00:00:00Z")', ['kubernetes.name', 'now']],
    ['user.claims.team == "a"', ['claims']],
    ['session.claims.x == 1', ['claims']],
    ['cluster.name == "dev"', ['kubernetes.cluster']],
    ['"a" in elevations', ['elevations']],
    ['request.path.startsWith("/api")', ['path']],
    ['true', []],
  ])('of %s are %j', (text, names) => {
    // To read a namespace or a name means to read the fields that determine whether the request reaches more than one.
    const reaches = names.some((name) => name === 'kubernetes.namespace' || name === 'kubernetes.name');
    const found = fieldsIn(expressionFields(text));
    expect(found.filter((name) => !reaches || !reach.includes(name))).toEqual(names);
    if (reaches) expect(found).toEqual(expect.arrayContaining(reach));
  });

  it.each([
    'user["claims"].team == "a"',
    'user.all(key, key == "x")',
    'size(user) > 1',
    'kubernetes == kubernetes',
    'user.unknown == 1',
  ])('of %s are all fields, because it could read any of them', (text) => {
    expect(expressionFields(text) & bitOf('claims')).not.toBe(0);
  });
});
