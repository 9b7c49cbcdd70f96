import { readFileSync, writeFileSync } from 'node:fs';
import { quantile, startSteadyLoad, type SteadyLoad } from '@sallyport/bed';
import { parse, stringify } from 'yaml';
import { podsPath, type Setup } from '../contenders/contender.ts';
import { startGateway, type RunningGateway } from '../contenders/sallyport.ts';
import { sleep } from '../machine/processes.ts';

/**
 * The latencies of requests in milliseconds, and the time until a changed file was in force in proxy and authorize.
 */
export type ReloadResult = {
  rules: number;
  clusters: number;
  perSecond: number;
  quiet: Latencies;
  reloading: Latencies;
  inForceMs: number[];
};
export type Latencies = { requests: number; p50: number; p99: number; longest: number };

export type ReloadPlan = { rules: number; clusters: number; perSecond: number; quietSeconds: number; rounds: number };

/** Returns policies for many clusters next to the one that requests are sent to. `round` makes each text different. */
function withManyRules(text: string, { rules, clusters }: ReloadPlan, round: number): string {
  const config = parse(text) as { clusters: Record<string, unknown>[] };
  const [first] = config.clusters;
  const each = Math.round(rules / clusters);
  const others = Array.from({ length: clusters }, (_, index) => ({
    ...first,
    name: `other-${index}`,
    policy: Array.from({ length: each }, (_rule, rule) => ({
      allow: {
        and: [
          { groups: `team-${index}-${rule}` },
          { 'k8s/namespace': `space-${round}-${rule}` },
          { 'k8s/verb': { in: ['get', 'list', 'watch'] } },
        ],
      },
    })),
  }));
  return stringify({ ...config, clusters: [first, ...others] }, { aliasDuplicateObjects: false });
}

async function reloadsOf(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^sallyport_config_reloads_total\{result="changed"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Writes a file and returns the milliseconds until it is in force in both services. */
async function reload({ settings }: RunningGateway, text: string): Promise<number> {
  const ports = [settings.adminPorts['proxy']!, settings.adminPorts['authorize']!];
  const before = await Promise.all(ports.map(reloadsOf));
  const began = performance.now();
  writeFileSync(settings.configFile, text);
  for (const [index, port] of ports.entries()) {
    while ((await reloadsOf(port)) <= before[index]!) {
      if (performance.now() - began > 60_000) throw new Error('a changed policy was not taken within a minute');
      await sleep(20);
    }
  }
  return performance.now() - began;
}

function summed(parts: readonly ReturnType<SteadyLoad['take']>[]): Latencies {
  for (const { statuses } of parts)
    for (const status of Object.keys(statuses))
      if (status !== '200') throw new Error(`a request was answered ${status}`);
  const all = parts.flatMap(({ latencies }) => latencies).toSorted((a, b) => a - b);
  return { requests: all.length, p50: quantile(all, 0.5), p99: quantile(all, 0.99), longest: all.at(-1) ?? Number.NaN };
}

/** Measures requests at a steady rate, first while nothing changes and then while very many rules are reloaded. */
export async function measureReload(setup: Setup, plan: ReloadPlan): Promise<ReloadResult> {
  const gateway = await startGateway(setup, 'tls');
  const load = startSteadyLoad(`${gateway.base}${podsPath}`, {
    ca: setup.authority.caPem,
    token: gateway.token,
    perSecond: plan.perSecond,
  });
  const [quiet, reloading, inForceMs]: [ReturnType<SteadyLoad['take']>[], ReturnType<SteadyLoad['take']>[], number[]] =
    [[], [], []];
  try {
    const text = readFileSync(gateway.settings.configFile, 'utf8');
    await sleep(5000);
    // The first reload grows the heap and compiles the code, so it does not count.
    await reload(gateway, withManyRules(text, plan, 0));
    for (let round = 1; round <= plan.rounds; round += 1) {
      await sleep(2000);
      load.take();
      await sleep(plan.quietSeconds * 1000);
      quiet.push(load.take());
      inForceMs.push(await reload(gateway, withManyRules(text, plan, round)));
      await sleep(200);
      reloading.push(load.take());
    }
    return {
      rules: plan.rules,
      clusters: plan.clusters,
      perSecond: plan.perSecond,
      quiet: summed(quiet),
      reloading: summed(reloading),
      inForceMs,
    };
  } finally {
    load.stop();
    await gateway.stop();
  }
}
