// Generates from the code: docs/policy-reference.md, the JSON Schemas of policies, of sallyport.yaml and of audit events,
// the AsyncAPI document of the audit topic, the OpenAPI document of the gateway's API, the page of metrics, the dashboards,
// and the schema and the table of the values of the Helm chart.
// Run `node scripts/generate-docs.mjs` with Node.js 24, which reads TypeScript.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { policyJsonSchema } from '../packages/policy/src/reference/policy-json-schema.ts';
import { policyReference } from '../packages/policy/src/reference/policy-reference.ts';
import { buildOpenApi } from '../packages/proxy/src/portal/openapi/build-openapi.ts';
import { auditAsyncApi } from './audit-asyncapi.mjs';
import { auditJsonSchema } from './audit-schema.mjs';
import { connectorValuesSchema, valuesSchema } from './chart-schema.mjs';
import { valuesTable, withValuesTable } from './chart-table.mjs';
import { connectorChartDirectory, readValues, valuesText } from './chart-values.mjs';
import { configJsonSchema } from './config-schema.mjs';
import { readDashboards } from './dashboards.mjs';
import { metricsPage } from './metrics.mjs';

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
write('docs/schemas/openapi.json', `${JSON.stringify(buildOpenApi(), null, 2)}\n`);
write('docs/operations/metrics.md', metricsPage());
// Helm reads only files of the chart.
write('charts/sallyport/files/rules.yaml', readFileSync(path.join(root, 'deploy/observability/rules.yaml'), 'utf8'));
for (const [name, dashboard] of Object.entries(readDashboards()))
  for (const directory of ['deploy/observability/dashboards', 'charts/sallyport/files/dashboards'])
    write(`${directory}/${name}.json`, `${JSON.stringify(dashboard, null, 2)}\n`);
const charts = {
  sallyport: { schema: valuesSchema(), table: valuesTable() },
  'sallyport-connector': {
    schema: connectorValuesSchema(),
    table: valuesTable(readValues(valuesText(connectorChartDirectory))),
  },
};
for (const [name, { schema, table }] of Object.entries(charts)) {
  write(`charts/${name}/values.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
  const readme = `charts/${name}/README.md`;
  write(readme, withValuesTable(readFileSync(path.join(root, readme), 'utf8'), table));
}
