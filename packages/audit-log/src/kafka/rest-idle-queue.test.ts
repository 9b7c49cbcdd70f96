import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { restIdleQueue } from './rest-idle-queue.ts';

type Sent = { entry: { correlationId: number }; expectResponse: true; sendRequest(): void };
type Queue = {
  scheduleCheckPendingRequests(): void;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  push(request: Sent): void;
  fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
  destroy(): void;
};
type QueueClass = new (options: object) => Queue;

const load = createRequire(import.meta.url);
const path = 'kafkajs/src/network/requestQueue/index.js';
const logger = { debug() {}, warn() {} };
const open: Queue[] = [];

/** Returns a queue of a class of its own, so that no other test sees the change. */
function createQueue(change: (queue: QueueClass) => void) {
  class Changed extends (load(path) as QueueClass) {}
  Changed.prototype.scheduleCheckPendingRequests = originalSchedule;
  change(Changed);
  const options = { maxInFlightRequests: 1, requestTimeout: 1000, enforceRequestTimeout: false, clientId: 'c' };
  const queue = new Changed({ ...options, broker: 'b', logger, isConnected: () => true });
  open.push(queue);
  const sent: number[] = [];
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve() {}, reject() {} } as Sent['entry'],
      expectResponse: true,
      sendRequest: () => void sent.push(correlationId),
    });
  const answer = (correlationId: number) => queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
  return { queue, sent, push, answer };
}

/** The method of kafkajs, whether or not a client has changed it in this process. */
const originalSchedule = (() => {
  const cached = load.cache[load.resolve(path)];
  delete load.cache[load.resolve(path)];
  const { scheduleCheckPendingRequests } = (load(path) as { prototype: Queue }).prototype;
  if (cached) load.cache[load.resolve(path)] = cached;
  return scheduleCheckPendingRequests;
})();

afterEach(() => {
  for (const queue of open.splice(0)) queue.destroy();
});

describe('the request queue of kafkajs', () => {
  it('sets a timer after a response although nothing waits', () => {
    const { queue, push, answer } = createQueue(() => {});
    push(1);
    answer(1);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
  });

  it('rests while nothing waits', () => {
    const { queue, push, answer } = createQueue(restIdleQueue);
    for (const id of [1, 2, 3]) {
      push(id);
      answer(id);
      expect(queue.throttleCheckTimeoutId).toBeNull();
    }
  });

  it('still sends what waits for a response before it', () => {
    const { sent, push, answer } = createQueue(restIdleQueue);
    push(1);
    push(2);
    expect(sent).toEqual([1]);
    answer(1);
    expect(sent).toEqual([1, 2]);
  });

  it('still sends what a broker holds back for a while, and rests after it', async () => {
    const { queue, sent, push, answer } = createQueue(restIdleQueue);
    queue.maybeThrottle(30);
    push(1);
    expect(sent).toEqual([]);
    await pause(60);
    expect(sent).toEqual([1]);
    answer(1);
    await pause(30);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('is changed once', () => {
    const { queue } = createQueue((changed) => {
      restIdleQueue(changed);
      const { scheduleCheckPendingRequests } = changed.prototype;
      restIdleQueue(changed);
      expect(changed.prototype.scheduleCheckPendingRequests).toBe(scheduleCheckPendingRequests);
    });
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
});
