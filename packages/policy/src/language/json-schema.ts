/** The part of JSON Schema 2020-12 that the policy schema uses. */
export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
};

/** Returns a reference to one of the shared definitions. */
export function definition(name: string): JsonSchema {
  return { $ref: `#/$defs/${name}` };
}

const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = { type: 'array', items: text };
const textOperators = {
  is: text,
  not: text,
  contains: text,
  starts_with: text,
  ends_with: text,
  in: texts,
  not_in: texts,
};
const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] };
const operatorsOf = (operators: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  properties: operators,
  additionalProperties: false,
  minProperties: 1,
});
const matcher = (short: JsonSchema, operators: Record<string, JsonSchema>): JsonSchema => ({
  anyOf: [short, operatorsOf(operators)],
});

/** The data of a criterion that takes a string matcher or a list, as the reference words it. */
export const textOrListData = 'string matcher, or a list of strings, of which one must match';

/** The definitions that several criteria share. They become `$defs` of the policy schema. */
export const sharedDefinitions: Readonly<Record<string, JsonSchema>> = {
  anything: { description: 'Anything, usually true. The value is ignored.' },
  textMatcher: {
    description:
      'A string (the same as is), or operators that must all hold. Case-sensitive. A missing string matches nothing.',
    ...matcher(text, textOperators),
  },
  textMatcherOrList: {
    description:
      'A string (the same as is), a list of strings (the same as in), or operators that must all hold. Case-sensitive. A missing string matches nothing.',
    anyOf: [text, texts, operatorsOf(textOperators)],
  },
  listMatcher: {
    description: 'A string (the same as has), or operators that must all hold. A missing list counts as empty.',
    ...matcher(text, { has: text, is: text, exclude: text }),
  },
  claimMatcher: {
    description:
      'A string, number or boolean (the same as has), or operators that must all hold. A missing claim counts as an empty list.',
    ...matcher(scalar, { has: scalar, is: scalar, exclude: scalar }),
  },
  textOrList: { description: 'A string, or a list of strings of which one must match.', anyOf: [text, texts] },
};
