import { beforeEach, describe, expect, it } from '@jest/globals';
import type { StreamQuestion } from '@sallyport/contracts';
import { eventually } from '@sallyport/kit/testing';
import { maxAnswers, type StreamQuestionRegistry } from '../streams/stream-question-registry.ts';
import { answerTo, question, exampleStreamRow } from './example-stream-question.ts';

type Registries = { registry: StreamQuestionRegistry; replica: StreamQuestionRegistry };

/** Registers the rules for every registry. `replica` is the same registry as another process sees it. */
export function describeStreamQuestionRegistry(backend: string, open: () => Promise<Registries>): void {
  describeQuestions(backend, open);
  describeAnnouncements(backend, open);
  describeAnswers(backend, open);
  describeBounds(backend, open);
}

function describeBounds(backend: string, open: () => Promise<Registries>): void {
  describe(`the bounds of a registry of stream questions on ${backend}`, () => {
    let registry: StreamQuestionRegistry;
    beforeEach(async () => {
      ({ registry } = await open());
    });

    it('limit the bytes of answers: later answers keep only their number of rows', async () => {
      const asked = question();
      await registry.ask(asked);
      const rows = Array.from({ length: 700 }, (_none, index) =>
        exampleStreamRow({ id: String(index), path: 'p'.repeat(4000) }),
      );
      for (const name of ['a', 'b', 'c', 'd'])
        expect(await registry.answer(answerTo(asked, name, { rows, omitted: 1 }))).toBe(true);
      const kept = Object.fromEntries(
        (await registry.take(asked.id)).map(({ proxy, rows: { length }, omitted }) => [proxy, [length, omitted]]),
      );
      expect(kept).toEqual({ 'proxy/a': [700, 1], 'proxy/b': [700, 1], 'proxy/c': [0, 701], 'proxy/d': [0, 701] });
    });

    it('limit the number of answers', async () => {
      const asked = question();
      await registry.ask(asked);
      const taken = await Promise.all(
        Array.from({ length: maxAnswers + 5 }, (_none, index) => registry.answer(answerTo(asked, String(index)))),
      );
      expect(taken.filter(Boolean)).toHaveLength(maxAnswers);
      expect(await registry.take(asked.id)).toHaveLength(maxAnswers);
    });
  });
}

function describeQuestions(backend: string, open: () => Promise<Registries>): void {
  describe(`a registry of stream questions on ${backend}`, () => {
    let registry: StreamQuestionRegistry;
    let replica: StreamQuestionRegistry;
    beforeEach(async () => {
      ({ registry, replica } = await open());
    });

    it('carries a question to all listeners and the answers back, whichever replica receives them', async () => {
      const heard: string[] = [];
      const answering = (name: string, at: StreamQuestionRegistry) => (asked: StreamQuestion) => {
        heard.push(`${name} ${JSON.stringify([asked.ended, asked.of, asked.where])}`);
        void at.answer(
          answerTo(asked, name, {
            rows: [exampleStreamRow({ proxy: `proxy/${name}`, exitCode: 3, ports: [80] })],
            omitted: 4,
          }),
        );
      };
      const stops = [registry.onQuestion(answering('a', replica)), replica.onQuestion(answering('b', registry))];
      const of = { issuer: 'https://idp', subject: 'sub' };
      const asked = await eventually('the answers of both, whose subscriptions take a moment', async () => {
        const next = question({ ended: true, of, where: { user: 'alice@example.com' } });
        await replica.ask(next);
        await pause(30);
        return (await replica.answered(next.id)).length === 2 ? next : undefined;
      });
      expect(new Set(heard)).toEqual(
        new Set(['a', 'b'].map((name) => `${name} ${JSON.stringify([true, of, { user: 'alice@example.com' }])}`)),
      );
      expect((await registry.answered(asked.id)).toSorted()).toEqual(['proxy/a', 'proxy/b']);
      const answers = await replica.take(asked.id);
      expect(answers.toSorted((x, y) => x.proxy.localeCompare(y.proxy))).toEqual(
        ['a', 'b'].map((name) =>
          answerTo(asked, name, {
            rows: [exampleStreamRow({ proxy: `proxy/${name}`, exitCode: 3, ports: [80] })],
            omitted: 4,
          }),
        ),
      );
      for (const stop of stops) stop();
      heard.length = 0;
      await registry.ask(question());
      await pause(50);
      expect(heard).toEqual([]);
    });
  });
}

function describeAnnouncements(backend: string, open: () => Promise<Registries>): void {
  describe(`announcements of streams on ${backend}`, () => {
    it('reach the listeners of every replica', async () => {
      const { registry, replica } = await open();
      const heard: unknown[] = [];
      const stop = replica.onAnnounced((change) => heard.push(change));
      const change = { owners: [{ issuer: 'https://idp', subject: 'alice' }] };
      await eventually('the change, for which a subscription takes a moment', async () => {
        await registry.announce(change);
        await pause(30);
        return heard.length > 0;
      });
      expect(heard[0]).toEqual(change);
      stop();
      heard.length = 0;
      await registry.announce({});
      await pause(50);
      expect(heard).toEqual([]);
    });
  });
}

function describeAnswers(backend: string, open: () => Promise<Registries>): void {
  describe(`answers to stream questions on ${backend}`, () => {
    let registry: StreamQuestionRegistry;
    let replica: StreamQuestionRegistry;
    beforeEach(async () => {
      ({ registry, replica } = await open());
    });

    it('are kept per question', async () => {
      const [first, second] = [question(), question()];
      await registry.ask(first);
      await registry.ask(second);
      await registry.answer(answerTo(first, 'a', { rows: [exampleStreamRow({ id: 'of the first' })] }));
      await registry.answer(answerTo(second, 'a', { rows: [exampleStreamRow({ id: 'of the second' })] }));
      expect((await registry.take(second.id)).flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual([
        'of the second',
      ]);
      expect((await registry.take(first.id)).flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual(['of the first']);
    });

    it('are accepted once per gateway, and only for an open question', async () => {
      const asked = question();
      await registry.ask(asked);
      expect(await registry.answer(answerTo(asked, 'a', { omitted: 1 }))).toBe(true);
      expect(await replica.answer(answerTo(asked, 'a', { omitted: 2 }))).toBe(false);
      expect(await registry.take(asked.id)).toEqual([answerTo(asked, 'a', { omitted: 1 })]);
      expect(await registry.answer(answerTo(asked, 'b'))).toBe(false);
      expect([
        await registry.take(asked.id),
        await registry.answered(asked.id),
        await registry.answer(answerTo(question(), 'a')),
      ]).toEqual([[], [], false]);
    });
  });
}

const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
