import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

/** One event as a consumer of the topic gets it. `headers` and `key` are of the message, `payload` is its value. */
export type AuditMessage = { headers: Record<string, string>; key: string; payload: unknown };

type AsyncApi = { components: { messages: Record<string, { name: string }> } };

const schemas = new URL('../../../docs/schemas/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, schemas), 'utf8');
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const document = 'https://schemas.invalid/audit-asyncapi.yaml';

/** Returns how an event differs from the published schemas. */
export type AuditSchema = {
  /** The event types of the AsyncAPI document. */
  types: readonly string[];
  faultsOf(message: AuditMessage): string[];
};

/** Reads the JSON Schema and the AsyncAPI document in docs/schemas. */
export function readAuditSchema(): AuditSchema {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    inlineRefs: false,
    allErrors: true,
    formats: { 'date-time': dateTime },
  });
  const { components } = parse(read('audit-asyncapi.yaml')) as AsyncApi;
  ajv.addSchema(
    JSON.parse(read('audit-event-v1.schema.json')) as object,
    'https://schemas.invalid/audit-event-v1.schema.json',
  );
  ajv.addSchema({ components }, document);
  const names = new Map(Object.entries(components.messages).map(([name, message]) => [message.name, name]));
  const compiled = new Map<string, ValidateFunction>();

  const compile = (name: string): ValidateFunction => {
    const at = `${document}#/components/messages/${name}`;
    return ajv.compile({
      type: 'object',
      required: ['headers', 'key', 'payload'],
      properties: {
        headers: { $ref: `${at}/headers` },
        key: { $ref: `${at}/bindings/kafka/key` },
        payload: { $ref: `${at}/payload/schema` },
      },
    });
  };
  return {
    types: [...names.keys()],
    faultsOf(message) {
      const type = message.headers['ce_type'] ?? '';
      const name = names.get(type);
      if (name === undefined) return [`ce_type: "${type}" is not in the AsyncAPI document`];
      const validate = compiled.get(type) ?? compile(name);
      compiled.set(type, validate);
      if (validate(message)) return [];
      return (validate.errors ?? []).map(({ instancePath, message: what }) => `${instancePath} ${what}`);
    },
  };
}
