import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { root } from './bootstrap.mjs';
import { readMetrics } from './metrics.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const rules = parse(read('deploy/observability/rules.yaml')).groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert);

describe('the alert rules', () => {
  it('lead to a section of the runbooks each, in which there is no section without an alert', () => {
    const sections = [...read('docs/operations/runbooks.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(new Set(sections)).toEqual(new Set(alerts.map(({ alert }) => alert)));
    for (const { alert, annotations } of alerts)
      expect(annotations.runbook_url).toMatch(new RegExp(`/docs/operations/runbooks.md#${alert.toLowerCase()}$`));
  });

  it('use only metrics that a service has', () => {
    const names = new Set(readMetrics().map(({ name }) => name));
    const used = rules.flatMap(({ expr }) => expr.match(/\bsallyport_\w+/g) ?? []);
    expect(used.length).toBeGreaterThan(20);
    expect(used.map((name) => name.replace(/_(?:bucket|count|sum)$/, '')).filter((name) => !names.has(name))).toEqual(
      [],
    );
  });

  it('are tested to fire and to stay quiet', () => {
    const { tests } = parse(read('deploy/observability/rules.test.yaml'));
    expect(tests.map(({ name }) => name)).toEqual(
      expect.arrayContaining(alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} stays quiet`])),
    );
  });

  it('are those of the chart (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(read('charts/sallyport/files/rules.yaml')).toBe(read('deploy/observability/rules.yaml'));
  });
});
