import { readAnswer } from '../gateway/read-answer.ts';
import {
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
  elevationPreviewAnswerSchema,
  type ElevationPreview,
  type ElevationView,
} from '@sallyport/contracts/answers';
import { askAsUser, askFor, type OpenGateway } from '../gateway/open-gateway.ts';
import { fieldOf } from '../input/untrusted.ts';
import { isWholeId, resolveId } from '../input/resolve-id.ts';
import { readableTime } from '../terminal/times.ts';

const api = '/.sallyport/api/v1/elevations';
/** The gateway waits until its audit log has a step. */
const timeoutMs = 20_000;

/** Takes a step of an elevation, or asks for one with an empty `step`. Returns it as it is then. */
export async function sendElevation(gateway: OpenGateway, step: string, json: object): Promise<ElevationView> {
  const call = { method: 'POST', path: `${api}${step}`, json, timeoutMs } as const;
  return (await askFor(gateway, elevationAnswerSchema, 'the elevation', call)).elevation;
}

/** Returns one elevation by its complete id. */
export async function readElevation(gateway: OpenGateway, id: string): Promise<ElevationView> {
  return (await askFor(gateway, elevationAnswerSchema, 'the elevation', `${api}/${encodeURIComponent(id)}`)).elevation;
}

/**
 * Lists the open elevations that the user can see, or `all`, also those that are over, or those `toReview`, the one that
 * is due first at the beginning.
 */
export async function fetchElevations(gateway: OpenGateway, which?: 'all' | 'toReview') {
  const path = which === undefined ? api : `${api}?${which}=true`;
  return askFor(gateway, elevationListSchema, 'the elevations', path);
}

/** Lists what the user may ask for. */
export async function listOptions(gateway: OpenGateway) {
  return askFor(gateway, elevationOptionsSchema, 'what you may ask for', `${api}/options`);
}

/** Previews an elevation, without asking for it. */
export async function previewElevation(
  gateway: OpenGateway,
  asked: { name: string; cluster: string; namespace?: string },
): Promise<ElevationPreview> {
  const call = { method: 'POST', path: `${api}/dry-run`, json: asked, timeoutMs } as const;
  return (await askFor(gateway, elevationPreviewAnswerSchema, 'what the elevation would change', call)).preview;
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
