import { callApi } from '../gateway/call-api.ts';
import type { BodyOf } from '@sallyport/contracts/api';
import { readAnswer } from '../gateway/read-answer.ts';
import { elevationListSchema, type ElevationPreview, type ElevationView } from '@sallyport/contracts/answers';
import { askAsUser, type OpenGateway } from '../gateway/open-gateway.ts';
import { fieldOf } from '../input/untrusted.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/times.ts';

const api = '/.sallyport/api/v1/elevations';
/** The gateway waits until its audit log has a step. */
const timeoutMs = 20_000;

/** Asks for an elevation. */
export async function requestElevation(gateway: OpenGateway, json: BodyOf<'POST /elevations'>): Promise<ElevationView> {
  return (await callApi(gateway, 'POST /elevations', 'the elevation', { json, timeoutMs })).elevation;
}

type Step = 'approve' | 'deny' | 'withdraw' | 'revoke' | 'extend' | 'review';

/** Takes a step of an elevation. Returns it as it is then. */
export async function stepElevation<Named extends Step>(
  gateway: OpenGateway,
  step: Named,
  id: string,
  json: BodyOf<`POST /elevations/:id/${Named}`>,
): Promise<ElevationView> {
  const call = `POST /elevations/:id/${step}` as `POST /elevations/:id/${Step}`;
  const sent = { params: { id }, json: json as BodyOf<typeof call>, timeoutMs };
  return (await callApi(gateway, call, 'the elevation', sent)).elevation;
}

/** Returns one elevation by its complete id. */
export async function readElevation(gateway: OpenGateway, id: string): Promise<ElevationView> {
  return (await callApi(gateway, 'GET /elevations/:id', 'the elevation', { params: { id } })).elevation;
}

/**
 * Lists the open elevations that the user can see, or `all`, also those that are over, or those `toReview`, the one that
 * is due first at the beginning.
 */
export async function fetchElevations(gateway: OpenGateway, which?: 'all' | 'toReview') {
  const query = which === undefined ? {} : { [which]: 'true' };
  return callApi(gateway, 'GET /elevations', 'the elevations', { query });
}

/** Lists what the user may ask for. */
export async function listOptions(gateway: OpenGateway) {
  return callApi(gateway, 'GET /elevations/options', 'what you may ask for', {});
}

/** Previews an elevation, without asking for it. */
export async function previewElevation(
  gateway: OpenGateway,
  asked: { name: string; cluster: string; namespace?: string },
): Promise<ElevationPreview> {
  const sent = { json: asked, timeoutMs };
  return (await callApi(gateway, 'POST /elevations/dry-run', 'what the elevation would change', sent)).preview;
}

/** Lists the open elevations that the user can see. A gateway of an earlier version has none. */
export async function openElevations(gateway: OpenGateway): Promise<ElevationView[]> {
  const { status, body } = await askAsUser(gateway, { method: 'GET', path: api });
  if (status !== 200 || fieldOf(body, 'elevations') === undefined) return [];
  return readAnswer(elevationListSchema, body, 'the elevations').elevations;
}

/** Reports whether an elevation is a right of the user now. */
export const isOwnActive = ({ mine, state }: ElevationView): boolean => mine && state === 'active';

/** Returns the complete id of an elevation that the user can see, from its beginning. */
export async function resolveElevationId(gateway: OpenGateway, text: string): Promise<string> {
  if (isWholeId(text)) return text;
  const { elevations } = await fetchElevations(gateway, 'all');
  return resolveId(text, {
    kind: 'elevation',
    listedBy: 'sallyport elevations list --all',
    entries: elevations.map(({ id, name, user, createdAt }) => ({
      id,
      about: `${name} of ${user}, asked for at ${readableTime(createdAt)}`,
    })),
  });
}
