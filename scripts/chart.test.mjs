import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { root } from './bootstrap.mjs';
import { stageChart } from './release/stage-chart.mjs';
import { chartDirectory, connectorChartDirectory, readValues, valuesText } from './chart-values.mjs';
import { connectorValuesSchema, valuesSchema } from './chart-schema.mjs';
import { valuesTable, withValuesTable } from './chart-table.mjs';

const read = (file) => readFileSync(path.join(chartDirectory, file), 'utf8');
const values = parse(read('values.yaml'));
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(read('values.schema.json')));
const faults = (changes) =>
  validate({ ...values, ...changes })
    ? []
    : validate.errors.map(({ instancePath, message }) => `${instancePath} ${message}`);

describe('the schema of the chart', () => {
  it('is up to date (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(JSON.parse(read('values.schema.json'))).toEqual(valuesSchema());
  });

  it('takes the default values', () => {
    expect(faults({})).toEqual([]);
  });

  it('allows no other value than those in values.yaml', () => {
    const { properties } = JSON.parse(read('values.schema.json'));
    expect(Object.keys(properties).toSorted()).toEqual([...Object.keys(values), 'global'].toSorted());
    expect(faults({ repicas: 3 })).toEqual([' must NOT have additional properties']);
    expect(faults({ image: { ...values.image, tga: 'x' } })).toEqual(['/image must NOT have additional properties']);
  });

  it('checks the sections of sallyport.yaml with its own schema', () => {
    const provider = { id: 'corp', issuer: 'https://idp.example.com', clientId: 'sallyport' };
    const withProvider = (changes) =>
      faults({ identity: { ...values.identity, providers: [{ ...provider, ...changes }] } });
    expect(withProvider({ clientSecretRef: { name: 'oidc', key: 'client-secret' } })).toEqual([]);
    expect(withProvider({ clientSecretRf: {} })).not.toEqual([]);
    expect(faults({ streams: { drain: 'soon' } })).not.toEqual([]);
    expect(faults({ cluster: { ...values.cluster, policy: [{ alow: {} }] } })).not.toEqual([]);
  });

  it('takes the values of the page about the first cluster', () => {
    const page = readFileSync(path.join(root, 'docs/operations/first-cluster.md'), 'utf8');
    const own = parse(/```yaml values\.yaml\n([\s\S]*?)```/.exec(page)[1]);
    const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
    const merge = (one, other) =>
      isMap(one) && isMap(other)
        ? { ...one, ...Object.fromEntries(Object.entries(other).map(([key, value]) => [key, merge(one[key], value)])) }
        : other;
    expect(Object.keys(own)).toEqual(expect.arrayContaining(['elevations', 'api']));
    expect(faults(merge(values, own))).toEqual([]);
  });

  it('has only patterns that Helm can read, whose regular expressions cannot look around', () => {
    const patterns = [...JSON.stringify(valuesSchema()).matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, one]) => one,
    );
    expect(patterns.length).toBeGreaterThan(10);
    expect(patterns.filter((one) => /\(\?[=!<]/.test(one))).toEqual([]);
  });
});

describe('the README of the chart', () => {
  it('has the values with their comments (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(withValuesTable(read('README.md'))).toBe(read('README.md'));
  });

  it('says what each value means', () => {
    for (const { path: names, text, isGroup } of readValues()) {
      // What only groups others needs no text.
      if (!isGroup) expect([names.join('.'), text]).toEqual([names.join('.'), expect.stringMatching(/[\w`)]\.$/)]);
    }
  });

  it('would not be taken for up to date with another comment', () => {
    const other = read('values.yaml').replace('# What the services log', '# What they log');
    expect(valuesTable(readValues(other))).not.toBe(valuesTable());
  });
});

describe('the chart', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-chart-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('has the version of the release, and so has every image of ours', () => {
    expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
    expect(values.evaluationImages.development).toBe(`${values.image.repository}:${version}-development`);
  });

  it('is packaged with its license, and not with another version', () => {
    stageChart({ source: chartDirectory, directory, version, license: 'the license' });
    for (const file of ['Chart.yaml', 'values.schema.json', 'README.md', 'LICENSE', 'templates/NOTES.txt'])
      expect([file, existsSync(path.join(directory, 'sallyport', file))]).toEqual([file, true]);
    expect(() => stageChart({ source: chartDirectory, directory, version: '9.9.9', license: '' })).toThrow(
      `charts/sallyport/Chart.yaml: version is ${version}. Set it to 9.9.9`,
    );
  });
});

describe('the chart of the connector', () => {
  const readOwn = (file) => readFileSync(path.join(connectorChartDirectory, file), 'utf8');
  const own = parse(valuesText(connectorChartDirectory));
  const ownSchema = JSON.parse(readOwn('values.schema.json'));
  const isValid = new Ajv2020({ strict: false }).compile(ownSchema);

  it('has a schema and a README that are up to date (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(ownSchema).toEqual(connectorValuesSchema());
    const table = valuesTable(readValues(valuesText(connectorChartDirectory)));
    expect(withValuesTable(readOwn('README.md'), table)).toBe(readOwn('README.md'));
  });

  it('takes its default values, and no others than those that it has', () => {
    expect(isValid(own)).toBe(true);
    expect(isValid({ ...own, reech: [] })).toBe(false);
    expect(isValid({ ...own, gateway: { ...own.gateway, url: 'http://gate.example.com' } })).toBe(false);
    expect(isValid({ ...own, reach: [] })).toBe(false);
  });

  it('says what each value means', () => {
    for (const { path: names, text, isGroup } of readValues(valuesText(connectorChartDirectory)))
      if (!isGroup) expect([names.join('.'), text]).toEqual([names.join('.'), expect.stringMatching(/[\w`)]\.$/)]);
  });

  it('has the version of the release', () => {
    expect(parse(readOwn('Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });
});
