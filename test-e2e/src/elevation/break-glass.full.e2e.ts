import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import { describeWith, eventually, readWholeTopic, verifyChains } from '../harness/index.ts';
import { metricsOf } from '../policy/policy-fixture.ts';
import { openWatches } from '../streams/open-watches.ts';
import { configMaps, startBreakGlassRig, type BreakGlassRig } from './break-glass-fixture.ts';

/** What uses an elevation ends within a second of it. A busy machine gets ten. */
const inTimeMs = 10_000;
const say = (text: string) => process.stderr.write(`measured: ${text}\n`);

describeWith(['redis', 'kafka', 'postgres'], 'break-glass, when what it needs is killed during it', () => {
  let rig: BreakGlassRig;
  beforeAll(async () => {
    rig = await startBreakGlassRig();
  });
  afterAll(() => rig?.stop());

  const eventsOf = (id: string) =>
    rig.gateway.audit.all(({ type, data }) => type.startsWith('elevation.') && data.sallyport.elevation?.id === id);
  /** Begins a break-glass that is a right when this returns. */
  const begin = async (name: string, seconds: number): Promise<ElevationView> => {
    // Redis on a busy machine may miss the deadline of a command.
    const begun = await eventually('break-glass to begin', async () => {
      const { status, elevation } = await rig.ask(name, seconds);
      return status === 200 ? elevation : undefined;
    });
    expect(begun).toMatchObject({ state: 'active', breakGlass: true });
    expect((await rig.write()).status).toBe(201);
    return begun;
  };
  const revoke = (id: string) => rig.must(rig.call(rig.alice, `/${id}/revoke`, {}));
  const review = (id: string, comment = 'INC-7, seen') => rig.call(rig.carol, `/${id}/review`, { comment });
  /** Reviews what has ended, and expects each of its events once. */
  const expectReviewed = async (id: string, end: 'expired' | 'revoked') => {
    await eventually(`the end of ${id}`, async () => (await rig.show(id)).state === end);
    expect(await review(id)).toMatchObject({ status: 200, elevation: { review: { done: { verdict: 'justified' } } } });
    // The same again is answered with what is there, and changes nothing. Other words are refused.
    expect((await review(id)).status).toBe(200);
    expect((await review(id, 'INC-8')).status).toBe(409);
    const reviewed = ({ type, data }: { type: string; data: { sallyport: { elevation?: { id: string } } } }) =>
      type === 'elevation.reviewed' && data.sallyport.elevation?.id === id;
    await rig.gateway.audit.await(reviewed);
    expect(
      eventsOf(id)
        .map(({ type }) => type.slice('elevation.'.length))
        .toSorted(),
    ).toEqual(['requested', 'activated', end, 'reviewed'].toSorted());
  };

  const victims = {
    Redis: { kill: () => rig.kill('redis'), back: () => rig.resumeRedis() },
    authorize: {
      kill: () => rig.gateway.processes!.stop('authorize', 'SIGKILL'),
      back: () => rig.gateway.processes!.start('authorize'),
    },
    Kafka: { kill: () => rig.kill('kafka'), back: () => rig.bed.kafka.resume() },
  };

  describe.each(['Redis', 'authorize'] as const)('%s', (victim) => {
    const { kill, back } = victims[victim];

    it('away for a while: everything gets 503, break-glass too, and then it goes on as it was', async () => {
      const { id } = await begin('break-glass', 600);
      const before = await rig.show(id);
      await kill();
      const [write, read, another, ended] = [
        await rig.write(),
        await rig.read(),
        await rig.ask('strict', 600),
        await rig.call(rig.alice, `/${id}/revoke`, {}),
      ];
      await back();
      const returned = performance.now();
      for (const { status } of [write, read, another, ended]) expect(status).toBe(503);
      expect(await rig.decided()).toMatchObject({ status: 201 });
      say(
        `${victim} killed during break-glass: 503 after ${write.ms} ms (write), ${read.ms} ms (read), ` +
          `${another.ms} ms (another break-glass); elevated again ${Math.round(performance.now() - returned)} ms after its return`,
      );
      expect(await rig.show(id)).toEqual(before);
      await revoke(id);
      expect((await rig.write()).status).toBe(403);
      await expectReviewed(id, 'revoked');
    });

    it('away over its end: what uses it is cut at its end, and the right does not come back', async () => {
      const { id, expiresAt } = await begin('break-glass', 12);
      const { url } = rig.gateway;
      const watch = await openWatches(`${url}/clusters/dev${configMaps}?watch=true`, {
        ca: rig.gateway.caPem,
        token: rig.alice,
        count: 1,
      });
      await kill();
      const { at } = await eventually('the watch to end', () => [...watch.ended.values()].at(0));
      say(`${victim} away, a watch under break-glass ends ${at - expiresAt!} ms after its end`);
      await back();
      const first = await rig.decided();
      watch.close();
      expect([at - expiresAt! > -50, at - expiresAt! < inTimeMs]).toEqual([true, true]);
      expect(first.status).toBe(403);
      await expectReviewed(id, 'expired');
    });
  });

  describe('Kafka', () => {
    const { kill, back } = victims.Kafka;

    it('away: with the spool everything goes on, and only what must not rely on it does not begin', async () => {
      const first = await begin('break-glass', 600);
      await kill();
      const [write, read] = [await rig.write(), await rig.read()];
      const ended = await rig.call(rig.alice, `/${first.id}/revoke`, {});
      const after = await rig.write();
      const reviewed = await review(first.id);
      const strict = await rig.ask('strict', 600);
      const without = await rig.write();
      const second = await rig.ask('break-glass', 600);
      const under = await rig.write();
      expect([write, read, ended, after, reviewed].map(({ status }) => status)).toEqual([201, 200, 200, 403, 200]);
      expect(strict).toMatchObject({ status: 503, code: 'audit-unavailable' });
      expect(without.status).toBe(403);
      expect(second).toMatchObject({ status: 200, elevation: { state: 'active', unrecorded: false } });
      expect(under.status).toBe(201);
      say(
        `Kafka killed during break-glass: a write takes ${write.ms} ms, the spool takes a new break-glass in ${second.ms} ms, ` +
          `without the spool it is refused after ${strict.ms} ms`,
      );
      await revoke(second.elevation.id);
      await back();
      const returned = performance.now();
      // What was refused begins when the log has it, as ADR 52 says, and only then.
      await eventually('the one that waited to begin', async () =>
        (await rig.list(rig.alice, '')).some(({ name, state }) => name === 'strict' && state === 'active'),
      );
      say(`the one that waited for Kafka is active ${Math.round(performance.now() - returned)} ms after its return`);
      const waited = (await rig.list(rig.alice, '')).find(({ name }) => name === 'strict')!;
      await revoke(waited.id);
      await expectReviewed(waited.id, 'revoked');
      await expectReviewed(second.elevation.id, 'revoked');
      await eventually('all events of the first', () => eventsOf(first.id).length === 4);
    });

    it('away over its end: it ends in time, and the trail gets its end later', async () => {
      const { id, expiresAt } = await begin('break-glass', 12);
      await kill();
      await eventually('its end', async () => (await rig.write()).status === 403);
      const late = Date.now() - expiresAt!;
      say(`Kafka away, the first refused request comes ${late} ms after the end of break-glass`);
      expect(late).toBeLessThan(inTimeMs);
      await back();
      await expectReviewed(id, 'expired');
    });
  });

  it('Redis killed after every step: no state is lost, and none is invented', async () => {
    let restarts = 0;
    const idsOf = async () => (await rig.list(rig.alice, '?all=true')).map(({ id }) => id).toSorted();
    /** Kills Redis and starts it again, and expects that nothing about the elevation has changed. */
    const survives = async (id: string, state: ElevationView['state']) => {
      const [before, all] = [await rig.show(id), await idsOf()];
      expect(before.state).toBe(state);
      await rig.kill('redis');
      await rig.resumeRedis();
      const begun = performance.now();
      const after = await eventually('the elevation', async () => rig.show(id));
      restarts = Math.max(restarts, Math.round(performance.now() - begun));
      expect(after).toEqual(before);
      expect(await idsOf()).toEqual(all);
      return after;
    };
    const paceFrom = Date.now();
    await rig.kill('redis');
    await rig.resumeRedis();
    await rig.decided();
    // Later than two kills and what is between them.
    const startsAt = Date.now() + Math.max(25_000, 8 * (Date.now() - paceFrom));
    const { id } = await rig.must(rig.ask('approved-by-sre', 600, { startsAt }));
    await survives(id, 'pending');
    await rig.must(rig.call(rig.bob, `/${id}/approve`, {}));
    const approved = await rig.show(id);
    expect([approved.state, (await rig.write()).status]).toEqual(['approved', 403]);
    await survives(id, 'approved');
    await eventually('its start', async () => (await rig.write()).status === 201);
    expect(Date.now()).toBeGreaterThanOrEqual(startsAt);
    await survives(id, 'active');
    expect(await rig.decided()).toMatchObject({ status: 201 });
    await revoke(id);
    await survives(id, 'revoked');
    expect(await rig.decided()).toMatchObject({ status: 403 });
    await eventually('the review to be overdue', async () => (await rig.show(id)).review?.overdue);
    await rig.gateway.audit.await(
      ({ type, data }) => type === 'elevation.review-overdue' && data.sallyport.elevation?.id === id,
    );
    await survives(id, 'revoked');
    expect(await rig.list(rig.carol, '?toReview=true')).toMatchObject([{ id, review: { overdue: true } }]);
    await eventually(
      'the metric',
      async () => (await metricsOf(rig.gateway, 'authorize')).get('sallyport_elevations_reviews_overdue') === 1,
    );
    expect((await review(id)).status).toBe(200);
    const done = await survives(id, 'revoked');
    expect(done.review).toMatchObject({ done: { user: 'carol@example.com', comment: 'INC-7, seen' } });
    expect(await rig.list(rig.carol, '?toReview=true')).toEqual([]);
    await eventually('all its events', () => eventsOf(id).length === 6);
    expect(eventsOf(id).filter(({ type }) => type === 'elevation.review-overdue')).toHaveLength(1);
    say(`Redis killed after each of six steps: an elevation is readable ${restarts} ms after its return at most`);
  });

  it('a review that is overdue stays open over restarts of authorize and Redis, with one event', async () => {
    const { id } = await begin('left-alone', 3);
    const isOverdue = ({ type, data }: { type: string; data: { sallyport: { elevation?: { id: string } } } }) =>
      type === 'elevation.review-overdue' && data.sallyport.elevation?.id === id;
    await rig.gateway.audit.await(isOverdue);
    await rig.gateway.processes!.restart('authorize', 'SIGKILL');
    await rig.kill('redis');
    await rig.resumeRedis();
    await rig.decided();
    expect(await rig.list(rig.carol, '?toReview=true')).toMatchObject([{ id, review: { overdue: true } }]);
    const metric = async () => (await metricsOf(rig.gateway, 'authorize')).get('sallyport_elevations_reviews_overdue');
    await eventually('the metric', async () => (await metric()) === 1);
    expect(rig.gateway.audit.all(isOverdue)).toHaveLength(1);
    expect((await review(id)).status).toBe(200);
    await eventually('the metric to be 0', async () => (await metric()) === 0);
  });

  it('afterwards the trail is whole', async () => {
    await rig.gateway.processes!.stop('proxy');
    await rig.gateway.processes!.stop('authorize');
    const report = verifyChains(await readWholeTopic(rig.gateway.kafka!));
    expect(report).toMatchObject({ unchained: 0, faults: [] });
    say(`the trail of all this: ${report.producers} chains without a fault`);
  });
});
