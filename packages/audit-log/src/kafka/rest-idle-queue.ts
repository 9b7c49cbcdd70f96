/** The queue of requests of one connection, as kafkajs has it. */
type RequestQueue = { pending: readonly unknown[] };
type Schedule = ((this: RequestQueue) => void) & { rests?: true };

/**
 * Lets the request queue of kafkajs 2.2.4 rest while no request waits in it. From its first response on, each connection
 * looks for waiting requests in a timer that sets itself again. Without such a request its delay is negative, so that it
 * runs a thousand times a second for as long as the connection is open. A request that has to wait sets the timer itself.
 */
export function restIdleQueue({ prototype }: { prototype: { scheduleCheckPendingRequests: Schedule } }): void {
  const schedule = prototype.scheduleCheckPendingRequests;
  if (schedule.rests) return;
  const scheduleIfPending: Schedule = function scheduleIfPending() {
    if (this.pending.length > 0) schedule.call(this);
  };
  prototype.scheduleCheckPendingRequests = Object.assign(scheduleIfPending, { rests: true as const });
}
