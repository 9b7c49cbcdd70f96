import {
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
  type ElevationList,
  type ElevationOptions,
  type ElevationView,
} from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Request } from 'express';
import type { AskElevations, ElevationAction } from '../own-api/ask-elevations.ts';
import type { ApiContext } from '../own-api/audited-call.ts';

type From = Pick<ApiContext, 'credential' | 'clientAddress'>;

/** The calls of the pages, with their answers read. */
export type ElevationCalls = {
  /** Takes a step, or shows an elevation. Returns it as it is then. */
  one(request: Request, from: From, action: ElevationAction): Promise<ElevationView>;
  /** Lists the open elevations that the caller may see. */
  list(request: Request, from: From): Promise<ElevationList>;
  /** Lists what the caller may ask for. */
  options(request: Request, from: From): Promise<ElevationOptions>;
};

type Schema<T> = { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } };

function read<T>(schema: Schema<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ProblemError('service-unavailable', 'The elevations could not be read. Try again shortly.', {
    cause: parsed.error,
  });
}

/** Creates the calls of the pages, which are those of the API. */
export function createElevationCalls(ask: AskElevations): ElevationCalls {
  return {
    one: async (request, from, action) =>
      read(elevationAnswerSchema, (await ask(request, from, action)).body).elevation,
    list: async (request, from) =>
      read(elevationListSchema, (await ask(request, from, { action: 'list', all: false })).body),
    options: async (request, from) =>
      read(elevationOptionsSchema, (await ask(request, from, { action: 'options' })).body),
  };
}
