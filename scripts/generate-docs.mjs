// Generates docs/policy-reference.md and the JSON Schemas of policies and of sallyport.yaml from the code.
// Run `node scripts/generate-docs.mjs` with Node.js 24, which reads TypeScript.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { policyJsonSchema } from '../packages/policy/src/reference/policy-json-schema.ts';
import { policyReference } from '../packages/policy/src/reference/policy-reference.ts';
import { configJsonSchema } from './config-schema.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function write(file, text) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
  console.log(file);
}

write('docs/policy-reference.md', policyReference());
write('packages/policy/schema/policy.schema.json', `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
write('packages/contracts/schema/sallyport.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
