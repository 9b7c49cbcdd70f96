// Makes the dashboards for Grafana from deploy/observability/dashboards.yaml.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from './bootstrap.mjs';

const width = 24;
const sizes = { stat: { w: 4, h: 4 }, timeseries: { w: 8, h: 8 } };
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** Restricts every metric of a query to the jobs that are chosen. */
const ofJob = (query) =>
  query.replaceAll(/\b((?:sallyport|process|nodejs)_\w+|up)\b(?:\{(.*?)\})?/g, (_all, metric, labels) =>
    labels ? `${metric}{job=~"$job", ${labels}}` : `${metric}{job=~"$job"}`,
  );

function panelOf({ title, unit = 'short', stat, bad, queries = { [title]: stat } }, at) {
  const type = stat ? 'stat' : 'timeseries';
  const steps = [{ color: 'green', value: null }, ...(bad === undefined ? [] : [{ color: 'red', value: bad }])];
  return {
    id: at.id,
    type,
    title,
    gridPos: { x: at.x, y: at.y, ...sizes[type] },
    datasource,
    fieldConfig: {
      defaults: { unit, ...(stat ? { thresholds: { mode: 'absolute', steps } } : { min: 0 }) },
      overrides: [],
    },
    targets: Object.entries(queries).map(([legendFormat, query], index) => ({
      refId: String.fromCodePoint(65 + index),
      expr: ofJob(query),
      legendFormat,
    })),
  };
}

/** Places the panels in rows, in their order. */
function placed(panels) {
  let [x, y, height] = [0, 0, 0];
  return panels.map((panel, index) => {
    const { w, h } = sizes[panel.stat ? 'stat' : 'timeseries'];
    if (x + w > width || (height > 0 && height !== h)) [x, y] = [0, y + height];
    const made = panelOf(panel, { id: index + 1, x, y });
    [x, height] = [x + w, h];
    return made;
  });
}

/** What every dashboard lets the reader choose: the Prometheus, and the jobs of an installation. */
const variables = [
  { type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus' },
  {
    type: 'query',
    name: 'job',
    label: 'Job',
    datasource,
    query: { query: 'label_values(sallyport_service_key_info, job)', refId: 'job' },
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: 'All', value: '$__all' },
  },
];

/** Returns the dashboards by the name of their file. */
export function readDashboards() {
  const source = parse(readFileSync(path.join(root, 'deploy/observability/dashboards.yaml'), 'utf8'));
  return Object.fromEntries(
    Object.entries(source).map(([name, { title, panels }]) => [
      name,
      {
        uid: `sallyport-${name}`,
        title: `Sallyport / ${title}`,
        tags: ['sallyport'],
        schemaVersion: 39,
        editable: true,
        refresh: '30s',
        time: { from: 'now-6h', to: 'now' },
        links: [
          {
            type: 'dashboards',
            title: 'Sallyport',
            tags: ['sallyport'],
            asDropdown: true,
            icon: 'external link',
            includeVars: true,
            keepTime: true,
            targetBlank: false,
            tooltip: '',
            url: '',
          },
        ],
        templating: { list: variables },
        panels: placed(panels),
      },
    ]),
  );
}
