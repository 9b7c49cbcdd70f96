import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';
import { readDashboards } from './dashboards.mjs';
import { readMetrics } from './metrics.mjs';

const directory = 'deploy/observability/dashboards';
const dashboards = readDashboards();
const panels = Object.values(dashboards).flatMap((one) => one.panels);
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

// Grafana's own types of its schema. In JSON, the values of enums are plain strings.
const types = `
import type { Dashboard, Panel } from '@grafana/schema';
type Json<T> = T extends string ? \`\${T}\`
  : T extends (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : T;
export type Checked = Json<Omit<Dashboard, 'panels'>> & { panels: Json<Panel>[] };
`;

describe('the dashboards', () => {
  // Within the repository, where the compiler finds the types.
  const scratch = mkdtempSync(path.join(root, 'node_modules/.dashboards-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** Returns what the compiler says about dashboards by their names. */
  const faultsOf = (some) => {
    writeFileSync(path.join(scratch, 'checked.ts'), types);
    const files = Object.entries(some).map(([name, dashboard]) => {
      const text = `export const one: Checked = ${JSON.stringify(dashboard, null, 2)};\n`;
      writeFileSync(path.join(scratch, `${name}.ts`), `import type { Checked } from './checked.ts';\n${text}`);
      return `${name}.ts`;
    });
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--allowImportingTsExtensions'];
    const modules = ['--module', 'nodenext', '--types', ''];
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, ...options, ...modules, ...files], {
      encoding: 'utf8',
      cwd: scratch,
    });
    return stdout + stderr;
  };

  it('are up to date, and in the chart too (if not, run: node scripts/generate-docs.mjs)', () => {
    const read = (folder) =>
      Object.fromEntries(
        readdirSync(path.join(root, folder)).map((file) => [
          file.replace('.json', ''),
          JSON.parse(readFileSync(path.join(root, folder, file), 'utf8')),
        ]),
      );
    expect(read(directory)).toEqual(dashboards);
    expect(read('charts/sallyport/files/dashboards')).toEqual(dashboards);
  });

  it('fit the schema of Grafana', () => {
    expect(faultsOf(dashboards)).toBe('');
    const wrong = structuredClone(dashboards.overview);
    wrong.panels[0].fieldConfig.defaults.thresholds.mode = 'relative';
    const faults = faultsOf({ wrong, unknown: { ...dashboards.overview, panals: [] } });
    expect(faults).toMatch(/^wrong\.ts.*"relative"/m);
    expect(faults).toMatch(/^unknown\.ts.*panals/m);
  });

  it('use only metrics that a service has, of the jobs that are chosen', () => {
    const names = new Set(readMetrics().map(({ name }) => name));
    const used = queries.flatMap((query) => [...query.matchAll(/\b(sallyport_\w+)(\{job=~"\$job")?/g)]);
    expect(used.length).toBeGreaterThan(50);
    expect(used.map(([, name]) => name.replace(/_bucket$/, '')).filter((name) => !names.has(name))).toEqual([]);
    expect(used.filter(([, , ofJob]) => ofJob === undefined)).toEqual([]);
  });

  it('have panels that do not overlap, with a title and a legend for each query', () => {
    for (const { panels: own } of Object.values(dashboards)) {
      const cells = own.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...own.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
      expect(new Set(own.map(({ title }) => title)).size).toBe(own.length);
      for (const { targets } of own)
        expect(new Set(targets.map(({ legendFormat }) => legendFormat)).size).toBe(targets.length);
    }
  });
});
