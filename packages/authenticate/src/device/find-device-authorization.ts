import type { IncomingMessage } from 'node:http';
import { addressBlock } from '@sallyport/audit-log';
import { ProblemError, readCaller } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readClientFacts } from '@sallyport/kit';
import { askedSchema, deviceKinds, type Asked } from './device-authorization.ts';

const windowMs = 600_000;
/** Wrong codes in that time, by address and by session; then right ones are not looked at either. */
const maxWrong = 10;
/** Codes looked at in that time, right ones too: no number of guesses at once is more than this. */
const maxLookups = 300;
/** Logins begun in that time from one address. */
const maxBegun = 60;

function tooMany(
  { watch }: RouteDeps,
  request: IncomingMessage,
  limit: 'device-logins' | 'device-codes',
): ProblemError {
  watch.limited(limit, readClientFacts(request).clientAddress);
  return new ProblemError('too-many-requests', 'Too many codes came from here. Wait ten minutes and try again.');
}

function guessers(request: IncomingMessage): string[] {
  const caller = readCaller(request.headers);
  const { clientAddress } = readClientFacts(request);
  return [
    `address ${clientAddress === undefined ? 'unknown' : addressBlock(clientAddress)}`,
    ...(caller ? [`session ${caller.session.id}`] : []),
  ];
}

/** Refuses (`too-many-requests`) an address that begins more logins than anybody needs. */
export async function limitBegun(deps: RouteDeps, request: IncomingMessage): Promise<void> {
  const [address] = guessers(request);
  if ((await deps.singleUse.count(deviceKinds.begun, address!, windowMs)) > maxBegun)
    throw tooMany(deps, request, 'device-logins');
}

/**
 * Looks a user code up; undefined if there is none such. Whoever gives too many wrong ones is told nothing more
 * (`too-many-requests`).
 */
export async function findAsked(
  deps: RouteDeps,
  request: IncomingMessage,
  code: string | undefined,
  path: string,
): Promise<Asked | undefined> {
  const { singleUse } = deps;
  for (const who of guessers(request)) {
    const lookups = await singleUse.count(deviceKinds.lookups, who, windowMs);
    if (lookups > maxLookups || Number((await singleUse.read(deviceKinds.wrong, who)) ?? 0) >= maxWrong)
      throw tooMany(deps, request, 'device-codes');
  }
  const { data: asked } = askedSchema.safeParse(
    code === undefined ? undefined : await singleUse.read(deviceKinds.asked, code),
  );
  if (asked) return asked;
  for (const who of guessers(request)) await singleUse.count(deviceKinds.wrong, who, windowMs);
  deps.events.failed({
    path,
    problem: { code: 'not-found', detail: 'a code that no device shows' },
    facts: readClientFacts(request),
    code: 404,
  });
  return undefined;
}
