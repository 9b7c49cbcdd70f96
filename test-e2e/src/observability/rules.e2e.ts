import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import { parse } from 'yaml';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  runCommand,
  runDirectory,
  startCommand,
  startGateway,
  startPractice,
  theBed,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { quickenRules } from './quicken-rules.ts';
import { startMonitoring, type Monitoring } from './start-monitoring.ts';

const directory = fileURLToPath(new URL('../../../deploy/observability/', import.meta.url));
const rulesText = readFileSync(path.join(directory, 'rules.yaml'), 'utf8');
type Rule = { expr: string; for?: string };
const rulesOf = (text: string) => (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);

describe('the rules with shorter times', () => {
  it('differ from those that are shipped in nothing else', () => {
    const [shipped, quick] = [rulesOf(rulesText), rulesOf(quickenRules(rulesText))];
    const withoutTimes = (rules: Rule[]) =>
      rules.map((rule) => ({ ...rule, expr: rule.expr.replaceAll(/\[\w+\]/g, '[]'), for: rule.for && 'some time' }));
    expect(withoutTimes(quick)).toEqual(withoutTimes(shipped));
    expect(quick.filter((rule, at) => rule.expr !== shipped[at]!.expr).length).toBeGreaterThan(10);
    expect(() => quickenRules('rate(x[7d])')).toThrow('no shorter window for [7d]');
  });
});

describeWith(['prometheus'], 'what is shipped for Prometheus and Alertmanager', () => {
  const promtool = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand(theBed().programs.promtool!, args, { cwd: directory });
    return { code, said: stdout + stderr };
  };

  it('has rules that promtool accepts, and whose tests pass', async () => {
    expect(await promtool('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml')).toMatchObject({ code: 0 });
    expect(await promtool('test', 'rules', 'rules.test.yaml')).toMatchObject({ code: 0 });
  });

  it('has a configuration that promtool accepts, with these rules', async () => {
    const { code, said } = await promtool('check', 'config', 'prometheus.yaml');
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(`${rulesOf(rulesText).length} rules`) });
  });

  it('has a configuration with which Alertmanager starts', async () => {
    const port = await freePort();
    const storage = mkdtempSync(path.join(runDirectory(), 'alertmanager-'));
    const alertmanager = startCommand(theBed().programs.alertmanager!, [
      `--config.file=${path.join(directory, 'alertmanager.yaml')}`,
      `--storage.path=${storage}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    await eventually(
      'Alertmanager',
      async () => (await httpRequestOnce(`http://127.0.0.1:${port}/-/ready`)).status === 200,
      60_000,
      () => alertmanager.stderr(),
    );
    await alertmanager.stop();
  });
});

describeWith(['prometheus', 'redis', 'kafka', 'postgres'], 'a gateway that Prometheus watches', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let monitoring: Monitoring;
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'processes', clusters: [practice.access] });
    const targets = Object.values(gateway.adminPorts).map((port) => `127.0.0.1:${port}`);
    monitoring = await startMonitoring(targets, quickenRules(rulesText));
  });
  afterAll(async () => {
    await monitoring?.stop();
    await gateway?.stop();
    await practice?.stop();
  });

  it('causes an alert when a service is away, which ends when the service is back', async () => {
    const processes = gateway.processes!;
    const instance = `127.0.0.1:${gateway.adminPorts['audit']}`;
    await eventually('all services', async () => (await monitoring.query('sum(up) == 4')).length === 1);
    await processes.stop('audit');
    const { annotations } = await monitoring.firing('SallyportTargetDown', { instance });
    expect(annotations).toMatchObject({ summary: `${instance} does not answer.`, runbook_url: expect.any(String) });
    await processes.start('audit');
    await monitoring.resolved('SallyportTargetDown', { instance });
  });
});
