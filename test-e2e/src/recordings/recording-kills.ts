import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually, type RunningCommand } from '../harness/index.ts';
import type { RecordingsRig } from './recordings-rig.ts';

/** A session that printed numbered lines until it ended, and what its client had received by then. */
type Session = { name: string; received: string };

/** Opens sessions one after the other, each of which prints until the gateway is killed. */
function openSessions(rig: RecordingsRig, client: number, env: Record<string, string>) {
  const sessions: Session[] = [];
  let running = true;
  let current: RunningCommand | undefined;
  const work = (async () => {
    for (let turn = 1; running; turn += 1) {
      const name = `session-${client}-${turn}`;
      const script = `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo ${name} $i; usleep 500; done`;
      current = rig.startExec(['exec', 'shell', '--', 'sh', '-c', script], { env });
      const { stdout } = await current.ended;
      if (stdout !== '') sessions.push({ name, received: stdout });
      // The gateway is just being started again.
      else await pause(200);
    }
  })();
  return {
    received: () => current?.stdout().length ?? 0,
    async stop() {
      running = false;
      await current?.stop('SIGKILL');
      await work;
      return sessions;
    },
  };
}

/**
 * Kills the gateway `kills` times while sessions print, and expects that the recordings have everything that a client
 * received, and that the trail says of each of them how it ended.
 */
export async function expectKillsKeepRecordings(rig: RecordingsRig, kills: number): Promise<void> {
  let gateway = await rig.begin();
  const clients = [
    openSessions(rig, 1, { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true' }),
    openSessions(rig, 2, { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }),
  ];
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = clients.map((client) => client.received());
    await eventually('both sessions to print', () =>
      clients.every((client, index) => client.received() > 0 && client.received() !== before[index]),
    );
    // So that kills hit different moments of a part.
    await pause((kill * 517) % 1500);
    process.stderr.write(`recordings: kill ${kill} of ${kills}\n`);
    await gateway.stop('SIGKILL');
    gateway = await rig.start();
  }
  const sessions = (await Promise.all(clients.map((client) => client.stop()))).flat();
  expect(sessions.length).toBeGreaterThanOrEqual(kills);
  const recordings = await eventually('every recording to be finished', async () => {
    const all = await rig.recordings('--namespace', rig.namespace.name, '--limit', '200');
    return all.every(({ state }) => state !== 'running') ? all : undefined;
  });
  const kept: string[] = [];
  for (const { id } of recordings) {
    const output = path.join(rig.store, `${id}.stdout`);
    await rig.auditor('recordings', 'export', id, '--identity', rig.identity, '-o', 'raw', '--out', output);
    kept.push(readFileSync(output, 'utf8'));
  }
  let lost = 0;
  for (const { name, received } of sessions) {
    const found = kept.find((text) => text.startsWith(`${name} 1\n`)) ?? '';
    if (!found.startsWith(received)) lost += received.length - found.length;
  }
  const count = (state: string) => recordings.filter((one) => one.state === state).length;
  const bytes = sessions.reduce((sum, { received }) => sum + received.length, 0);
  // What the last kill left unpublished is published soon.
  await eventually('a trail without faults', async () => (await rig.verify()).faults.length === 0);
  await gateway.stop('SIGTERM');
  const verified = await rig.verify(path.join(rig.data, 'trail'), '--recordings', rig.store);
  process.stderr.write(
    `measured: ${kills} kills, ${sessions.length} sessions that had received ${bytes} bytes, ${lost} bytes lost; ` +
      `${recordings.length} recordings: ${count('complete')} complete, ${count('cut')} cut, ${count('lost')} lost\n`,
  );
  expect(lost).toBe(0);
  expect(count('lost')).toBe(0);
  expect(count('cut')).toBeGreaterThanOrEqual(kills);
  expect(verified).toMatchObject({ code: 0, faults: [] });
}
