import { noticeResendSchema } from '@sallyport/contracts';
import type { Express } from 'express';
import { createAskElevations } from '../calls/ask-elevations.ts';
import type { createAuditedCall } from '../calls/audited-call.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';
import { parseAs, readJsonBody } from '../calls/read-body.ts';

const maxBodyBytes = 1024;

/**
 * Mounts `<prefix>/notifications`: to list the notifications that channels have not taken, and to send again what was given
 * up. Authorize lets only those do it whom `api.policy.elevations` allows.
 */
export function mountNotifications(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: Pick<OwnApiDeps, 'authorize'>,
): void {
  const ask = createAskElevations(deps);
  app.get(
    `${prefix}/notifications`,
    call('elevations', (request, _caller, context) => ask(request, context, { action: 'notices' })),
  );
  app.post(
    `${prefix}/notifications/resend`,
    call('elevations', async (request, _caller, context) => {
      const asked = parseAs(noticeResendSchema, await readJsonBody(request, maxBodyBytes));
      return ask(request, context, { action: 'resend', asked });
    }),
  );
}
