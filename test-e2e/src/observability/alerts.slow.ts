import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeWith, eventually } from '../harness/index.ts';
import { pods } from '../resilience/resilience-fixture.ts';
import {
  checkpointDrill,
  frontDrills,
  notificationDrill,
  repeat,
  trailDrills,
  useConnector,
  type Drill,
} from './drills.ts';
import { startObservabilityRig, type ObservabilityRig } from './observability-rig.ts';
import { quickenRules } from './quicken-rules.ts';
import { startMonitoring, type Monitoring } from './start-monitoring.ts';

const shipped = new URL('../../../deploy/observability/', import.meta.url);
const rulesText = readFileSync(new URL('rules.yaml', shipped), 'utf8');
const alerts = (parse(rulesText) as { groups: { rules: { alert?: string }[] }[] }).groups
  .flatMap(({ rules }) => rules)
  .flatMap(({ alert }) => alert ?? []);

type Panel = { title: string; targets: { expr: string }[] };
const dashboards = readdirSync(new URL('dashboards/', shipped)).map((file) => {
  const { title, panels } = JSON.parse(readFileSync(new URL(`dashboards/${file}`, shipped), 'utf8')) as {
    title: string;
    panels: Panel[];
  };
  return { title, panels };
});

/** What Grafana puts into a query. */
const asAsked = (query: string) => query.replaceAll('$__rate_interval', '15s').replaceAll('$job', '.*');

describeWith(['prometheus', 'redis', 'kafka', 'postgres', 'cluster', 'kubectl'], 'every alert', () => {
  let rig: ObservabilityRig;
  let monitoring: Monitoring;
  let stopReading: () => void;
  let stopRefused: (() => void) | undefined;

  beforeAll(async () => {
    rig = await startObservabilityRig();
    monitoring = await startMonitoring(rig.targets, quickenRules(rulesText));
    stopReading = repeat(100, () => rig.send());
  });
  afterAll(async () => {
    stopReading?.();
    stopRefused?.();
    await monitoring?.stop();
    await rig?.stop();
  });

  const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(0)} s`;
  const expectSeen = async (drill: Drill) => {
    const { query, text, shows } = drill.look?.(rig) ?? {};
    if (query) await eventually(query, async () => (await monitoring.query(query)).length > 0);
    if (text) await eventually(`${shows}`, async () => shows!.test(await text()), 60_000);
  };
  const firing = async (drill: Drill, begun: number) => {
    const after = await Promise.all(
      drill.alerts.map(async (alert) => {
        await monitoring.firing(alert);
        return seconds(begun);
      }),
    );
    await expectSeen(drill);
    return after;
  };
  /** Follows the runbook, and prints a row: alert, cause, when it fired, what ended it, when it ended. */
  const resolved = async (drill: Drill, after: readonly string[]) => {
    const ended = performance.now();
    await drill.end(rig);
    await Promise.all(
      drill.alerts.map(async (alert, at) => {
        await monitoring.resolved(alert);
        const row = `| ${alert} | ${drill.cause} | ${after[at]} | ${drill.remedy} | ${seconds(ended)} |`;
        process.stderr.write(`measured: ${row}\n`);
      }),
    );
  };
  const begin = async (drill: Drill) => {
    // What another fault has caused must be over.
    if (!drill.fromTheStart) for (const alert of drill.alerts) await monitoring.resolved(alert);
    const begun = performance.now();
    await drill.begin(rig);
    return begun;
  };
  const finish = async (drill: Drill, begun: number) => {
    const after = await firing(drill, begun).catch(async (error: unknown) => {
      // What follows needs a gateway without this fault.
      await drill.end(rig);
      throw error;
    });
    await resolved(drill, after);
  };
  const carryOut = async (drill: Drill) => finish(drill, await begin(drill));
  const title = ({ alerts: names, cause }: Drill) => `${names.join(', ')}: ${cause}`;

  it('is caused by one of these faults', () => {
    const caused = [...frontDrills, checkpointDrill, ...trailDrills, notificationDrill].flatMap((one) => one.alerts);
    expect([...new Set(caused)].toSorted()).toEqual(alerts.toSorted());
  });

  describe('of the gateway fires for its cause, and ends as its runbook says', () => {
    let begun: number;
    beforeAll(async () => {
      begun = await begin(checkpointDrill);
    });

    it.each(frontDrills.map((drill) => [title(drill), drill] as const))('%s', (_title, drill) => carryOut(drill));

    it(`${title(checkpointDrill)}`, async () => {
      await eventually('five minutes', () => performance.now() - begun > 300_000, 400_000);
      await finish(checkpointDrill, begun);
    }, 900_000);
  });

  describe('of the audit trail fires for its cause, and ends as its runbook says', () => {
    it.each(trailDrills.map((drill) => [title(drill), drill] as const))('%s', (_title, drill) => carryOut(drill));
  });

  it('leaves a gateway for which every query of every dashboard has a number', async () => {
    await rig.login();
    stopRefused = repeat(200, async () => {
      await useConnector(rig);
      await rig.call('carol', `/clusters/dev${pods}`);
      await rig.gateway.request(`/clusters/dev${pods}`);
    });
    const queries = dashboards.flatMap((one) =>
      one.panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ of: `${one.title}: ${panel.title}`, expr }))),
    );
    expect(queries.length).toBeGreaterThan(60);
    let empty: string[] = [];
    await eventually(
      'an answer to every query',
      async () => {
        const answers = await Promise.all(queries.map(({ expr }) => monitoring.query(asAsked(expr))));
        empty = queries.flatMap(({ of, expr }, at) =>
          answers[at]!.some(({ value }) => Number.isFinite(value)) ? [] : [`${of}: ${expr}`],
        );
        return empty.length === 0;
      },
      120_000,
      () => empty.join('\n'),
      1000,
    );
  });

  it(title(notificationDrill), () => carryOut(notificationDrill));
});
