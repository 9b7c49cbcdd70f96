import { expect, it } from '@jest/globals';
import { createReadiness } from '@sallyport/kit';
import { addAuditReadiness } from './add-audit-readiness.ts';

it('a service is not ready while the disk of its spool fails, and is again when it works', async () => {
  const readiness = createReadiness();
  let reason: string | undefined;
  addAuditReadiness(readiness, { failure: () => reason });
  expect(await readiness.report()).toEqual({ ready: true, checks: { spool: 'ok' } });
  reason = 'EIO: the disk reports an error';
  expect(await readiness.report()).toEqual({
    ready: false,
    checks: { spool: 'the disk of the audit spool fails: EIO: the disk reports an error' },
  });
  reason = undefined;
  expect((await readiness.report()).ready).toBe(true);
});

it('a service is not ready before its first attempt to reach Kafka has ended', async () => {
  const readiness = createReadiness();
  let end: () => void;
  addAuditReadiness(readiness, { opened: new Promise<void>((resolve) => (end = resolve)) });
  expect((await readiness.report()).ready).toBe(false);
  end!();
  expect(await readiness.report()).toEqual({ ready: true, checks: { audit: 'ok' } });
});

it('a service with neither a spool nor Kafka has no such checks', async () => {
  const readiness = createReadiness();
  addAuditReadiness(readiness, {});
  expect(await readiness.report()).toEqual({ ready: true, checks: {} });
});
