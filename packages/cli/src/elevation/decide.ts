import type { ElevationView } from '@sallyport/contracts/answers';
import { remindOfReviews } from './break-glass.ts';
import { fetchElevations, readElevation, resolveElevationId, stepElevation } from './call-elevations.ts';
import {
  describeElevation,
  describeState,
  elevationColumns,
  elevationData,
  placeOf,
  reviewColumns,
} from './describe-elevation.ts';
import { readSpan } from '../input/read-span.ts';
import type { Environment } from '../environment/environment.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { openPage } from '../login/open-page.ts';
import { usageError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { canAsk, openQuestions } from '../terminal/questions.ts';
import { type ListOptions, writeList } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

export type StepOptions = GatewayOptions & { reason?: string };

export type ElevationListOptions = GatewayOptions & ListOptions & { all?: boolean; toReview?: boolean };

function noneOf({ all, toReview }: ElevationListOptions): string {
  if (toReview === true) return 'Nothing waits for your review.\n';
  return all === true ? 'There is no elevation.\n' : 'There is no open elevation.\n';
}

export async function listElevations(environment: Environment, options: ElevationListOptions) {
  const gateway = await openGateway(environment, options);
  const toReview = options.toReview === true;
  const which = toReview ? 'toReview' : options.all === true ? 'all' : undefined;
  const { elevations, omitted } = await fetchElevations(gateway, which);
  await writeList(
    environment,
    {
      rows: elevations,
      columns: toReview ? reviewColumns() : elevationColumns(elevations),
      name: ({ id }) => id,
      data: { elevations: elevations.map(elevationData), omitted },
      none: noneOf(options),
    },
    options,
  );
  if (omitted > 0) environment.stderr.write(`${omitted} ${toReview ? 'more' : 'older ones'} are not listed.\n`);
  const overdue = elevations.filter(({ may, review }) => may.includes('review') && review?.overdue === true).length;
  if (toReview && overdue > 0)
    environment.stderr.write(`Warning: ${overdue === 1 ? '1 review is' : `${overdue} reviews are`} overdue.\n`);
  else if (options.output === 'text') remindOfReviews(environment, elevations);
}

export async function showElevation(
  environment: Environment,
  text: string,
  options: GatewayOptions & { web?: boolean },
) {
  const gateway = await openGateway(environment, options);
  const id = await resolveElevationId(gateway, text);
  if (options.web === true) return openPage(environment, options, `/.sallyport/elevations/${encodeURIComponent(id)}`);
  const found = await readElevation(gateway, id);
  await writeResult(environment, options.output, { elevation: elevationData(found) }, () => describeElevation(found));
}

/** Writes an elevation as it is after a step. */
async function report(environment: Environment, elevation: ElevationView, options: GatewayOptions) {
  const { id, name, user, cluster, unrecorded } = elevation;
  await writeResult(
    environment,
    options.output,
    { elevation: elevationData(elevation) },
    () => `${forTerminal(`${name} of ${user} on ${cluster} ${describeState(elevation)} (${id}).`)}\n`,
  );
  if (unrecorded) environment.stderr.write('The audit log could not be reached. It gets this step later.\n');
}

/** Approves, denies, withdraws or revokes an elevation. */
export async function takeStep(
  environment: Environment,
  step: 'approve' | 'deny' | 'withdraw' | 'revoke',
  text: string,
  options: StepOptions,
): Promise<void> {
  const gateway = await openGateway(environment, options);
  const id = await resolveElevationId(gateway, text);
  await report(environment, await stepElevation(gateway, step, id, { reason: options.reason }), options);
}

/** Asks at the terminal for the value of an option that is missing. Elsewhere the option is required. */
async function askFor(environment: Environment, what: string, option: string): Promise<string> {
  if (!canAsk(environment)) throw usageError(`${option} is missing`, `${what}? Write it after ${option}.`);
  const questions = openQuestions(environment);
  try {
    return await questions.ask(what);
  } finally {
    questions.close();
  }
}

/** Asks the same approvers for more time. */
export async function extendElevation(
  environment: Environment,
  text: string,
  options: StepOptions & { for?: string },
): Promise<void> {
  const span = options.for ?? (await askFor(environment, 'How much longer, such as 15m', '--for'));
  const json = { durationMs: readSpan(span, '--for'), reason: options.reason };
  const gateway = await openGateway(environment, options);
  const id = await resolveElevationId(gateway, text);
  await report(environment, await stepElevation(gateway, 'extend', id, json), options);
}

export type ReviewOptions = GatewayOptions & {
  reason?: string;
  comment?: string;
  verdict: 'justified' | 'unjustified';
};

export async function reviewElevation(environment: Environment, text: string, options: ReviewOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const { verdict } = options;
  const comment = options.reason ?? options.comment ?? (await askFor(environment, 'What did you find', '--reason'));
  const id = await resolveElevationId(gateway, text);
  const done = await stepElevation(gateway, 'review', id, { verdict, comment });
  await writeResult(
    environment,
    options.output,
    { elevation: elevationData(done) },
    () => `${forTerminal(`${done.name} of ${done.user} on ${placeOf(done)} is reviewed as ${verdict} (${id}).`)}\n`,
  );
  if (verdict === 'unjustified' && done.state === 'active')
    environment.stderr.write(`It is still active. To end it, run: sallyport elevations revoke ${id}\n`);
  if (done.unrecorded) environment.stderr.write('The audit log could not be reached. It gets this step later.\n');
}
