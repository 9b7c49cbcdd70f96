import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { repository } from '../deployment/manifests.ts';
import { chart, runHelm, valuesOfManifests, type ChartValues } from '../deployment/render-chart.ts';
import { describeWith, runCommand, runDirectory, theBed } from '../harness/index.ts';

type Failure = { check_id: string; check_name: string; file_path: string; resource: string };
type Report = { summary: { passed: number; parsing_errors: number }; results: { failed_checks: Failure[] } };
type Exception = { check: string; where: string; why: string };

const exceptions = parse(readFileSync(path.join(repository, 'deploy/scanner-exceptions.yaml'), 'utf8')) as Exception[];
const covers = ({ check, where }: Exception, failure: Failure) =>
  check === failure.check_id && new RegExp(where).test(failure.resource);

describeWith(['checkov', 'helm', 'kubectl'], 'the scanner of manifests', () => {
  let directory: string;
  let reports: Report[];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'scanner-'));
    const write = (name: string, text: string) => {
      mkdirSync(path.join(directory, name));
      writeFileSync(path.join(directory, name, 'all.yaml'), text);
    };
    const render = async (values: ChartValues) => {
      const args = ['template', 'sallyport', chart, '--namespace', 'sallyport'];
      const { code, stdout, stderr } = await runHelm(args, values);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    write('chart', await render({ ...valuesOfManifests, serviceKeys: { from: 'job' }, internalTls: { from: 'job' } }));
    write('evaluation', await render({ evaluation: true }));
    const kustomize = await runCommand(theBed().kubectl!, ['kustomize', path.join(repository, 'k8s')]);
    write('kustomize', kustomize.stdout);
    copyFileSync(path.join(repository, 'Dockerfile'), path.join(directory, 'Dockerfile'));
    const args = ['-m', 'checkov.main', '--directory', directory, '--framework', 'kubernetes', 'dockerfile'];
    const { stdout, stderr } = await runCommand(
      theBed().programs.checkov!,
      [...args, '--compact', '--output', 'json', '--skip-download', '--soft-fail'],
      { env: { HOME: directory, CHECKOV_RUN_SCA_PACKAGE_SCAN_V2: 'false' } },
    );
    if (!stdout.startsWith('[')) throw new Error(`checkov: ${stdout.slice(0, 500)}${stderr.slice(-500)}`);
    reports = JSON.parse(stdout) as Report[];
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const failures = () => reports.flatMap(({ results }) => results.failed_checks);

  it('has read all of the chart, the manifests and the Dockerfile', () => {
    expect(reports.map(({ summary }) => summary.parsing_errors)).toEqual([0, 0]);
    for (const { summary } of reports) expect(summary.passed).toBeGreaterThan(100);
    expect(new Set(failures().map((one) => one.file_path.split('/')[1]))).toEqual(
      new Set(['chart', 'evaluation', 'kustomize', 'Dockerfile']),
    );
  });

  it('reports only what is meant so', () => {
    const others = failures().filter((failure) => !exceptions.some((exception) => covers(exception, failure)));
    expect(others.map((one) => `${one.check_id} (${one.check_name}): ${one.file_path} ${one.resource}`)).toEqual([]);
  });

  it('still reports each exception, which has a reason', () => {
    expect(exceptions.filter((exception) => !failures().some((failure) => covers(exception, failure)))).toEqual([]);
    for (const { why } of exceptions) expect(why.length).toBeGreaterThan(20);
  });
});
