// Makes values.schema.json of the chart from its values.yaml, and for sections of sallyport.yaml from their schema.
import { configJsonSchema } from './config-schema.mjs';
import { connectorChartDirectory, readValues, valuesText } from './chart-values.mjs';

const string = { type: 'string' };
const texts = { type: 'object', additionalProperties: string };
const strict = (properties, required = []) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...(required.length === 0 ? {} : { required }),
});
const fileName = { type: 'string', pattern: String.raw`^[A-Za-z0-9][-._A-Za-z0-9]*$` };

const definitions = {
  texts,
  // An object of Kubernetes, whose other fields the API server checks.
  named: { type: 'object', properties: { name: { type: 'string', minLength: 1 } }, required: ['name'] },
  issuer: strict({ name: string, kind: string, group: string }),
  secretKey: strict({ name: string, key: { type: 'string', minLength: 1 } }),
  sessionKey: strict({ id: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' }, secretKey: fileName }, [
    'id',
    'secretKey',
  ]),
  secretFile: {
    ...strict({ secret: fileName, configMap: fileName, key: { type: 'string', minLength: 1 }, file: fileName }, [
      'key',
      'file',
    ]),
    oneOf: [{ required: ['secret'] }, { required: ['configMap'] }],
  },
  peers: {
    type: 'array',
    items: strict({
      podSelector: { type: 'object' },
      namespaceSelector: { type: 'object' },
      ipBlock: { type: 'object' },
    }),
  },
};

const alternatives = (schema) => [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];

/** Returns the schema of the object or the items, whichever alternative has them. */
function partOf(schema, name) {
  for (const one of alternatives(schema)) {
    if (name === '[]' && one.items) return one.items;
    if (one.properties?.[name]) return one.properties[name];
  }
  throw new Error(`sallyport.yaml has no ${name} here`);
}

const isObject = (schema) => schema.properties !== undefined;
const objectIn = (schema, names) => {
  const found = alternatives(schema).find((one) => isObject(one) && names.every((name) => one.properties[name]));
  if (!found) throw new Error(`no section has ${names.join(', ')}`);
  return found;
};
const requiredOf = (schema, properties) => {
  const required = (schema.required ?? []).filter((name) => Object.hasOwn(properties, name));
  return required.length === 0 ? {} : { required };
};

function pick(schema, keep) {
  const properties = Object.fromEntries(Object.entries(schema.properties).filter(([name]) => keep(name)));
  const { required: _all, ...rest } = schema;
  return { ...rest, properties, ...requiredOf(schema, properties) };
}

/** Removes a property by its path. */
function without(schema, [name, ...rest]) {
  const object = objectIn(schema, [name]);
  if (rest.length === 0) return pick(object, (one) => one !== name);
  return { ...object, properties: { ...object.properties, [name]: without(object.properties[name], rest) } };
}

/** Changes a schema and all its parts, innermost first. */
function everywhere(schema, change) {
  if (Array.isArray(schema)) return schema.map((one) => everywhere(one, change));
  if (typeof schema !== 'object' || schema === null) return schema;
  return change(Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, everywhere(one, change)])));
}

/** Helm's regular expressions are those of Go, which cannot look around. `sallyport config check` knows these patterns. */
const withoutLookaround = ({ pattern, ...schema }) =>
  pattern === undefined || (typeof pattern === 'string' && /\(\?[=!<]/.test(pattern)) ? schema : { pattern, ...schema };

const withOptional = (names) => (schema) =>
  Array.isArray(schema.required)
    ? { ...schema, required: schema.required.filter((name) => !names.includes(name)) }
    : schema;

/**
 * Returns the schema that `@config` names: `path`, `path only a b`, `path without a b.c`, `path optional a`,
 * or `path plus clientSecretRef`.
 */
function fromConfig(config, text) {
  const [path, how, ...names] = text.split(' ');
  const keys = path.replaceAll('[]', '.[]').split('.');
  const found = keys.reduce((schema, key) => partOf(schema, key), config);
  if (how === undefined) return found;
  if (how === 'optional') return everywhere(found, withOptional(names));
  if (how === 'only') return pick(objectIn(found, names), (name) => names.includes(name));
  if (how === 'without') return names.reduce((schema, name) => without(schema, name.split('.')), found);
  const items = objectIn(found.items, []);
  return {
    ...found,
    items: { ...items, properties: { ...items.properties, clientSecretRef: { $ref: '#/$defs/secretKey' } } },
  };
}

function typeOf(preset) {
  if (Array.isArray(preset)) return { type: 'array' };
  if (Number.isInteger(preset)) return { type: 'integer' };
  return { type: typeof preset };
}

function ownSchema(config, value) {
  const { preset, schema = {}, text, config: section } = value;
  const made =
    section === undefined
      ? { ...(schema.$ref || schema.type ? {} : typeOf(preset)), ...schema }
      : fromConfig(config, section);
  const { default: _preset, description: _about, ...rest } = made;
  const about = text === '' ? {} : { description: text };
  const isUnset = section !== undefined && typeof preset === 'object' && Object.keys(preset).length === 0;
  // Nothing is set by default, although the section may require something.
  return isUnset && !Array.isArray(preset)
    ? { ...about, anyOf: [{ type: 'object', maxProperties: 0 }, rest] }
    : { ...about, ...rest };
}

function objectSchema(config, values, prefix) {
  const depth = prefix.length;
  const own = values.filter(({ path }) => path.length === depth + 1 && prefix.every((name, at) => path[at] === name));
  const properties = Object.fromEntries(
    own.map((value) => {
      const isPlainGroup = value.isGroup && value.schema === undefined && value.config === undefined;
      return [
        value.path.at(-1),
        isPlainGroup
          ? { ...(value.text === '' ? {} : { description: value.text }), ...objectSchema(config, values, value.path) }
          : ownSchema(config, value),
      ];
    }),
  );
  return strict(properties);
}

/** Returns the schema of the chart's values. */
export function valuesSchema(values = readValues()) {
  const config = everywhere(configJsonSchema(), withoutLookaround);
  const root = objectSchema(config, values, []);
  const { properties: ofPods } = root.properties.pods;
  const { properties: ofService } = objectSchema(config, values, ['proxy']);
  const { properties: ofSingle } = objectSchema(config, values, ['single']);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart sallyport',
    ...root,
    properties: {
      ...root.properties,
      // Helm gives it to every chart that is part of another.
      global: { type: 'object' },
    },
    $defs: {
      ...definitions,
      service: strict({ ...ofService, replicas: { ...ofService.replicas, minimum: 1 }, ...ofPods }),
      single: strict({ ...ofSingle, ...ofPods }),
      ...config.$defs,
    },
  };
}

/** Returns the schema of the values of the chart of the connector. */
export function connectorValuesSchema(values = readValues(valuesText(connectorChartDirectory))) {
  const { texts: ofTexts, named, peers } = definitions;
  const root = objectSchema({}, values, []);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart sallyport-connector',
    ...root,
    properties: { ...root.properties, global: { type: 'object' } },
    $defs: { texts: ofTexts, named, peers },
  };
}
