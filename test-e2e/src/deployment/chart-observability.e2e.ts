import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith } from '../harness/index.ts';
import { repository } from './manifests.ts';
import { renderChart, valuesOfManifests } from './render-chart.ts';

const directory = path.join(repository, 'deploy/observability');

describeWith(['helm'], 'the chart for Prometheus and Grafana', () => {
  it('creates the alert rules and the dashboards of this repository, and neither unless asked', async () => {
    const asked = { prometheusRule: { enabled: true }, grafanaDashboards: { enabled: true } };
    const objects = await renderChart({ ...valuesOfManifests, ...asked });
    const maps = objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
    const files = readdirSync(path.join(directory, 'dashboards'));
    expect(files).toHaveLength(6);
    expect(Object.assign({}, ...maps.map(({ data }) => data))).toEqual(
      Object.fromEntries(
        files.map((file) => [
          `sallyport-${file}`,
          readFileSync(path.join(directory, 'dashboards', file), 'utf8').trim(),
        ]),
      ),
    );
    const rule = objects.find(({ kind }) => kind === 'PrometheusRule');
    expect(rule?.spec).toEqual(parse(readFileSync(path.join(directory, 'rules.yaml'), 'utf8')));
    const others = await renderChart(valuesOfManifests);
    expect(others.filter(({ kind, metadata }) => kind === 'PrometheusRule' || /dashboard/.test(metadata.name))).toEqual(
      [],
    );
  });
});
