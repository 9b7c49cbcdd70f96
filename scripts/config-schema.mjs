// Generates the JSON Schema of sallyport.yaml, for editors and other tools, from the schema that the services use.
import { z } from 'zod';
import { cidrSchema, listenSchema, urlSchema } from '../packages/contracts/src/config/address.ts';
import { durationSchema, sizeSchema } from '../packages/contracts/src/config/quantities.ts';
import { configSchema } from '../packages/contracts/src/config/index.ts';
import { otlpSchema } from '../packages/contracts/src/config/tracing.ts';
import { policyJsonSchema } from '../packages/policy/src/reference/policy-json-schema.ts';

/** The texts that these schemas accept. They are parsed by code that JSON Schema cannot express. */
const parsed = new Map([
  [durationSchema, { pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$', examples: ['30s', '1h30m'] }],
  [listenSchema, { pattern: '^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9.-]*):\\d{1,5}$', examples: ['0.0.0.0:8443'] }],
  [urlSchema, { pattern: '^https?://[^?#]+$' }],
  [otlpSchema, { pattern: '^(https?://[^?#]+)?$', examples: ['http://collector:4318'] }],
  [cidrSchema, { pattern: '^[0-9a-fA-F:.]+/\\d{1,3}$', examples: ['10.0.0.0/8'] }],
]);
const size = {
  anyOf: [
    { type: 'string', pattern: '^\\d+(KiB|MiB|GiB|KB|MB|GB)?$' },
    { type: 'integer', minimum: 0 },
  ],
  examples: ['8MiB'],
};

/** Any string may contain `${env:NAME}` or `${file:/path}`. The resulting value is checked when it is loaded. */
const reference = { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' };

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNarrow = (schema) =>
  schema.type === 'string' && ['pattern', 'enum', 'const', 'minLength'].some((name) => Object.hasOwn(schema, name));
const policyKeys = new Set(['policy', 'shadow']);
const isAnything = (schema) => Object.keys(schema).length === 0;
const policy = { anyOf: [{ $ref: '#/$defs/policy' }, { type: 'null' }] };

/** Also accepts a reference wherever a string of a certain form is expected. */
function withReferences(schema) {
  const { default: preset, examples, ...rest } = schema;
  const about = {
    ...(preset === undefined ? {} : { default: preset }),
    ...(examples === undefined ? {} : { examples }),
  };
  return { ...about, anyOf: [rest, reference] };
}

/**
 * Visits a schema and its parts, innermost first. `path` names the option, with [] for list items and * for arbitrary
 * names. `isOption` distinguishes an option from its alternative forms.
 */
function walk(schema, path, change, isOption = false) {
  if (!isObject(schema)) return schema;
  const next = { ...schema };
  const below = (name) => (path === '' ? name : `${path}.${name}`);
  if (isObject(next.properties))
    next.properties = Object.fromEntries(
      Object.entries(next.properties).map(([name, one]) => [name, walk(one, below(name), change, true)]),
    );
  if (isObject(next.additionalProperties))
    next.additionalProperties = walk(next.additionalProperties, below('*'), change);
  if (isObject(next.items)) next.items = walk(next.items, `${path}[]`, change);
  for (const name of ['anyOf', 'oneOf', 'allOf'])
    if (Array.isArray(next[name])) next[name] = next[name].map((one) => walk(one, path, change));
  return change(next, path, isOption);
}

/** Policies have their own schema, that of the policy language. */
function isPolicy(path) {
  const name = path.split('.').at(-1);
  return policyKeys.has(name) || path === 'policies.*' || path.startsWith('api.policy.');
}

/** A rule about recordings has the operators of a policy beside its own options. */
function withOperators(rule) {
  const operators = ['and', 'or', 'not', 'nor'].map((name) => [
    name,
    { $ref: `#/$defs/policy-body/properties/${name}` },
  ]);
  return { ...rule, properties: { ...rule.properties, ...Object.fromEntries(operators) }, additionalProperties: false };
}

function finish({ format: _format, description: _sentence, ...schema }, path) {
  if (isAnything(schema) && isPolicy(path)) return policy;
  if (path === 'recordings.rules[]') return withOperators(schema);
  return isNarrow(schema) ? withReferences(schema) : schema;
}

function describe(schema, path, isOption, descriptions) {
  const text = isOption ? descriptions.get(path) : undefined;
  return text === undefined ? schema : { description: text, ...schema };
}

/** Adds the definitions of the policy schema under one name. */
function policyDefinitions() {
  const { $schema: _dialect, $defs, ...root } = policyJsonSchema();
  const renamed = (value) => {
    if (Array.isArray(value)) return value.map(renamed);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === '$ref' && typeof one === 'string' ? one.replace('#/$defs/', '#/$defs/policy-') : renamed(one),
      ]),
    );
  };
  return {
    policy: renamed(root),
    ...Object.fromEntries(Object.entries($defs).map(([name, one]) => [`policy-${name}`, renamed(one)])),
  };
}

function fromZod() {
  const { $schema, ...root } = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    target: 'draft-2020-12',
    override({ zodSchema, jsonSchema }) {
      // A schema with a sentence is a copy of the one without.
      const origin = [zodSchema, zodSchema._zod.parent].find((one) => one === sizeSchema || parsed.has(one));
      if (origin === sizeSchema) {
        delete jsonSchema.type;
        Object.assign(jsonSchema, size);
      } else if (origin) Object.assign(jsonSchema, parsed.get(origin));
    },
  });
  return { $schema, root };
}

/** All options by path, with their sentences. An option that several forms of a section have needs one in the first. */
export function configOptions() {
  const options = new Map();
  walk(fromZod().root, '', (schema, path, isOption) => {
    if (isOption && options.get(path) === undefined) options.set(path, schema.description);
    return schema;
  });
  return options;
}

/** Generates the schema. */
export function configJsonSchema() {
  const { $schema, root } = fromZod();
  const descriptions = configOptions();
  return {
    $schema,
    title: 'sallyport.yaml',
    description:
      'The configuration of Sallyport: one file, of which each service reads its part. Whether it holds together is checked by "sallyport config check".',
    ...walk(root, '', (schema, path, isOption) => describe(finish(schema, path), path, isOption, descriptions)),
    $defs: policyDefinitions(),
  };
}
