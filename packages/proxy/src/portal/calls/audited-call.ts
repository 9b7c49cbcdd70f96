import type { ApiArea, CheckAnswer, Decision, SallyportPart } from '@sallyport/contracts';
import { toProblem, type Caller } from '@sallyport/kit';
import type { Request, RequestHandler, Response } from 'express';
import type { PortalDeps, ViewedRecording } from './portal-deps.ts';
import {
  acceptedTokens,
  readCallerCredential,
  refuseForeignOrigin,
  type CallerCredential,
} from './caller-credential.ts';

/** `detail` is why a call was refused that has an answer of its own. */
export type ApiResult = { status: number; body: unknown; detail?: string | undefined };

/** What a call gets in addition to the request and the caller. */
export type ApiContext = {
  credential: CallerCredential;
  clientAddress: string;
  /** Shows in the event the decision that lets the caller act on more than their own things. */
  recordDecision(decision: Decision): void;
  /** Adds to the event what the caller asked to have explained, whatever the outcome. */
  recordExplained(explained: SallyportPart['explained']): void;
  /** Makes the event say that the caller views a recording. It is recorded before the answer. */
  recordViewed(viewed: ViewedRecording): void;
};

function answerJson(response: Response, { status, body }: ApiResult): void {
  if (body === undefined || status === 204) response.status(204).end();
  else response.status(status).json(body);
}

/** Makes the handler of a call. */
/** What a call of the API does. */
export type ApiWork = (request: Request, caller: Caller, context: ApiContext) => Promise<ApiResult>;

export type AuditedCall = ReturnType<typeof createAuditedCall>;

/**
 * Creates the wrapper around the work of an API call. It reads the credential, checks the origin, finds the caller and
 * their rights, runs the work, answers (in JSON unless `answer` is given), and records the event.
 */
export function createAuditedCall(deps: PortalDeps) {
  return (
    area: ApiArea | undefined,
    work: ApiWork,
    answer: (response: Response, result: ApiResult) => void = answerJson,
  ): RequestHandler =>
    async (request, response) => {
      deps.auditCall.open();
      const clientAddress = deps.clientAddress(request);
      const about = {
        request,
        path: request.originalUrl,
        clientAddress,
        answer: undefined as CheckAnswer | undefined,
        explained: undefined as SallyportPart['explained'],
        viewed: undefined as ViewedRecording | undefined,
      };
      try {
        const credential = readCallerCredential(request, deps.origin.startsWith('https:'), acceptedTokens(deps));
        refuseForeignOrigin(request, credential, deps.origin);
        const found = await deps.findCaller(request, credential, clientAddress, area);
        about.answer = found.answer;
        const result = await work(request, found.caller, {
          credential: credential!,
          clientAddress,
          recordDecision: (decision) => {
            about.answer = { ...found.answer, decision };
          },
          recordExplained: (explained) => {
            about.explained = explained;
          },
          recordViewed: (viewed) => {
            about.viewed = viewed;
          },
        });
        const ticket = deps.auditCall.complete({ ...about, status: result.status, detail: result.detail });
        await deps.auditCall.written?.(ticket);
        answer(response, result);
      } catch (error) {
        const problem = toProblem(error);
        deps.auditCall.complete({ ...about, viewed: undefined, status: problem.status, detail: problem.detail });
        throw error;
      }
    };
}
