import {
  elevationDecisionSchema,
  elevationExtensionSchema,
  elevationRequestSchema,
  elevationReviewSchema,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Express, Request } from 'express';
import { createAskElevations } from '../calls/ask-elevations.ts';
import type { createAuditedCall } from '../calls/audited-call.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';
import { parseAs, readJsonBody } from '../calls/read-body.ts';
import { createPreviewElevation } from './preview-elevation.ts';

const maxBodyBytes = 8 * 1024;

/** Reads which elevations are to be listed. */
function readList({ query }: Request): { all: boolean; toReview: boolean } {
  const { all = 'false', toReview = 'false', ...rest } = query;
  const isFlag = (value: unknown) => value === 'true' || value === 'false';
  if (Object.keys(rest).length > 0 || !isFlag(all) || !isFlag(toReview) || (all === 'true' && toReview === 'true'))
    throw new ProblemError('bad-request', 'A list of elevations accepts only all=true or toReview=true.');
  return { all: all === 'true', toReview: toReview === 'true' };
}

/**
 * Mounts `<prefix>/elevations`: to ask for one, to see what it would change, to list what one may ask for, to list and
 * show those that the caller may see, and to decide about them. Authorize decides who may do what, by the session. A
 * change needs a body in JSON, which no form of another site sends.
 */
export function mountElevations(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: OwnApiDeps,
): void {
  const ask = createAskElevations(deps);
  const id = (request: Request) => String(request.params['id']);
  app.get(
    `${prefix}/elevations`,
    call('elevations', (request, _caller, context) => ask(request, context, { action: 'list', ...readList(request) })),
  );
  app.post(
    `${prefix}/elevations`,
    call('elevations', async (request, _caller, context) => {
      const asked = parseAs(elevationRequestSchema, await readJsonBody(request, maxBodyBytes));
      return ask(request, context, { action: 'request', asked });
    }),
  );
  app.post(`${prefix}/elevations/dry-run`, call('elevations', createPreviewElevation(deps)));
  app.get(
    `${prefix}/elevations/options`,
    call('elevations', (request, _caller, context) => ask(request, context, { action: 'options' })),
  );
  app.get(
    `${prefix}/elevations/:id`,
    call('elevations', (request, _caller, context) => ask(request, context, { action: 'show', id: id(request) })),
  );
  app.post(
    `${prefix}/elevations/:id/extend`,
    call('elevations', async (request, _caller, context) => {
      const asked = parseAs(elevationExtensionSchema, await readJsonBody(request, maxBodyBytes));
      return ask(request, context, { action: 'extend', id: id(request), asked });
    }),
  );
  app.post(
    `${prefix}/elevations/:id/review`,
    call('elevations', async (request, _caller, context) => {
      const asked = parseAs(elevationReviewSchema, await readJsonBody(request, maxBodyBytes));
      return ask(request, context, { action: 'review', id: id(request), asked });
    }),
  );
  for (const action of ['approve', 'deny', 'withdraw', 'revoke'] as const)
    app.post(
      `${prefix}/elevations/:id/${action}`,
      call('elevations', async (request, _caller, context) => {
        const asked = parseAs(elevationDecisionSchema, await readJsonBody(request, maxBodyBytes));
        return ask(request, context, { action, id: id(request), asked });
      }),
    );
}
