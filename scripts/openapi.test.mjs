// The OpenAPI document of the gateway's API: up to date, and readable by programs.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { buildOpenApi } from '../packages/proxy/src/portal/openapi/build-openapi.ts';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const document = JSON.parse(JSON.stringify(buildOpenApi()));
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

describe('the OpenAPI document', () => {
  it('is published as the gateway serves it; if not, run: node scripts/generate-docs.mjs', () => {
    expect(JSON.parse(readFileSync(path.join(root, 'docs/schemas/openapi.json'), 'utf8'))).toEqual(document);
  });

  it('has valid schemas, and refers only to what it contains', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false });
    const given = operations.flatMap(({ parameters = [], requestBody, responses }) => [
      ...parameters,
      ...Object.values(requestBody?.content ?? {}),
      ...Object.values(responses).flatMap(({ content = {} }) => Object.values(content)),
    ]);
    const schemas = given.map(({ schema }) => schema).filter(({ $ref }) => $ref === undefined);
    for (const schema of [...schemas, ...Object.values(document.components.schemas)]) ajv.compile(schema);
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g))
      expect(ref.split('/').reduce((value, name) => value?.[name], document)).toBeDefined();
  });

  it('names each operation once, with every parameter of its path', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [address, item] of Object.entries(document.paths))
      for (const { parameters = [] } of Object.values(item)) {
        const named = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
        expect(address.match(/\{\w+\}/g) ?? []).toEqual(named);
      }
  });
});
