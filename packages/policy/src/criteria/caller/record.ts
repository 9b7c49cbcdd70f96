import type { FaultList, FaultPath } from '../../document/fault-list.ts';
import { isPlainObject } from '../../document/plain-object.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext } from '../../language/criterion.ts';
import type { JsonSchema } from '../../language/json-schema.ts';
import { compileDataPath } from '../../matchers/data-path.ts';
import { compileListOperator, listOperators } from '../../matchers/list-matcher.ts';
import { compileStringOperator, stringOperators } from '../../matchers/string-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

type FieldTest = (value: unknown) => boolean;

const comparisons: Record<string, (left: number, right: number) => boolean> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};
const operatorNames = [...new Set(['exists', ...stringOperators, ...listOperators, ...Object.keys(comparisons)])];

function recordOf(input: PolicyInput, type: string): Record<string, unknown> | undefined {
  const { records } = input;
  const record: unknown = isPlainObject(records) && Object.hasOwn(records, type) ? records[type] : undefined;
  return isPlainObject(record) ? record : undefined;
}

function compileFieldOperator(
  operator: string,
  data: unknown,
  path: FaultPath,
  faults: FaultList,
): FieldTest | undefined {
  if (Object.hasOwn(comparisons, operator)) {
    const compare = comparisons[operator]!;
    if (typeof data === 'number') return (value) => typeof value === 'number' && compare(value, data);
    return faults.addKind(path, 'a number', data);
  }
  if (listOperators.includes(operator)) return compileListOperator(operator, data, path, faults);
  if (stringOperators.includes(operator)) {
    const test = compileStringOperator(operator, data, path, faults);
    return test && ((value) => typeof value === 'string' && test(value));
  }
  return faults.addUnknown(path, 'record matcher', operator, operatorNames);
}

function compileField(data: Record<string, unknown>, { path, faults }: CompileContext): FieldTest | undefined {
  const operators = Object.keys(data).filter((key) => key !== 'type' && key !== 'field' && key !== 'exists');
  const tests = operators.map((operator) =>
    compileFieldOperator(operator, data[operator], [...path, operator], faults),
  );
  if (operators.length > 0 && typeof data.field !== 'string')
    faults.addKind([...path, 'field'], 'the name of a field', data.field);
  if (operators.length === 0 && !Object.hasOwn(data, 'exists'))
    faults.add(path, 'needs exists or a matcher', `one of ${operatorNames.join(', ')}`);
  if (tests.includes(undefined)) return undefined;
  return (value) => {
    for (let index = 0; index < tests.length; index += 1) if (!tests[index]!(value)) return false;
    return true;
  };
}

const text: JsonSchema = { type: 'string' };
const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] };
const schema: JsonSchema = {
  type: 'object',
  properties: {
    type: text,
    field: text,
    exists: { type: 'boolean' },
    is: scalar,
    has: scalar,
    exclude: scalar,
    not: text,
    contains: text,
    starts_with: text,
    ends_with: text,
    in: { type: 'array', items: text },
    not_in: { type: 'array', items: text },
    ...Object.fromEntries(Object.keys(comparisons).map((operator) => [operator, { type: 'number' }])),
  },
  required: ['type'],
  additionalProperties: false,
};

/** Matches a record of `input.records`: whether there is one of this type, and the value of a field. */
export const record = createPlainCriterion({
  name: 'record',
  ofPerson: true,
  doc: {
    summary:
      'Holds if the record of this `type` in the request matches: `exists` tells whether there must be one, the other operators compare its `field`. ' +
      'A missing field matches only `exclude`.',
    data: 'mapping with `type`, and `exists` or `field` with operators of string and list matchers or a comparison with a number (`<`, `<=`, `=`, `>`, `>=`); all of them must hold',
    example: { type: 'example.com/device', field: 'trust_score', '>=': 5 },
    source: 'Pomerium',
  },
  schema,
  compile(data, _subpath, context) {
    const { path, faults } = context;
    if (!isPlainObject(data)) return faults.addKind(path, 'a mapping with the type of a record', data);
    const { type, field, exists } = data;
    if (typeof type !== 'string') faults.addKind([...path, 'type'], 'the type of a record', type);
    if (Object.hasOwn(data, 'exists') && typeof exists !== 'boolean')
      faults.addKind([...path, 'exists'], 'true or false', exists);
    const matches = compileField(data, context);
    if (typeof type !== 'string' || !matches) return undefined;
    const find = typeof field === 'string' ? compileDataPath(field) : () => undefined;
    return (input) => {
      const found = recordOf(input, type);
      if (typeof exists === 'boolean' && exists !== (found !== undefined)) return false;
      return matches(find(found));
    };
  },
});
