// Generates from the code: docs/policy-reference.md, the JSON Schemas of policies, of sallyport.yaml and of audit events,
// the AsyncAPI document of the audit topic, and the schema and the table of the values of the Helm chart.
// Run `node scripts/generate-docs.mjs` with Node.js 24, which reads TypeScript.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { policyJsonSchema } from '../packages/policy/src/reference/policy-json-schema.ts';
import { policyReference } from '../packages/policy/src/reference/policy-reference.ts';
import { auditAsyncApi } from './audit-asyncapi.mjs';
import { auditJsonSchema } from './audit-schema.mjs';
import { valuesSchema } from './chart-schema.mjs';
import { withValuesTable } from './chart-table.mjs';
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
write('docs/schemas/audit-event-v1.schema.json', `${JSON.stringify(auditJsonSchema(), null, 2)}\n`);
// Also read right by programs that know YAML 1.1 only, to which an unquoted time is no text.
const yaml = { lineWidth: 120, aliasDuplicateObjects: false, schema: 'yaml-1.1' };
write('docs/schemas/audit-asyncapi.yaml', stringify(auditAsyncApi(), yaml));
write('charts/sallyport/values.schema.json', `${JSON.stringify(valuesSchema(), null, 2)}\n`);
const readme = 'charts/sallyport/README.md';
write(readme, withValuesTable(readFileSync(path.join(root, readme), 'utf8')));
